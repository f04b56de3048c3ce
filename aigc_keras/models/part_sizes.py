"""Checks that the parts of a model fit together."""


def check_parts(
    generator, discriminator, text_encoder, judge, caption_bank, class_names=None
):
    """Refuse parts of a `TextToImageGAN` whose sizes differ.

    Raises:
        ValueError: If image or text sizes differ, a judge comes without a bank, or
            there are not as many names as classes.
    """
    if generator.image_size != discriminator.image_size:
        raise ValueError(
            "`generator` and `discriminator` must have one image size. Received: "
            f"{generator.image_size} and {discriminator.image_size}"
        )
    text_dims = {
        "generator": generator.text_dim,
        "discriminator": discriminator.text_dim,
    }
    if text_encoder is not None:
        text_dims["text_encoder"] = text_encoder.text_dim
    if len(set(text_dims.values())) > 1:
        raise ValueError(
            "`generator`, `discriminator` and `text_encoder` must have one text size. "
            f"Received: {text_dims}"
        )
    if judge is not None and caption_bank is None:
        raise ValueError(
            "A `judge` needs a `caption_bank` of other captions' vectors. "
            "Received: caption_bank=None"
        )
    num_classes = discriminator.num_classes
    if (num_classes or 0) != len(class_names or ()):
        raise ValueError(
            "`class_names` must be as many as the classes of the `discriminator`. "
            f"Received: {len(class_names or ())} names and num_classes={num_classes}"
        )
