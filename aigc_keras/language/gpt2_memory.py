"""GPT-2 that keeps the keys and values of what it has read."""

import math

from keras import ops

MASKED = -1e9


class GPT2Memory:
    """Passes new places through GPT-2's blocks beside those it has read already.

    It reads the weights of KerasNLP's layers and does what they do, with one product
    for query, key and value instead of three. Build it in the graph that uses it.

    Args:
        backbone: `keras_nlp.models.GPT2Backbone`.
        length: int. Places that are kept at most.
    """

    def __init__(self, backbone, length):
        self.backbone = backbone
        self.length = length
        self.num_heads = backbone.num_heads
        self.head_dim = backbone.hidden_dim // backbone.num_heads
        self._blocks = [
            _Block(layer, backbone.hidden_dim) for layer in backbone.transformer_layers
        ]

    def read(self, x):
        """Read the first places.

        Args:
            x: `(batch, places, hidden_dim)` float32.

        Returns:
            Tuple of the features `(batch, places, hidden_dim)` after the blocks, and a
            list of keys and values, two `(batch, heads, length, head_dim)` a block.
        """
        places, kept = x.shape[1], []
        order = ops.arange(places)
        mask = ops.where(order[None] > order[:, None], MASKED, 0.0)
        rest = [(0, 0), (0, 0), (0, self.length - places), (0, 0)]
        for block in self._blocks:
            query, key, value = self._split(block.query_key_value(x), places)
            x = block.finish(x, self._attend(query, key, value, mask))
            kept += [ops.pad(key, rest), ops.pad(value, rest)]
        return x, kept

    def read_token(self, token_ids, position, place, kept):
        """Read one token in every row.

        Args:
            token_ids: `(batch,)` int32.
            position: int scalar. Its place in the text.
            place: int scalar. Its place among all that is kept.
            kept: What `read` or the last call returned.

        Returns:
            Tuple of the features `(batch, hidden_dim)` after the last normalization,
            and the longer `kept`.
        """
        backbone, longer = self.backbone, []
        x = backbone.token_embedding(token_ids[:, None])
        table = ops.convert_to_tensor(backbone.position_embedding.position_embeddings)
        x = x + ops.take(table, position, axis=0)
        order = ops.arange(self.length)
        mask = ops.where(order > place, MASKED, 0.0)
        here = (order == place)[None, None, :, None]
        for block, key, value in zip(self._blocks, kept[::2], kept[1::2], strict=True):
            query, new_key, new_value = self._split(block.query_key_value(x), 1)
            key = ops.where(here, new_key, key)
            value = ops.where(here, new_value, value)
            x = block.finish(x, self._attend(query, key, value, mask))
            longer += [key, value]
        return backbone.layer_norm(x)[:, 0], longer

    def _split(self, joined, places):
        """Return query, key and value, each `(batch, heads, places, head_dim)`."""
        shape = (-1, places, 3, self.num_heads, self.head_dim)
        parts = ops.transpose(ops.reshape(joined, shape), (2, 0, 3, 1, 4))
        return parts[0], parts[1], parts[2]

    def _attend(self, query, key, value, mask):
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))
        weights = ops.softmax(scores / math.sqrt(self.head_dim) + mask)
        mixed = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
        places = mixed.shape[1]
        return ops.reshape(mixed, (-1, places, self.num_heads * self.head_dim))


class _Block:
    """One block's weights, read once a graph."""

    def __init__(self, layer, width):
        self.layer = layer
        attention = layer._self_attention_layer
        parts = (attention._query_dense, attention._key_dense, attention._value_dense)
        kernels = [ops.reshape(part.kernel, (width, width)) for part in parts]
        biases = [ops.reshape(part.bias, (width,)) for part in parts]
        self.kernel = ops.concatenate(kernels, axis=1)
        self.bias = ops.concatenate(biases, axis=0)
        output = attention._output_dense
        self.output_kernel = ops.reshape(output.kernel, (width, width))
        self.output_bias = output.bias

    def query_key_value(self, x):
        """Return the three projections side by side."""
        x = self.layer._self_attention_layer_norm(x)
        return ops.matmul(x, self.kernel) + self.bias

    def finish(self, x, mixed):
        """Return the block's output from its input and the mixed values."""
        x = x + ops.matmul(mixed, self.output_kernel) + self.output_bias
        hidden = self.layer._feedforward_layer_norm(x)
        hidden = self.layer._feedforward_intermediate_dense(hidden)
        return x + self.layer._feedforward_output_dense(hidden)
