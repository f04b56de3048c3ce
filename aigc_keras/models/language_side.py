"""GPT-2 inside the training step: it learns from the GAN, the captions and images."""

import dataclasses

import keras
import tensorflow as tf
from keras import ops

from aigc_keras.fused_adam import FusedAdam
from aigc_keras.language import GPT2LanguageModel
from aigc_keras.losses import next_token_loss
from aigc_keras.models.captioner import ImageCaptioner
from aigc_keras.models.replicas import apply_gradients

# What of the text encoder learns, from nothing to everything.
TRAINED_PARTS = ("frozen", "projection", "last_blocks", "full")


class LanguageSide(keras.layers.Layer):
    """What is trained of GPT-2 together with a GAN.

    The sentence vector is computed anew at each step, and the GAN's losses run back
    through it. Two losses of GPT-2's own keep its language: predicting each caption
    (the anchor), and, with a captioner, predicting it from the image.

    Reference: Radford et al., 2018, "GPT" (eq. 5, the language model as an auxiliary
    loss).

    Args:
        text_encoder: `GPT2TextEncoder`. Trained in place.
        trained: str, in `TRAINED_PARTS`: nothing of the encoder; `"projection"`, its
            pooler; `"last_blocks"`, also the last sixth of GPT-2's blocks, at least
            one, and the last normalization; `"full"`, everything.
        captioner: Dict of `ImageCaptioner`'s sizes for one that shares GPT-2, or None.
        image_size: int. Side in pixels, for the captioner.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `trained` is unknown.
    """

    def __init__(self, text_encoder, trained, captioner, image_size, **kwargs):
        super().__init__(**{"dtype": "float32", "name": "language_side", **kwargs})
        check_trained(trained)
        self.trained = trained
        self.reads_text = trained != "frozen"
        self.backbone = text_encoder.backbone
        self.pooler = text_encoder.pooler
        self.language_model = GPT2LanguageModel(
            text_encoder.tokenizer, self.backbone, text_encoder.sequence_length
        )
        self.captioner = None
        if captioner is not None:
            self.captioner = ImageCaptioner(
                self.language_model, image_size, **captioner, name="captioner"
            )
        self.built = True

    def learned_variables(self):
        """Return the variables that learn, each once, always in the same order."""
        blocks = self.backbone.transformer_layers
        parts = {
            "frozen": [],
            "projection": [self.pooler],
            "last_blocks": [
                self.pooler,
                *blocks[-max(1, len(blocks) // 6) :],
                self.backbone.layer_norm,
            ],
            "full": [self.pooler, self.backbone],
        }[self.trained]
        if self.captioner is not None:
            parts = [*parts, self.captioner.prefix]
        variables = [variable for part in parts for variable in part.weights]
        return list({id(variable): variable for variable in variables}.values())

    def read(self, token_ids, padding_mask):
        """Return the sentence vectors `(batch, text_dim)` and the anchor's loss."""
        inputs = {"token_ids": token_ids, "padding_mask": padding_mask}
        tokens = self.backbone(inputs)
        vector = self.pooler({"tokens": tokens, "padding_mask": padding_mask})
        logits = self.backbone.token_embedding(tokens, reverse=True)
        return vector, next_token_loss(logits, token_ids, padding_mask)

    def describe_loss(self, data, image=None):
        """Return the captioner's loss in nats a token.

        Args:
            data: Dict of a batch, see `TextToImageGAN.train_step`.
            image: `(batch, size, size, 3)` in its stead of the batch's, or None.
        """
        names = ("language", "token_ids", "padding_mask")
        inputs = {name: data[name] for name in names}
        inputs["image"] = data["image"] if image is None else image
        logits = self.captioner(inputs)
        return next_token_loss(logits, inputs["token_ids"], inputs["padding_mask"])

    def forward(self, data):
        """Run GPT-2 on a batch.

        Args:
            data: Dict with `token_ids`, `padding_mask`, and, for a captioner, `image`
                and `language`.

        Returns:
            Tuple of the batch with its live `text_embedding`, the frozen one moved to
            `judged_embedding`, and a dict of the losses by name.
        """
        terms = {}
        if self.reads_text:
            frozen = data["text_embedding"]
            live, anchor = self.read(data["token_ids"], data["padding_mask"])
            data = {**data, "text_embedding": live, "judged_embedding": frozen}
            terms["language_model"] = anchor
        if self.captioner is not None:
            terms["captioner"] = self.describe_loss(data)
        return data, terms

    def gradients(self, tape, data, terms, by_text, weights):
        """Return the gradients of `learned_variables()`.

        Args:
            tape: The `tf.GradientTape` in which `forward` ran.
            data: The batch that `forward` returned.
            terms: The losses that `forward` returned.
            by_text: The GAN's slope by `text_embedding`, `(batch, text_dim)`.
            weights: Dict from a loss's name to its weight.
        """
        targets = list(terms.values())
        slopes = [tf.constant(weights[name], tf.float32) for name in terms]
        if self.reads_text:
            targets.append(data["text_embedding"])
            slopes.append(ops.cast(by_text, data["text_embedding"].dtype))
        variables = [variable.value for variable in self.learned_variables()]
        # What no loss reaches, such as a word that no caption of the batch has.
        return tape.gradient(
            targets,
            variables,
            output_gradients=slopes,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )


def check_trained(trained):
    """Refuse an unknown choice of what is trained.

    Raises:
        ValueError: If it is not in `TRAINED_PARTS`.
    """
    if trained not in TRAINED_PARTS:
        raise ValueError(
            f"`train_text_encoder` must be one of {TRAINED_PARTS}. "
            f"Received: train_text_encoder={trained!r}"
        )


def make_language_side(text_encoder, trained, captioner, image_size):
    """Return a `LanguageSide`, or None where nothing of it would learn."""
    check_trained(trained)
    if text_encoder is None or (trained == "frozen" and captioner is None):
        return None
    return LanguageSide(text_encoder, trained, captioner, image_size)


def make_language_optimizer(side, given):
    """Return a built optimizer of what learns, or None where nothing does.

    Args:
        side: `LanguageSide`, or None.
        given: Keras optimizer, or None for Adam with a rate of 1e-4. One that has been
            built for other variables is copied.
    """
    if side is None:
        return None
    optimizer = given or FusedAdam(1e-4)
    if optimizer.built:
        optimizer = type(optimizer).from_config(optimizer.get_config())
    optimizer.build(side.learned_variables())
    return optimizer


def read_batch(gan, data):
    """Return a batch with live sentence vectors, and GPT-2's own losses by name."""
    if gan.language_side is None:
        return data, {}
    return gan.language_side.forward(data)


def update(gan, tape, data, terms, by_text):
    """Move what learns of GPT-2 and the captioner by one step.

    Args:
        gan: Compiled `TextToImageGAN`.
        tape: The `tf.GradientTape` in which `read_batch` ran.
        data: The batch it returned.
        terms: The losses it returned.
        by_text: The GAN's slope by the batch's `text_embedding`.
    """
    side, weights = gan.language_side, dataclasses.asdict(gan.loss_weights)
    gradients = side.gradients(tape, data, terms, by_text, weights)
    apply_gradients(gan.language_optimizer, gradients, side.learned_variables())
