"""What a served model can be asked for: text and files in, text and pictures out."""

import tensorflow as tf

from aigc_keras.datasets.pipeline import to_model_range, to_pixels
from aigc_keras.language.decoding import Greedy
from aigc_keras.language.graph_tokenizer import strip_spaces
from aigc_keras.language.graph_writer import GraphWriter
from aigc_keras.language.instruction_reader import END_MARKS, SEPARATOR
from aigc_keras.language.languages import LANGUAGES
from aigc_keras.models.noise_encoder import sample_noise
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.serving import graph_pictures, graph_repair

STRING, SEED = tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int64)
ONE_STRING = tf.TensorSpec([], tf.string)
# TensorFlow's reductions take rows in eights and round what is left over differently:
# the pooler sees a multiple. It also keeps the shapes that kernels are made for few.
STRIDE = 8


class ServedModel(tf.Module):
    """A GAN and what lies beside it as signatures of one SavedModel.

    Every input and output has the batch as its first dimension. What a request gets
    must not depend on its neighbours, so a row is worked on by itself wherever a larger
    batch rounds differently; GPT-2 and the generator do not, and draw rows together.

    Args:
        gan: `TextToImageGAN` with a text encoder.
    """

    def __init__(self, gan):
        super().__init__(name="served_model")
        beside = gan.companions
        self._gan = _Untracked(gan)
        self._captioner = _Untracked(gan.captioner or beside.captioner)
        self._reader = _Untracked(beside.instruction_reader)
        self._side = gan.generator.image_size
        networks = [
            gan.text_encoder.backbone,
            gan.text_encoder.pooler,
            gan.ema_generator,
            gan.discriminator,
            gan.judge,
            gan.noise_finder,
            gan.repairer,
            self._captioner.it,
            beside.instruction_reader
            and beside.instruction_reader.language_model.backbone,
        ]
        if gan.judge_text_encoder is not gan.text_encoder:
            networks += [gan.judge_text_encoder.backbone, gan.judge_text_encoder.pooler]
        # Named so that the SavedModel finds every variable of the graphs.
        self.served_variables = [
            weight.value for part in networks if part for weight in part.weights
        ]
        if gan.class_names is not None and gan.caption_bank is not None:
            self.served_variables.append(
                getattr(gan.caption_bank, "value", gan.caption_bank)
            )

    def signatures(self):
        """Return the signatures that the model's parts allow, by name.

        Returns:
            Dict of str to `tf.function`.
        """
        gan = self._gan.it
        asked = {"generate": (STRING, SEED), "generate_png": (STRING, SEED)}
        asked["embed_text"] = (STRING,)
        if gan.judge is not None:
            asked["embed_image"] = (STRING,)
        if gan.class_names is not None:
            asked["recognize"] = (STRING,)
        if self._captioner.it is not None:
            asked |= {"caption": (STRING,), "caption_zh": (STRING,)}
        if self._captioner.it is not None and gan.noise_finder is not None:
            asked["edit"] = (STRING, STRING, SEED)
        if gan.repairer is not None:
            asked["inpaint"] = (STRING, STRING, STRING, SEED)
        functions = {
            name: tf.function(getattr(self, name), kinds, autograph=False)
            for name, kinds in asked.items()
        }
        return {"serving_default": functions["generate"], **functions}

    def generate(self, caption, seed):
        """Draw captions.

        Args:
            caption: string `(batch,)`, UTF-8.
            seed: int64 `(batch,)`.

        Returns:
            Dict of `image` uint8 `(batch, side, side, 3)` and `png_bytes` string
            `(batch,)`.
        """
        image = self._draw_all(caption, seed)
        return {"image": image, "png_bytes": graph_pictures.encode_pictures(image)}

    def generate_png(self, caption, seed):
        """Draw captions; of `generate` the files alone, an eighth of its JSON."""
        image = self._draw_all(caption, seed)
        return {"png_bytes": graph_pictures.encode_pictures(image)}

    def caption(self, image_bytes):
        """Describe pictures in English.

        Args:
            image_bytes: string `(batch,)`, PNG or JPEG files.

        Returns:
            Dict of `caption`, string `(batch,)`.
        """
        return self._captions(image_bytes, "en")

    def caption_zh(self, image_bytes):
        """Describe pictures in Chinese; see `caption`."""
        return self._captions(image_bytes, "zh")

    def edit(self, image_bytes, caption, seed):
        """Change pictures by sentences; see `TextToImageGAN.edit`.

        Args:
            image_bytes: string `(batch,)`, PNG or JPEG files.
            caption: string `(batch,)`, an instruction or what is to be shown.
            seed: int64 `(batch,)`. Of a variant; below 0 the likeliest one.

        Returns:
            Dict of `png_bytes`, and of `caption`, what the picture was to show, each
            string `(batch,)`.
        """
        gan = self._gan.it

        def change(row):
            file, sentence, number = row
            image = self._frame(file)
            source = self._describe(image, "en")
            target = self._read(source, strip_spaces(sentence))
            inputs = {"image": image, "text_embedding": self._embed(source[None])}
            found = gan.noise_finder(inputs, training=False)
            standard = noise_from_seed(number, gan.generator.noise_dim)[None]
            varied = sample_noise(found, standard)
            noise = tf.where(number < 0, found["mean"], varied)
            drawn = self._draw(self._embed(target[None]), noise)
            return {"png_bytes": tf.io.encode_png(drawn), "caption": target}

        kinds = {"png_bytes": ONE_STRING, "caption": ONE_STRING}
        rows = (image_bytes, caption, seed)
        return tf.map_fn(change, rows, fn_output_signature=kinds)

    def inpaint(self, image_bytes, mask_bytes, caption, seed):
        """Fill the holes of pictures; see `TextToImageGAN.inpaint`.

        Args:
            image_bytes: string `(batch,)`, PNG or JPEG files.
            mask_bytes: string `(batch,)`, as large, white where a pixel is missing.
            caption: string `(batch,)`, what the whole picture shows; empty: the
                captioner says it, where there is one.
            seed: int64 `(batch,)`.

        Returns:
            Dict of `png_bytes`, string `(batch,)`, with opacity. What was not missing
            is as it was, to the bit.
        """

        def mend(row):
            file, mask_file, said, number = row
            image = graph_pictures.decode_picture(file)
            missing = graph_repair.read_mask(mask_file, tf.shape(image)[:2])
            seen = graph_pictures.lay_on_white(image)
            square, holes = graph_pictures.to_square(seen, missing, self._side)
            said = strip_spaces(said)
            text = tf.cond(
                said == "",
                lambda: self._found_text(square, holes, number),
                lambda: self._embed(said[None], self._gan.it.judge_text_encoder),
            )
            repaired = graph_repair.mend(
                self._gan.it.repairer, square, holes, text, number
            )
            filled = tf.where(holes[..., None], repaired, square)
            whole = graph_pictures.paste(filled, image, missing)
            return {"png_bytes": tf.io.encode_png(whole)}

        rows = (image_bytes, mask_bytes, caption, seed)
        kinds = {"png_bytes": ONE_STRING}
        return tf.map_fn(mend, rows, fn_output_signature=kinds)

    def recognize(self, image_bytes):
        """Say what pictures show; see `TextToImageGAN.recognize`.

        Args:
            image_bytes: string `(batch,)`, PNG or JPEG files.

        Returns:
            Dict of `labels` string and `probabilities` float32, both
            `(batch, classes)`, the likeliest first, and `realness` float32 `(batch,)`.
        """
        gan = self._gan.it
        number = len(gan.class_names)

        def look(file):
            seen = gan.discriminator.trunk(self._frame(file), training=False)
            chances = tf.nn.softmax(tf.cast(seen["class_logits"][0], "float32"))
            ranked, places = tf.math.top_k(chances, number)
            logit = tf.cast(seen["realness"][0, 0], "float32")
            if gan.caption_bank is not None:
                said = gan.discriminator.text_projection(gan.caption_bank)
                product = tf.linalg.matvec(said, seen["image_vector"][0])
                logit += tf.reduce_max(product) / said.shape[1] ** 0.5
            return {
                "labels": tf.gather(tf.constant(list(gan.class_names)), places),
                "probabilities": ranked,
                "realness": tf.sigmoid(logit),
            }

        kinds = {
            "labels": tf.TensorSpec([number], tf.string),
            "probabilities": tf.TensorSpec([number], tf.float32),
            "realness": tf.TensorSpec([], tf.float32),
        }
        return tf.map_fn(look, image_bytes, fn_output_signature=kinds)

    def embed_text(self, text):
        """Return sentence vectors.

        Args:
            text: string `(batch,)`, UTF-8.

        Returns:
            Dict of `vector`, float32 `(batch, text_dim)`.
        """
        return {"vector": self._embed(text)}

    def embed_image(self, image_bytes):
        """Return image vectors, in the space of the sentence vectors, by the judge.

        Args:
            image_bytes: string `(batch,)`, PNG or JPEG files.

        Returns:
            Dict of `vector`, float32 `(batch, text_dim)`.
        """
        judge = self._gan.it.judge

        def look(file):
            vector = judge(self._frame(file), training=False)["image_vector"]
            return {"vector": tf.cast(vector[0], "float32")}

        dim = judge.output["image_vector"].shape[-1]
        kinds = {"vector": tf.TensorSpec([dim], tf.float32)}
        return tf.map_fn(look, image_bytes, fn_output_signature=kinds)

    def _captions(self, image_bytes, language):
        return tf.map_fn(
            lambda file: {"caption": self._describe(self._frame(file), language)},
            image_bytes,
            fn_output_signature={"caption": ONE_STRING},
        )

    def _frame(self, file):
        """Return a file as the model sees it, `(1, side, side, 3)` in [-1, 1]."""
        image = graph_pictures.decode_picture(file)
        image = graph_pictures.lay_on_white(image)
        image = graph_pictures.frame_centre(image, self._side)
        return to_model_range(tf.ensure_shape(image, [self._side, self._side, 3]))[None]

    def _describe(self, image, language):
        captioner = self._captioner.it
        number = tf.fill([1], LANGUAGES.index(language))
        token_ids = captioner.decode_tokens(image, number, Greedy())
        return GraphWriter(captioner.language_model).decode(token_ids[0, 1:])

    def _embed(self, texts, encoder=None):
        """Return the sentence vectors of texts `(batch,)`, `(batch, text_dim)`."""
        encoder = encoder or self._gan.it.text_encoder
        token_ids, mask = encoder.graph_tokenizer(strip_spaces(texts))
        # What lies behind the longest text is padding, to which no token attends.
        longest = tf.reduce_max(tf.reduce_sum(tf.cast(mask, "int32"), axis=1))
        used = tf.maximum(-(-longest // STRIDE) * STRIDE, STRIDE)
        used = tf.minimum(used, encoder.sequence_length)
        inputs = {"token_ids": token_ids[:, :used], "padding_mask": mask[:, :used]}
        tokens = tf.cast(encoder.backbone(inputs), "float32")
        number = tf.shape(mask)[0]
        more = -number % STRIDE
        tokens = tf.pad(
            tokens, [[0, more], [0, encoder.sequence_length - used], [0, 0]]
        )
        tokens = tf.ensure_shape(
            tokens, [None, encoder.sequence_length, encoder.backbone.hidden_dim]
        )
        seen = {"tokens": tokens, "padding_mask": tf.pad(mask, [[0, more], [0, 0]])}
        return encoder.pooler(seen)[:number]

    def _draw_all(self, caption, seed):
        gan = self._gan.it

        noise = tf.map_fn(
            lambda one: noise_from_seed(one, gan.generator.noise_dim, gan.truncation),
            seed,
            fn_output_signature=tf.TensorSpec([gan.generator.noise_dim], tf.float32),
        )
        # The generator's reshapes cannot tell the shape of no rows.
        number = tf.shape(seed)[0]
        one_more = [[0, tf.cast(number == 0, "int32")], [0, 0]]
        inputs = {"text_embedding": self._embed(caption), "noise": noise}
        inputs = {key: tf.pad(rows, one_more) for key, rows in inputs.items()}
        return to_pixels(gan.ema_generator(inputs, training=False))[:number]

    def _draw(self, text, noise):
        inputs = {"text_embedding": text, "noise": noise}
        return to_pixels(self._gan.it.ema_generator(inputs, training=False))[0]

    def _read(self, caption, sentence):
        """Return what is to be shown; see `InstructionReader.read`."""
        if self._reader.it is None:
            return sentence
        caption, asked = (
            tf.strings.regex_replace(text, rf"\{SEPARATOR}", "/")
            for text in (caption, plain_sentence(sentence))
        )
        mark = f" {SEPARATOR}"
        prompt = tf.strings.join([caption, mark, " ", asked, mark])
        written = GraphWriter(self._reader.it.language_model).complete(prompt)
        return tf.where(written == "", caption, written)

    def _found_text(self, square, holes, seed):
        """Return what a damaged picture shows: it is mended unsaid, and described."""
        repairer = self._gan.it.repairer
        unsaid = tf.zeros([1, repairer.text_dim])
        if self._captioner.it is None:
            return unsaid
        repaired = graph_repair.mend(repairer, square, holes, unsaid, seed)
        image = to_model_range(tf.where(holes[..., None], repaired, square))[None]
        caption = self._describe(image, "en")
        return self._embed(caption[None], self._gan.it.judge_text_encoder)


class _Untracked:
    """Holds what `tf.Module` would else write into the SavedModel a second time."""

    def __init__(self, it):
        self.it = it


def plain_sentence(text):
    """Return a sentence as the instruction reader sees it, in a graph.

    As `language.instruction_reader.plain_sentence`, but that of Unicode's compatibility
    forms only the full-width letters, digits and marks are folded.

    Args:
        text: string scalar, UTF-8.
    """
    codes = tf.strings.unicode_decode(text, "UTF-8")
    wide = (codes >= 0xFF01) & (codes <= 0xFF5E)
    codes = tf.where(wide, codes - 0xFEE0, codes)
    codes = tf.where(codes == 0x3000, 0x20, codes)
    text = tf.strings.lower(tf.strings.unicode_encode(codes, "UTF-8"), "utf-8")
    text = strip_spaces(text)
    bare = tf.strings.regex_replace(text, f"[{END_MARKS}]+$", "")
    return tf.where(bare == "", text, bare)
