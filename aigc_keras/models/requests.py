"""What a trained model is asked for: drawing, changing and recognising pictures."""

from aigc_keras.language.text_encoder import check_captions
from aigc_keras.models import drawing, editing, recognition, repairing


class PictureRequests:
    """Methods of a `TextToImageGAN` that make pictures, or say what they show.

    `companions` are the parts that lie beside a model that was loaded, see
    `Companions`.
    """

    _repairer = None

    @property
    def repairer(self):
        """The `ImageRepairer` that `inpaint` uses, or None."""
        return self._repairer or self.companions.repairer

    def set_repairer(self, repairer):
        """Give the model another `ImageRepairer` than the one that lies beside it."""
        # Past Keras: its weights are kept beside the model's, not among them.
        object.__setattr__(self, "_repairer", repairer)

    @property
    def noise_finder(self):
        """The `NoiseEncoder` that `edit` uses, or None.

        The averaged one that was trained along, or one that was trained afterwards.
        """
        return self.ema_noise_encoder or self.companions.noise_encoder

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

    def find_noise(self, images, captions):
        """Return the noise under which captions would be drawn as given pictures.

        Args:
            images: uint8 array `(n, image_size, image_size, 3)`, or one such picture.
            captions: str or sequence of n str, what the pictures show.

        Returns:
            float32 array `(n, noise_dim)`, for `draw`.

        Raises:
            CaptionError: If a caption is empty, too long or not text.
            ValueError: If the model has no noise encoder, or the pictures are not of
                its size.
        """
        images = editing.check_pictures(self, images)
        vectors = editing.embed_captions(self, check_captions(captions))
        return editing.find_noise(self, images, vectors)

    def edit(
        self,
        images,
        captions,
        source_captions=None,
        strength=1.0,
        seed=None,
        refine_steps=0,
        on_step=None,
    ):
        """Change pictures by sentences.

        The picture's noise is found, and it is drawn again with a sentence vector that
        has moved from its own caption's to the new one's. What a caption does not say
        stays as the noise has it.

        Args:
            images: uint8 array `(n, image_size, image_size, 3)`, or one such picture.
            captions: str or sequence of n str: what the pictures are to show. Where the
                model was loaded with an instruction reader, also what is to be done,
                such as "make the circle blue".
            source_captions: str or sequence of n str, what the pictures show; None: the
                model's captioner says it.
            strength: float from 0 to 2. 0 draws the picture as it is, 1 as asked.
            seed: int, or None. Variants of what the noise leaves open; None: the
                likeliest.
            refine_steps: int. Steps of optimisation that bring the drawing nearer to
                the picture before it is changed.
            on_step: Function `(done, total)` called after each of them, for progress.

        Returns:
            uint8 array `(n, image_size, image_size, 3)`.

        Raises:
            CaptionError: If a caption is empty, too long or not text.
            ValueError: If the model has no noise encoder, if it has no captioner and
                `source_captions` is None, or an argument is not as above.

        Example:
        >>> import aigc_keras as aigc
        >>> gan = aigc.TextToImageGAN.from_preset("shapes_64")  # doctest: +SKIP
        >>> gan.edit(picture, "make the circle blue").shape  # doctest: +SKIP
        (1, 64, 64, 3)
        """
        images = editing.check_pictures(self, images)
        plan = editing.plan_edit(self, images, captions, source_captions)
        settings = (strength, seed, refine_steps, on_step)
        return editing.draw_edit(self, images, *plan, *settings)

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
