"""The graph writes what the language model writes."""

import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.language import GPT2LanguageModel
from aigc_keras.language.graph_writer import GraphWriter, token_bytes

CAPTIONS = ["a red ring", "a blue star", "一个红色的圆环", "两个蓝色五角星"] * 3


@pytest.fixture(scope="module")
def model():
    sizes = {"vocabulary_size": 300, "num_layers": 2, "num_heads": 2, "hidden_dim": 16}
    settings = {"epochs": 0, "seed": 0, "sequence_length": 24}
    model = GPT2LanguageModel.from_captions(CAPTIONS, **sizes, **settings)
    model.fit(CAPTIONS, epochs=60, batch_size=6, seed=0)
    return model


@pytest.mark.parametrize("prompt", ["a", "a b", "a red ring", "一个", "zzz", "五角"])
def test_it_completes_as_the_model_does(model, prompt):
    writer = GraphWriter(model)
    write = tf.function(writer.complete, input_signature=[tf.TensorSpec([], tf.string)])
    assert write(prompt).numpy().decode() == model.complete([prompt])[0]


def test_tokens_become_the_text_they_were(model):
    token_ids, _ = model.tokenize(CAPTIONS)
    writer = GraphWriter(model)
    for row, caption in zip(token_ids, CAPTIONS, strict=True):
        assert writer.decode(tf.constant(row[1:])).numpy().decode() == caption
    end = model.tokenizer.end_token_id
    assert writer.decode(tf.constant([end, 5, 6], tf.int32)).numpy() == b""


def test_half_a_character_is_marked(model):
    # The first byte of a Chinese character alone is no UTF-8.
    texts = token_bytes(model.tokenizer.vocabulary)
    place = int(np.flatnonzero(texts == b"\xe4")[0])
    text = GraphWriter(model).decode(tf.constant([place], tf.int32)).numpy()
    assert text.decode() == "\ufffd"


def test_a_prompt_without_room_is_refused(model):
    with pytest.raises(tf.errors.InvalidArgumentError, match="shorten it"):
        GraphWriter(model).complete(tf.constant("a blue star " * 30))
