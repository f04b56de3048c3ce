"""Describes images: spatial features enter GPT-2 as a prefix."""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

from aigc_keras.datasets.pipeline import CaptionedDataset, CaptionTable, to_model_range
from aigc_keras.language import GPT2LanguageModel, GPT2TextEncoder, decoding
from aigc_keras.language.causal_lm import trim_padding
from aigc_keras.language.languages import LANGUAGES, language_places
from aigc_keras.losses import next_token_loss
from aigc_keras.models import replicas
from aigc_keras.models.prefix_network import prefix_network

CONFIG_FILE = "captioner.json"
WEIGHTS_FILE = "prefix.weights.h5"
# Each is a graph; a long-lived server should not keep every one.
MOST_DECODERS = 8


class ImageCaptioner(keras.Model):
    """Writes what an image shows, in the language asked for.

    A functional model from an image, a language and the caption so far to the next
    token. Strided convolutions make a small map; each of its places becomes one
    "token" in front of the caption, after one for the language, and GPT-2 reads on from
    there. GPT-2's own layers are used as they are, so a pretrained one keeps its
    weights, and all of them are trained along.

    Reference: Mokady et al., 2021, "ClipCap" (sec. 3; a map of features instead of one
    vector); Vinyals et al., 2015, "Show and tell" (eq. 1).

    Args:
        language_model: `GPT2LanguageModel`. Trained along, in place.
        image_size: int. Side in pixels, a power of two.
        base_channels: int. Channels after the first convolution, default 16; each
            halving doubles them up to eight times that.
        map_side: int. Side of the map, default 4: sixteen places.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict of `image` `(batch, image_size, image_size, 3)` float in [-1, 1],
            `language` `(batch,)` int32, a place in `language.LANGUAGES`, and
            `token_ids` and `padding_mask` `(batch, length)`.

    Returns:
        `(batch, length, vocabulary_size)` float32 logits of the token after each.

    Raises:
        ValueError: If the sizes do not fit; see `prefix_network`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.language import GPT2LanguageModel
    >>> from aigc_keras.models import ImageCaptioner
    >>> gpt2 = GPT2LanguageModel.from_captions(["a ring"], 260, hidden_dim=8, epochs=0)
    >>> captioner = ImageCaptioner(gpt2, image_size=32, base_channels=2)
    >>> len(captioner.caption(np.zeros((2, 32, 32, 3), "uint8")))
    2
    """

    def __init__(
        self, language_model, image_size, base_channels=16, map_side=4, **kwargs
    ):
        # === Layers ===
        backbone = language_model.backbone
        prefix = prefix_network(
            image_size, backbone.hidden_dim, base_channels, map_side, len(LANGUAGES)
        )

        # === Functional model ===
        token_ids = keras.Input((None,), dtype="int32", name="token_ids")
        mask = keras.Input((None,), dtype="bool", name="padding_mask")
        places = map_side**2 + 1
        x = backbone.token_embedding(token_ids)
        x = backbone.embeddings_add((x, backbone.position_embedding(x)))
        x = backbone.embeddings_dropout(x)
        x = keras.layers.Concatenate(axis=1, dtype="float32", name="prefix_and_text")(
            [prefix.output, x]
        )
        # Padding stands behind the text, where no real token looks.
        for layer in backbone.transformer_layers:
            x = layer(x)
        x = backbone.layer_norm(x)[:, places:]
        logits = backbone.token_embedding(x, reverse=True)
        inputs = {**prefix.input, "token_ids": token_ids, "padding_mask": mask}
        super().__init__(inputs=inputs, outputs=logits, **kwargs)

        # === Config ===
        self.language_model = language_model
        self.prefix = prefix
        self.image_size = image_size
        self.base_channels = base_channels
        self.map_side = map_side
        self._decoders = {}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the mean loss in nats a token of the captions, their ends included."""
        del y, sample_weight, kwargs
        return next_token_loss(y_pred, x["token_ids"], x["padding_mask"])

    def fit(self, x=None, *, epochs=1, steps_per_epoch=None, seed=0, **kwargs):
        """Train on captioned images by teacher forcing.

        Args:
            x: `CaptionedDataset` of the model's image size, or a `tf.data.Dataset` of
                dicts as the model takes them.
            epochs: int. Default 1.
            steps_per_epoch: int. Default for a `CaptionedDataset`: each image once.
            seed: int. Seeds the order and the choice of captions.
            **kwargs: Passed to `keras.Model.fit`.

        Returns:
            `keras.callbacks.History`.
        """
        if isinstance(x, CaptionedDataset):
            size = min(x.batch_size, x.num_images)
            steps_per_epoch = steps_per_epoch or x.num_images // size
            table = self.caption_table(x)
            x = x.with_classes(None).training_batches(table, size, seed)
        kwargs = {"shuffle": False, **kwargs}
        if self.compiled and not self.optimizer.built:
            # Inside the first step it would have that step traced twice.
            with replicas.strategy_of(self).scope():
                self.optimizer.build(self.trainable_variables)
        return super().fit(x, epochs=epochs, steps_per_epoch=steps_per_epoch, **kwargs)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # It is built. Keras would average a batch over the replicas, masks and all.
        pass

    def caption_table(self, dataset):
        """Return the `CaptionTable` of a data set: tokens and languages."""
        captions = dataset.flat_captions
        token_ids, mask = trim_padding(*self._encoder().tokenize(captions))
        return CaptionTable(token_ids, mask, language=language_places(captions))

    def caption(
        self,
        images,
        language="en",
        method="greedy",
        num_beams=4,
        seed=0,
        temperature=1.0,
        top_p=0.9,
        batch_size=256,
        on_batch=None,
    ):
        """Describe images.

        Args:
            images: uint8 array `(n, image_size, image_size, 3)`.
            language: str, one of `language.LANGUAGES`.
            method: str. `"greedy"`, `"beam"` or `"sample"`.
            num_beams: int. For `"beam"`.
            seed: int. For `"sample"`.
            temperature: float, above 0. For `"sample"`.
            top_p: float in (0, 1]. For `"sample"`, see `GPT2LanguageModel.generate`.
            batch_size: int. Images at a time.
            on_batch: Function `(done, total)` called after each batch, for progress.

        Returns:
            List of n str.

        Raises:
            ValueError: If an argument is not as above.
        """
        images = self._check_images(images)
        if language not in LANGUAGES:
            raise ValueError(
                f"`language` must be one of {LANGUAGES}. Received: {language!r}"
            )
        decode, seeds = self._decoder(method, num_beams, temperature, top_p)
        seeds.state.assign([seed % 2**32, 0])
        captions = []
        starts = range(0, len(images), batch_size)
        for done, start in enumerate(starts, 1):
            batch = to_model_range(images[start : start + batch_size])
            number = tf.fill([len(batch)], LANGUAGES.index(language))
            rows = decode(batch, number).numpy()
            captions += [self._text(row) for row in rows]
            if on_batch:
                on_batch(done, len(starts))
        return captions

    def decode_tokens(self, image, language, method, max_length=None):
        """Write captions as token ids, in a graph.

        Args:
            image: `(batch, image_size, image_size, 3)` float in [-1, 1].
            language: `(batch,)` int32.
            method: One of `language.decoding`, such as `Greedy()`.
            max_length: int. Tokens at most, the start included; default: the language
                model's `sequence_length`.

        Returns:
            `(batch, max_length)` int32, from the start token on; end tokens after the
            end.
        """
        model = self.language_model
        prefix = self.prefix({"image": image, "language": language}, training=False)
        return decoding.write_tokens(
            model.backbone,
            prefix,
            method,
            model.tokenizer.start_token_id,
            model.tokenizer.end_token_id,
            max_length or model.sequence_length,
        )

    def _decoder(self, name, num_beams, temperature, top_p):
        """Return the compiled decoding by a method, and its source of chance."""
        if num_beams < 1 or not temperature > 0 or not 0 < top_p <= 1:
            raise ValueError(
                "`num_beams` must be at least 1, `temperature` above 0 and `top_p` "
                f"above 0 and at most 1. Received: num_beams={num_beams}, "
                f"temperature={temperature}, top_p={top_p}"
            )
        seeds = keras.random.SeedGenerator(0)
        methods = {
            "greedy": decoding.Greedy(),
            "beam": decoding.Beam(num_beams),
            "sample": decoding.Sample(seeds, temperature, top_p),
        }
        if name not in methods:
            raise ValueError(
                f"`method` must be one of {tuple(methods)}. Received: {name!r}"
            )
        key = {"beam": (num_beams,), "sample": (temperature, top_p)}.get(name, ())
        if (name, *key) not in self._decoders:
            while len(self._decoders) >= MOST_DECODERS:
                del self._decoders[next(iter(self._decoders))]
            side, method = self.image_size, methods[name]
            decode = tf.function(
                lambda image, language: self.decode_tokens(image, language, method),
                input_signature=[
                    tf.TensorSpec((None, side, side, 3), tf.float32),
                    tf.TensorSpec((None,), tf.int32),
                ],
                autograph=False,
            )
            self._decoders[name, *key] = (decode, seeds)
        return self._decoders[name, *key]

    def _text(self, row):
        end = self.language_model.tokenizer.end_token_id
        stops = np.flatnonzero(row[1:] == end)
        return self.language_model.decode(row[1 : stops[0] + 1] if len(stops) else row)

    def _check_images(self, images):
        images = np.asarray(images)
        side = self.image_size
        if images.dtype != np.uint8 or images.shape[1:] != (side, side, 3):
            raise ValueError(
                f"`images` must be a uint8 array of shape (n, {side}, {side}, 3). "
                f"Received: {images.dtype} {images.shape}"
            )
        return images

    def _encoder(self):
        model = self.language_model
        return GPT2TextEncoder(model.tokenizer, model.backbone, model.sequence_length)

    def save_to_preset(self, folder):
        """Write the captioner and its GPT-2 to a folder that `from_preset` reads."""
        folder = pathlib.Path(folder)
        self.language_model.save_to_preset(folder)
        config = {
            "image_size": self.image_size,
            "base_channels": self.base_channels,
            "map_side": self.map_side,
        }
        (folder / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n")
        self.prefix.save_weights(folder / WEIGHTS_FILE)

    @classmethod
    def from_preset(cls, folder):
        """Read a captioner from a folder that `save_to_preset` wrote.

        Raises:
            ValueError: If the folder holds no captioner.
        """
        folder = pathlib.Path(folder)
        if not (folder / CONFIG_FILE).is_file():
            raise ValueError(
                f"A captioner's folder must hold {CONFIG_FILE}. Received: {folder}"
            )
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        captioner = cls(GPT2LanguageModel.from_preset(folder), **config)
        captioner.prefix.load_weights(folder / WEIGHTS_FILE)
        return captioner
