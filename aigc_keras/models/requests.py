"""What a trained model is asked for: the methods that draw."""

from aigc_keras.models import drawing


class PictureRequests:
    """Methods of a `TextToImageGAN` that make pictures with the averaged generator."""

    def generate(self, captions, seed=0, truncation=None):
        """Draw captions with the averaged generator.

        Args:
            captions: str or sequence of str.
            seed: int, or one int a caption. With one int, caption `i` has seed
                `seed + i`. The same caption and seed give the same pixels, whatever
                else is drawn beside them.
            truncation: float or None. Noise stays within this many standard deviations
                (Brock et al., 2019, "BigGAN", sec. 3.1): pictures are more alike and
                more typical. None: the model's own setting.

        Returns:
            uint8 array `(n, image_size, image_size, 3)`.

        Raises:
            CaptionError: If a caption is empty, too long or not text.
            ValueError: If the model has no text encoder, or the seeds are not as many
                as the captions.
        """
        return drawing.draw_captions(self, captions, seed, truncation)

    def draw(self, text_embedding, noise, batch_size=64):
        """Draw sentence vectors with the averaged generator, in batches.

        Args:
            text_embedding: float array `(n, text_dim)`.
            noise: float array `(n, noise_dim)`.
            batch_size: int.

        Returns:
            uint8 array `(n, image_size, image_size, 3)`.
        """
        return drawing.draw_vectors(self, text_embedding, noise, batch_size)
