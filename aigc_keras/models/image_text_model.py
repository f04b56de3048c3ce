"""Image-text matching: what teaches the sentence vector to hold what can be seen."""

import keras
import keras_nlp
from keras import ops

from aigc_keras import losses
from aigc_keras.language.text_encoder import pooler_inputs
from aigc_keras.layers import AttentionPooling
from aigc_keras.models.next_token_readout import (
    NextTokenReadout,
    known_next_token_loss,
)

# By which an image encoder learns to tell one caption among thousands.
READING_TEMPERATURE = 0.05
# Channels of a head of the pooler's blocks.
HEAD_DIM = 32


def attention_pooler(hidden_dim, text_dim=256, num_heads=8, blocks=2):
    """Build a pooler that reads both ways and pools with learned queries.

    In "a red circle to the left of a star" GPT-2 has read the circle before it reads
    where that is. Transformer blocks look both ways first.

    Reference: BehnamGhader et al., 2024, "LLM2Vec" (sec. 2; blocks of our own behind
    the causal ones, whose weights stay as they are).

    Args:
        hidden_dim: int. Width of the token features.
        text_dim: int. Length of the pooled vector.
        num_heads: int. Heads of the attention pooling.
        blocks: int. Transformer blocks before it, as wide as the narrower of the two
            and twice as wide inside; default 2.

    Returns:
        Functional model from `tokens` `(batch, length, hidden_dim)` and `padding_mask`
        `(batch, length)` to `(batch, text_dim)` float32.
    """
    tokens, mask = pooler_inputs(hidden_dim)
    x, width = tokens, min(hidden_dim, text_dim)
    if width < hidden_dim:
        x = keras.layers.Dense(width, dtype="float32", name="narrower")(x)
    for index in range(blocks):
        x = keras_nlp.layers.TransformerEncoder(
            2 * width,
            num_heads=max(1, width // HEAD_DIM),
            activation="gelu",
            normalize_first=True,
            dtype="float32",
            name=f"both_ways_{index}",
        )(x, padding_mask=mask)
    pooled = AttentionPooling(
        text_dim, num_heads, dtype="float32", name="attention_pooling"
    )(x, mask)
    vector = keras.layers.LayerNormalization(dtype="float32", name="vector")(pooled)
    return keras.Model(
        {"tokens": tokens, "padding_mask": mask}, vector, name="attention_pooler"
    )


class ImageTextModel(keras.Model):
    """Trains an image encoder and a text encoder to agree.

    A functional model from an image and a caption's tokens to two vectors and token
    logits; `fit` on dicts of `image`, `token_ids`, `padding_mask` and, of another
    caption of the image, `other_token_ids` and `other_padding_mask` minimises the
    symmetric InfoNCE loss within the batch, with a learned temperature, plus two losses
    of reading the other caption off either vector: which tokens it holds, so that words
    which tell few pairs apart enter both, and which token follows its beginning, so
    that what belongs together does. Of names the other caption is the same. The other
    captions come in equal groups, tuples of arrays of any lengths: those of like length
    together save padding. Afterwards the pooled text conditions the GAN and the frozen
    image encoder judges what the generator draws.

    A sentence vector out of which each word can be read by a linear map also holds
    combinations of words that were never seen together: on the held-out pairs of
    `shapes` a linear probe read the shape in 76 to 79 of 100 vectors with a
    `text_token_weight` of 0.05 (two seeds), and in all with 0.3 (one; 1,200 steps).

    Reference: Radford et al., 2021, "CLIP" (fig. 3); as the judge of a text-to-image
    GAN: Xu et al., 2018, "AttnGAN" (DAMSM, sec. 3.2).

    Args:
        image_encoder: `ImageEncoder` with `output_dim` equal to the pooler's width.
        backbone: `keras_nlp.models.GPT2Backbone`; trained when it is trainable.
        pooler: Functional model, see `attention_pooler`.
        token_weight: float. Weight of the token-prediction loss from the image vector's
            features, default 0.05.
        text_token_weight: float. Weight of that from the sentence vector, default 0.3.
        binding_weight: float. Weight of reading another caption's next tokens off
            either vector, default 10.
        num_groups: int. Groups that the other captions of a batch come in, default 1.
        **kwargs: Passed to `keras.Model`.
    """

    def __init__(
        self,
        image_encoder,
        backbone,
        pooler,
        token_weight=0.05,
        text_token_weight=0.3,
        binding_weight=10.0,
        num_groups=1,
        **kwargs,
    ):
        vocabulary_size = image_encoder.vocabulary_size
        readout = NextTokenReadout(vocabulary_size, name="next_token")
        image = keras.Input(image_encoder.input_shape[1:], name="image")
        token_ids = keras.Input((None,), dtype="int32", name="token_ids")
        mask = keras.Input((None,), dtype="bool", name="padding_mask")
        groups = range(num_groups)
        other_ids = tuple(keras.Input((None,), dtype="int32") for _ in groups)
        other_mask = tuple(keras.Input((None,), dtype="bool") for _ in groups)
        tokens = backbone({"token_ids": token_ids, "padding_mask": mask})
        others = [
            backbone({"token_ids": ids, "padding_mask": of})
            for ids, of in zip(other_ids, other_mask, strict=True)
        ]
        text_vector = pooler({"tokens": tokens, "padding_mask": mask})
        said = keras.layers.Dense(vocabulary_size, dtype="float32", name="said_tokens")(
            text_vector
        )
        seen = image_encoder(image)
        super().__init__(
            inputs={
                "image": image,
                "token_ids": token_ids,
                "padding_mask": mask,
                "other_token_ids": other_ids,
                "other_padding_mask": other_mask,
            },
            outputs={
                **seen,
                "text_vector": text_vector,
                "text_token_logits": said,
                "said_next": _read_groups(readout, others, text_vector),
                "shown_next": _read_groups(readout, others, seen["image_vector"]),
            },
            **kwargs,
        )
        self.image_encoder = image_encoder
        self.pooler, self.readout = pooler, readout
        self.token_weight = token_weight
        self.text_token_weight = text_token_weight
        self.binding_weight = binding_weight
        # 1 / 0.07, CLIP sec. 2.5.
        self.log_scale = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(2.66), name="log_scale"
        )

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the loss of a batch."""
        del y, sample_weight, kwargs
        # A scale over 100 is unstable (CLIP, sec. 2.5).
        temperature = ops.exp(-ops.minimum(self.log_scale, 4.6))
        matching = losses.contrastive_loss(
            y_pred["image_vector"], y_pred["text_vector"], temperature
        )
        others = [*zip(x["other_token_ids"], x["other_padding_mask"], strict=True)]
        shown, said = (
            _token_loss(y_pred[name], others)
            for name in ("token_logits", "text_token_logits")
        )
        next_token = sum(
            known_next_token_loss(
                *((part, *of) for part, of in zip(y_pred[name], others, strict=True))
            )
            for name in ("said_next", "shown_next")
        )
        return (
            matching
            + self.token_weight * shown
            + self.text_token_weight * said
            + self.binding_weight * next_token
        )


def _token_loss(logits, others):
    parts = ops.split(logits, len(others), axis=0)
    of_groups = [
        losses.token_prediction_loss(part, *of)
        for part, of in zip(parts, others, strict=True)
    ]
    return ops.mean(ops.stack(of_groups))


def _read_groups(readout, others, vectors):
    parts = ops.split(vectors, len(others), axis=0)
    return tuple(readout(*pair) for pair in zip(others, parts, strict=True))


class ImageReadingModel(keras.Model):
    """Trains an image encoder alone, against sentence vectors that stay as they are.

    `fit` on dicts of `image`, `text_embedding`, `token_ids`, `padding_mask` and
    `negatives` `(number, text_dim)` minimises InfoNCE against those many other captions
    plus the token-prediction loss. A vector that is not trained costs nothing, so the
    negatives are enough for some to differ from the caption in one word only.

    With a readout that one learns along, and the encoder does not learn from it: how to
    read the caption's next token off the image vector under the same noise.

    Args:
        image_encoder: `ImageEncoder`.
        temperature: float. Of the InfoNCE, default `READING_TEMPERATURE`.
        token_weight: float. Weight of the token-prediction loss, default 0.05.
        noise: float. Each image is read under normal noise whose standard deviation is
            drawn from 0 to this, default 0.5. What is then recognised are shapes; an
            encoder of clean images can be satisfied by speckles.
        seed: int. Seeds the noise.
        readout: `NextTokenReadout`, or None.
        backbone: Frozen `keras_nlp.models.GPT2Backbone` that reads the captions for it.
        **kwargs: Passed to `keras.Model`.

    Reference for the noise: Cohen et al., 2019, "Certified adversarial robustness via
    randomized smoothing" (sec. 3.3); Santurkar et al., 2019, "Image synthesis with a
    single (robust) classifier".
    """

    def __init__(
        self,
        image_encoder,
        temperature=READING_TEMPERATURE,
        token_weight=0.05,
        noise=0.5,
        seed=0,
        readout=None,
        backbone=None,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.readout, self.backbone = readout, backbone
        self.noise = noise
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.image_encoder = image_encoder
        self.temperature = temperature
        self.token_weight = token_weight

    def call(self, inputs, training=None):
        """Encode a batch's images, under noise in training."""
        image = inputs["image"]
        if training:
            image = add_noise(image, self.noise, self.seed_generator)
        seen = self.image_encoder(image, training=training)
        if self.readout is None:
            return seen
        names = ("token_ids", "padding_mask")
        states = self.backbone({name: inputs[name] for name in names}, training=False)
        vector = ops.stop_gradient(seen["image_vector"])
        return {**seen, "shown_next": self.readout(states, vector)}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the loss of a batch."""
        del y, sample_weight, kwargs
        reading = losses.bank_contrastive_loss(
            y_pred["image_vector"],
            x["text_embedding"],
            x["negatives"],
            self.temperature,
        )
        said = (x["token_ids"], x["padding_mask"])
        tokens = losses.token_prediction_loss(y_pred["token_logits"], *said)
        loss = reading + self.token_weight * tokens
        if self.readout is not None:
            loss += known_next_token_loss((y_pred["shown_next"], *said))
        return loss


def add_noise(images, most, seed):
    """Return images under normal noise, each of its own strength.

    Args:
        images: `(batch, height, width, 3)` float.
        most: float. The strongest standard deviation; an image's is drawn evenly from
            0 to it.
        seed: int or `keras.random.SeedGenerator`.

    Returns:
        Tensor shaped like `images`.
    """
    shape = ops.shape(images)
    deviation = most * keras.random.uniform((shape[0], 1, 1, 1), seed=seed)
    return images + deviation * keras.random.normal(shape, seed=seed)
