"""The package's captioner and text encoder; a worker of `language.py`."""

import keras
import keras_nlp
import numpy as np
import tensorflow as tf

from aigc_keras.language import GPT2LanguageModel, GPT2TextEncoder, train_tokenizer
from aigc_keras.language.decoding import Greedy
from aigc_keras.models import ImageCaptioner


class Writer:
    """Decodes greedily and embeds, with random weights that it writes to a file."""

    def __init__(self, settings, weights_path):
        keras.utils.set_random_seed(0)
        length, vocabulary = settings["length"], settings["vocabulary"]
        backbone = keras_nlp.models.GPT2Backbone(
            vocabulary_size=vocabulary,
            num_layers=settings["layers"],
            num_heads=settings["heads"],
            hidden_dim=settings["width"],
            intermediate_dim=4 * settings["width"],
            max_sequence_length=length,
            dropout=0.0,
            dtype="float32",
        )
        rng = np.random.default_rng(0)
        for weight in backbone.weights:
            # Larger than usual, so that captions differ.
            if "layer_norm" not in weight.path:
                weight.assign(rng.normal(0, 0.08, weight.shape))
        # The end token is never the likeliest: every caption has its full length.
        embedding = backbone.token_embedding.embeddings
        embedding.assign(embedding * (np.arange(vocabulary) > 0)[:, None])
        tokenizer = train_tokenizer(["a red circle"], 262)
        model = GPT2LanguageModel(tokenizer, backbone, length)
        self.captioner = ImageCaptioner(model, 64)
        self.length = length
        sampler = Greedy()
        self.decode = tf.function(
            lambda image, language: self.captioner.decode_tokens(
                image, language, sampler
            ),
            autograph=False,
        )
        self.encoder = GPT2TextEncoder(tokenizer, backbone, length)
        features = keras.Model(backbone.input, backbone.output)
        self.embed_batch = tf.function(features.__call__, autograph=False)
        self.write_weights(backbone, weights_path)

    def write_weights(self, backbone, path):
        """Write weights, a prefix, and the logits that follow from them."""
        image = tf.random.stateless_uniform((2, 64, 64, 3), [1, 2], -1, 1)
        language = tf.zeros((2,), tf.int32)
        token_ids = np.arange(8, dtype="int32").reshape(2, 4) + 30
        inputs = {"image": image, "language": language, "token_ids": token_ids}
        inputs["padding_mask"] = np.ones((2, 4), bool)
        arrays = {
            "prefix": self.captioner.prefix([image, language]).numpy(),
            "token_ids": token_ids,
            "logits": self.captioner(
                {name: tf.convert_to_tensor(x) for name, x in inputs.items()}
            ).numpy(),
            "token_embedding": backbone.token_embedding.embeddings.numpy(),
            "position_embedding": backbone.position_embedding.position_embeddings,
        }
        for index, layer in enumerate(backbone.transformer_layers):
            for number, weight in enumerate(layer.get_weights()):
                arrays[f"block/{index}/{number}"] = weight
        for number, weight in enumerate(backbone.layer_norm.get_weights()):
            arrays[f"last/{number}"] = weight
        names = [w.path.partition("/")[2] for w in layer.weights]
        arrays["names"] = np.array(names)
        np.savez(path, **{name: np.asarray(x) for name, x in arrays.items()})

    def caption(self, batch):
        """Write a batch of captions; return how many tokens were written."""
        image = tf.random.stateless_uniform((batch, 64, 64, 3), [3, 4], -1, 1)
        rows = self.decode(image, tf.zeros((batch,), tf.int32)).numpy()
        filler = int(self.captioner.language_model.tokenizer.end_token_id == 0)
        if (rows[:, -1] == filler).all():
            raise RuntimeError("Every caption ended early: choose other weights.")
        return batch * (self.length - 1)

    def embed(self, batch):
        """Embed a batch of captions of full length; return how many."""
        ids = tf.fill((batch, self.length), 7)
        self.embed_batch({"token_ids": ids, "padding_mask": tf.ones_like(ids, "bool")})
        return batch
