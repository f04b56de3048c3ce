"""Networks that read every token of a caption, a row of `ablation.py`.

The package's generator is told what the caption says by one vector. Here each of its
8x8 places asks GPT-2's features of the tokens too, and what it is answered modulates
all behind it, as `place_channels` does. The tokens travel inside the "sentence vector",
behind the pooled one; discriminator and judge are given the pooled one alone.

Reference: Xu et al., 2018, "AttnGAN" (eq. 2: places ask words), with the answers used
as Park et al., 2019, "Semantic image synthesis with spatially-adaptive normalization"
(eq. 1) use a map.
"""

import keras
from keras import ops

from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models import Discriminator, TextToImageGAN, generator
from aigc_keras.models.generator import GENERATOR_STAGES
from aigc_keras.models.standard_noise import standardize_noise

# All tokens of 199 in 200 captions of `shapes`; what is beyond is cut off.
MAX_TOKENS = 32
HEADS, PLACE_CHANNELS = 4, 32


@keras.saving.register_keras_serializable(package="aigc_keras_benchmarks")
class PackTokens(keras.layers.Layer):
    """Appends the tokens' features and their mask to the pooled vector."""

    def call(self, pooled, tokens, padding_mask):
        """Return `(batch, text_dim + MAX_TOKENS * (hidden_dim + 1))`."""
        mask = ops.cast(padding_mask, tokens.dtype)[..., None]
        tokens = ops.concatenate([tokens * mask, mask], axis=-1)
        tokens = ops.pad(tokens, [[0, 0], [0, MAX_TOKENS], [0, 0]])[:, :MAX_TOKENS]
        flat = ops.reshape(tokens, (-1, MAX_TOKENS * tokens.shape[-1]))
        return ops.concatenate([pooled, flat], axis=-1)

    def compute_output_shape(self, pooled_shape, tokens_shape, padding_mask_shape=None):
        """Return the packed vectors' shape."""
        return (pooled_shape[0], packed_dim(pooled_shape[-1], tokens_shape[-1]))


def packed_dim(text_dim, hidden_dim):
    """Return the length of a packed vector."""
    return text_dim + MAX_TOKENS * (hidden_dim + 1)


def packing_encoder(encoder):
    """Return an encoder of the same GPT-2 whose vectors hold the tokens too."""
    inputs = encoder.pooler.input
    packed = PackTokens(dtype="float32", name="packed")(
        encoder.pooler(inputs), inputs["tokens"], inputs["padding_mask"]
    )
    pooler = keras.Model(inputs, packed, name="packing")
    return GPT2TextEncoder(
        encoder.tokenizer, encoder.backbone, encoder.sequence_length, pooler
    )


def _unpack(packed, text_dim):
    """Return the pooled vector, the tokens' features and their mask."""
    tokens = ops.reshape(
        packed[:, text_dim:],
        (-1, MAX_TOKENS, (packed.shape[-1] - text_dim) // MAX_TOKENS),
    )
    return packed[:, :text_dim], tokens[..., :-1], tokens[..., -1] > 0.5


class TokenGenerator(keras.Model):
    """`Generator` whose 8x8 places ask the tokens."""

    def __init__(
        self, image_size, text_dim, hidden_dim, noise_dim, base_channels, dtype
    ):
        dtype = keras.dtype_policies.get(dtype)
        channels = [base_channels * many for many in GENERATOR_STAGES[image_size]]
        text = keras.Input((packed_dim(text_dim, hidden_dim),), name="text_embedding")
        noise = keras.Input((noise_dim,), name="noise")
        pooled, tokens, mask = _unpack(text, text_dim)
        mixed = keras.layers.Concatenate(dtype=dtype)([pooled, noise])
        said = (mixed,)
        x = generator._dense(16 * channels[0], dtype, "seed")(mixed)
        x = keras.layers.Reshape((4, 4, channels[0]), dtype=dtype)(x)
        for index, width in enumerate(channels[1:], 1):
            x = generator._double(x, said, width, dtype, f"double_{index}")
            x = generator._refine(x, said, dtype, f"refine_{index}")
            if index == 1:
                asked = keras.layers.MultiHeadAttention(
                    HEADS, width // HEADS, dtype=dtype, name="words"
                )(
                    keras.layers.Reshape((64, width), dtype=dtype)(x),
                    tokens,
                    attention_mask=ops.repeat(mask[:, None, :], 64, axis=1),
                )
                asked = keras.layers.Reshape((8, 8, width), dtype=dtype)(asked)
                said = (mixed, generator._places(asked, PLACE_CHANNELS, dtype))
        x = generator._modulate(x, said, dtype, "last")
        x = generator._convolution(12, dtype, "to_patches")(x)
        x = generator.ChannelsToPatches(2, dtype=dtype)(x)
        image = keras.layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__({"text_embedding": text, "noise": noise}, image)
        self.image_size, self.noise_dim = image_size, noise_dim
        self.text_dim = packed_dim(text_dim, hidden_dim)
        # What `standardize_noise` looks for.
        self.condition_layers = 0
        self.settings = {
            "image_size": image_size,
            "text_dim": text_dim,
            "hidden_dim": hidden_dim,
            "noise_dim": noise_dim,
            "base_channels": base_channels,
            "dtype": dtype.name,
        }

    def get_config(self):
        """Return the constructor's arguments, and the name."""
        return {"name": self.name, **self.settings}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build a generator from `get_config()`."""
        del custom_objects
        return cls(**{name: config[name] for name in config if name != "name"})


class SentenceDiscriminator(keras.Model):
    """`Discriminator` that reads the pooled part of packed vectors."""

    def __init__(self, config, packed_length):
        inner = Discriminator.from_config(config)
        image = keras.Input((inner.image_size, inner.image_size, 3), name="image")
        packed = keras.Input((packed_length,), name="text_embedding")
        outputs = inner({"image": image, "text_embedding": packed[:, : inner.text_dim]})
        super().__init__({"image": image, "text_embedding": packed}, outputs)
        self.trunk, self.inner = inner.trunk, inner
        self.image_size, self.num_classes = inner.image_size, inner.num_classes
        self.text_dim = packed_length

    def text_projection(self, packed):
        """Return the text's vector for the product with the image's."""
        return self.inner.text_projection(packed[:, : self.inner.text_dim])


class TokenLevelGAN(TextToImageGAN):
    """Hands each batch's tokens on with its sentence vectors.

    Give it by `set_text_encoder` the packing encoder, to draw captions, and the plain
    one, which the judge knows.
    """

    def train_step(self, data):
        """Update both networks once."""
        text, mask = data["text_embedding"], data["padding_mask"]
        tokens = {"token_ids": data["token_ids"], "padding_mask": mask}
        tokens = self.judge_text_encoder.backbone(tokens, training=False)
        tokens = ops.stop_gradient(ops.cast(tokens, "float32"))
        packed = PackTokens(dtype="float32")(text, tokens, mask)
        packed = {"text_embedding": packed, "judged_embedding": text}
        return super().train_step({**data, **packed})


def standardize(gan, dataset):
    """Do what `standardize_noise` does: here noise stands behind the pooled vector."""
    drawing = gan.generator, gan.ema_generator
    packed_length = gan.generator.text_dim
    for network in drawing:
        network.text_dim = network.settings["text_dim"]
    standardize_noise(gan, dataset)
    for network in drawing:
        network.text_dim = packed_length
