"""What a trained model is asked for: the methods that draw and that recognise."""

from aigc_keras.models import drawing, recognition


class PictureRequests:
    """Methods of a `TextToImageGAN` that make pictures, or say what they show."""

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

    def recognize(self, images, labels=None, batch_size=256):
        """Say what images show, and how real they look.

        By the discriminator's classes, which a model has when it was trained on a data
        set with labels; or, given `labels`, by whichever of these captions the frozen
        judge finds nearest. For that nothing was trained, and the captions should be
        such as the model knows: "a picture of a red circle" rather than "red circle".

        Reference: Odena et al., 2017, "AC-GAN"; for `labels` Radford et al., 2021,
        "CLIP" (sec. 3.1). Deviation: what the labels have in common is taken out.

        Args:
            images: uint8 array `(n, image_size, image_size, 3)`.
            labels: Sequence of two or more different captions, or None for the classes.
            batch_size: int. Images at a time.

        Returns:
            Dict of `labels`, list of n str, each image's likeliest; `class_names`, list
            of str, what there was to choose from; `probabilities`, float32 array
            `(n, len(class_names))`, rows sum to 1; and `realness`, float32 array `(n,)`
            in [0, 1], see `models.recognition.image_realness` for its limits.

        Raises:
            CaptionError: If a label is empty, too long or not text.
            ValueError: If the images are not as above, or neither classes nor labels
                are there.
        """
        return recognition.recognize_images(self, images, labels, batch_size)
