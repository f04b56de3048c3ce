"""The other way of showing GPT-2 an image: cross-attention after each of its blocks."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from aigc_keras.language.languages import LANGUAGES
from aigc_keras.losses import next_token_loss
from aigc_keras.models.prefix_network import prefix_network


class CrossAttention(keras.layers.Layer):
    """Adds to a sequence what it finds in a map of features.

    Reference: Vaswani et al., 2017 (sec. 3.2.3), with the normalization in front. What
    is added starts at zero, so a trained GPT-2 starts as it was (Alayrac et al., 2022,
    "Flamingo", sec. 2.2).
    """

    def __init__(self, num_heads, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.normalize = keras.layers.LayerNormalization(dtype=self.dtype_policy)
        self.attention = keras.layers.MultiHeadAttention(
            num_heads, hidden_dim // num_heads, dtype=self.dtype_policy
        )
        self.gate = self.add_weight(shape=(), initializer="zeros", name="gate")

    def call(self, sequence, features):
        """Return the sequence `(batch, length, width)` with what it found."""
        found = self.attention(self.normalize(sequence), features)
        return sequence + ops.tanh(ops.cast(self.gate, found.dtype)) * found


class CrossAttentionCaptioner(keras.Model):
    """As `ImageCaptioner`, but each block of GPT-2 looks at the map.

    Trains and writes like it; greedy only, and without a cache, so its speed at writing
    says nothing.
    """

    def __init__(self, language_model, image_size, base_channels=16, map_side=4):
        backbone = language_model.backbone
        width = backbone.hidden_dim
        seen = prefix_network(
            image_size, width, base_channels, map_side, len(LANGUAGES)
        )
        token_ids = keras.Input((None,), dtype="int32", name="token_ids")
        mask = keras.Input((None,), dtype="bool", name="padding_mask")
        x = backbone.token_embedding(token_ids)
        x = backbone.embeddings_add((x, backbone.position_embedding(x)))
        for index, layer in enumerate(backbone.transformer_layers):
            x = layer(x)
            x = CrossAttention(
                backbone.num_heads, width, dtype="float32", name=f"look_{index}"
            )(x, seen.output)
        logits = backbone.token_embedding(backbone.layer_norm(x), reverse=True)
        inputs = {**seen.input, "token_ids": token_ids, "padding_mask": mask}
        super().__init__(inputs=inputs, outputs=logits)
        self.language_model = language_model
        self.write = tf.function(self.write_tokens, autograph=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the mean loss in nats a token."""
        del y, sample_weight, kwargs
        return next_token_loss(y_pred, x["token_ids"], x["padding_mask"])

    def write_tokens(self, image, language):
        """Write captions greedily, reading all of them anew for each token."""
        model = self.language_model
        length, number = model.sequence_length, tf.shape(image)[0]
        tokens = tf.fill([number, length], model.tokenizer.end_token_id)
        start = tf.fill([number, 1], model.tokenizer.start_token_id)
        tokens = tf.concat([start, tokens[:, 1:]], axis=1)

        def grow(place, tokens):
            inputs = {"image": image, "language": language, "token_ids": tokens}
            inputs["padding_mask"] = tf.ones_like(tokens, "bool")
            logits = self(inputs, training=False)
            chosen = tf.argmax(logits[:, place], axis=-1, output_type=tf.int32)
            here = tf.range(length)[None] == place + 1
            return place + 1, tf.where(here, chosen[:, None], tokens)

        go_on = lambda place, tokens: place < length - 1  # noqa: E731
        return tf.while_loop(go_on, grow, [tf.constant(0), tokens])[1]

    def caption(self, images, language="en", method="greedy"):
        """Describe uint8 images, always greedily; a list of str."""
        del method
        tokenizer = self.language_model.tokenizer
        number = LANGUAGES.index(language)
        texts = []
        for start in range(0, len(images), 250):
            batch = images[start : start + 250].astype("float32") / 127.5 - 1
            rows = self.write(tf.constant(batch), tf.fill([len(batch)], number)).numpy()
            for row in rows[:, 1:]:
                ends = np.flatnonzero(row == tokenizer.end_token_id)
                words = row[: ends[0]] if len(ends) else row
                texts.append(self.language_model.decode(words))
        return texts
