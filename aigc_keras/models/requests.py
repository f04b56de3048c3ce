"""What a trained model is asked for: the methods that draw."""

from aigc_keras.models import drawing, repairing


class PictureRequests:
    """Methods of a `TextToImageGAN` that make pictures with the averaged generator.

    `repairer` is the `ImageRepairer` of the run or the packaged model that was loaded,
    or None.
    """

    repairer = None

    def set_repairer(self, repairer):
        """Give the model the network that `inpaint` and `repair` use, or None."""
        # Past Keras: its weights are kept beside the model's, not among them.
        object.__setattr__(self, "repairer", repairer)

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

    def inpaint(self, image, mask, caption=None, seed=0):
        """Fill the holes of a picture of any size as a caption says.

        The whole picture is brought to the model's square, repaired there, and scaled
        back; only what was missing is taken from it. Of a picture larger than the model
        draws the filling is as soft as an enlarged one.

        Args:
            image: uint8 array `(height, width, 3)`, or with a fourth channel, opacity.
            mask: bool array `(height, width)`, True where a pixel is missing; what the
                picture has there is not looked at.
            caption: str: what the whole picture shows. None: nothing is said, and what
                surrounds the hole decides.
            seed: int. The same seed gives the same pixels.

        Returns:
            uint8 array shaped like `image`. Pixels outside the mask are as they were,
            to the bit; those inside are opaque.

        Raises:
            CaptionError: If the caption is empty, too long or not text.
            ImageError: If a side is shorter than 4 pixels.
            ValueError: If the model has no repairer, an array is not as above, or the
                mask hides nothing.
        """
        return repairing.inpaint_picture(self, image, mask, caption, seed)

    def repair(self, image, caption=None, seed=0, on_tile=None):
        """Take noise and blur off a picture of any size; which it is need not be said.

        A picture no larger than the model draws is scaled to the model's square and
        back. A larger one is repaired in overlapping squares at its own resolution.

        Args:
            image: uint8 array `(height, width, 3)`; with a fourth channel, opacity, it
                is laid on white first.
            caption: str: what the picture shows, for one that is not larger than the
                model draws; or None.
            seed: int. The same seed gives the same pixels.
            on_tile: Function `(done, total)` called now and then for a larger picture.

        Returns:
            uint8 array `(height, width, 3)`.

        Raises:
            CaptionError: If the caption is empty, too long or not text.
            ImageError: If a side is shorter than 4 pixels.
            ValueError: If the model has no repairer, the array is not as above, or a
                caption comes with a larger picture.
        """
        return repairing.repair_picture(self, image, caption, seed, on_tile)
