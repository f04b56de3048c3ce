"""Image-text matching: what teaches the sentence vector to hold what can be seen."""

import keras
from keras import ops

from aigc_keras import losses
from aigc_keras.language.text_encoder import pooler_inputs
from aigc_keras.layers import AttentionPooling

# By which an image encoder learns to tell one caption among thousands.
READING_TEMPERATURE = 0.05


def attention_pooler(hidden_dim, text_dim=256, num_heads=8):
    """Build a pooler with learned queries and a residual MLP.

    Args:
        hidden_dim: int. Width of the token features.
        text_dim: int. Length of the pooled vector.
        num_heads: int. Heads of the attention pooling.

    Returns:
        Functional model from `tokens` `(batch, length, hidden_dim)` and `padding_mask`
        `(batch, length)` to `(batch, text_dim)` float32.
    """
    tokens, mask = pooler_inputs(hidden_dim)
    pooled = AttentionPooling(
        text_dim, num_heads, dtype="float32", name="attention_pooling"
    )(tokens, mask)
    hidden = keras.layers.Dense(
        2 * text_dim, activation="gelu", dtype="float32", name="hidden"
    )(pooled)
    hidden = keras.layers.Dense(text_dim, dtype="float32", name="residual")(hidden)
    vector = keras.layers.Add(dtype="float32", name="sum")([pooled, hidden])
    vector = keras.layers.LayerNormalization(dtype="float32", name="vector")(vector)
    return keras.Model(
        {"tokens": tokens, "padding_mask": mask}, vector, name="attention_pooler"
    )


class ImageTextModel(keras.Model):
    """Trains an image encoder and a text encoder to agree.

    A functional model from an image and a caption's tokens to two vectors and token
    logits; `fit` on dicts of `image`, `token_ids` and `padding_mask` minimises the
    symmetric InfoNCE loss within the batch, with a learned temperature, plus the
    token-prediction loss from either vector, so that words which tell few pairs apart
    enter both. Afterwards the pooled text conditions the GAN and the frozen image
    encoder judges what the generator draws.

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
        **kwargs: Passed to `keras.Model`.
    """

    def __init__(
        self,
        image_encoder,
        backbone,
        pooler,
        token_weight=0.05,
        text_token_weight=0.3,
        **kwargs,
    ):
        image = keras.Input(image_encoder.input_shape[1:], name="image")
        token_ids = keras.Input((None,), dtype="int32", name="token_ids")
        mask = keras.Input((None,), dtype="bool", name="padding_mask")
        tokens = backbone({"token_ids": token_ids, "padding_mask": mask})
        text_vector = pooler({"tokens": tokens, "padding_mask": mask})
        said = keras.layers.Dense(
            image_encoder.vocabulary_size, dtype="float32", name="said_tokens"
        )(text_vector)
        super().__init__(
            inputs={"image": image, "token_ids": token_ids, "padding_mask": mask},
            outputs={
                **image_encoder(image),
                "text_vector": text_vector,
                "text_token_logits": said,
            },
            **kwargs,
        )
        self.image_encoder = image_encoder
        self.pooler = pooler
        self.token_weight = token_weight
        self.text_token_weight = text_token_weight
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
        words = (x["token_ids"], x["padding_mask"])
        shown = losses.token_prediction_loss(y_pred["token_logits"], *words)
        said = losses.token_prediction_loss(y_pred["text_token_logits"], *words)
        return matching + self.token_weight * shown + self.text_token_weight * said


class ImageReadingModel(keras.Model):
    """Trains an image encoder alone, against sentence vectors that stay as they are.

    `fit` on dicts of `image`, `text_embedding`, `token_ids`, `padding_mask` and
    `negatives` `(number, text_dim)` minimises InfoNCE against those many other captions
    plus the token-prediction loss. A vector that is not trained costs nothing, so the
    negatives are enough for some to differ from the caption in one word only.

    Args:
        image_encoder: `ImageEncoder`.
        temperature: float. Of the InfoNCE, default `READING_TEMPERATURE`.
        token_weight: float. Weight of the token-prediction loss, default 0.05.
        noise: float. Each image is read under normal noise whose standard deviation is
            drawn from 0 to this, default 0.5. What is then recognised are shapes; an
            encoder of clean images can be satisfied by speckles.
        seed: int. Seeds the noise.
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
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
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
        return self.image_encoder(image, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the loss of a batch."""
        del y, sample_weight, kwargs
        reading = losses.bank_contrastive_loss(
            y_pred["image_vector"],
            x["text_embedding"],
            x["negatives"],
            self.temperature,
        )
        tokens = losses.token_prediction_loss(
            y_pred["token_logits"], x["token_ids"], x["padding_mask"]
        )
        return reading + self.token_weight * tokens


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
