"""GPT-2 writes captions and says how likely one is."""

import math

import keras
import keras_nlp
import numpy as np
import pytest

from aigc_keras.language import CaptionError, GPT2LanguageModel, GPT2TextEncoder

CAPTIONS = [
    f"a {size} {colour} {shape}"
    for size in ("small", "large")
    for colour in ("red", "blue")
    for shape in ("ring", "star", "circle")
] + ["一个红色的小圆形", "一个蓝色的大圆环"]
SIZES = {"num_layers": 1, "num_heads": 2, "hidden_dim": 32, "sequence_length": 24}


@pytest.fixture(scope="module")
def model():
    model = GPT2LanguageModel.from_captions(CAPTIONS, 300, epochs=0, **SIZES)
    model.fit(CAPTIONS, epochs=150, batch_size=7, seed=1)
    return model


def test_it_writes_captions_like_those_it_learned(model):
    written = model.generate(num=40, seed=3)
    assert len(written) == 40
    assert np.mean([caption in CAPTIONS for caption in written]) > 0.5
    assert len(set(written)) > 5


def test_a_prompt_is_kept_and_continued(model):
    written = model.generate("a large", num=20, seed=0)
    # What is drawn by chance differs with the number of threads that trained it.
    assert all(caption.startswith("a large") for caption in written)
    assert {"a large red ring", "a large blue star"} & set(written)


def test_the_same_seed_writes_the_same(model):
    first = model.generate("a", num=6, seed=5)
    assert model.generate("a", num=6, seed=5) == first
    assert model.generate("a", num=6, seed=6) != first


def test_no_temperature_always_takes_the_likeliest_token(model):
    greedy = model.generate("a small", num=3, seed=1, temperature=0)
    assert len(set(greedy)) == 1
    assert model.generate("a small", seed=9, top_k=1) == greedy[:1]
    assert model.generate("a small", seed=9, top_p=1e-6) == greedy[:1]


def test_fewer_tokens_are_chosen_from_at_a_low_temperature(model):
    typical = model.generate(num=60, seed=2, temperature=0.2)
    daring = model.generate(num=60, seed=2, temperature=1.5)
    assert len(set(typical)) < len(set(daring))


def test_perplexity_is_that_of_the_logits(model):
    captions = CAPTIONS[:3] + ["a green dog"]
    total, count = 0.0, 0
    for caption in captions:
        ids, mask = GPT2TextEncoder(model.tokenizer, model.backbone, 24).tokenize(
            [caption]
        )
        logits = keras_nlp.models.GPT2CausalLM(model.backbone)(
            {"token_ids": ids, "padding_mask": mask}
        )
        chances = keras.ops.convert_to_numpy(keras.ops.softmax(logits))[0]
        for place in range(1, int(mask.sum())):
            total -= math.log(chances[place - 1, ids[0, place]])
            count += 1
    assert model.perplexity(captions) == pytest.approx(math.exp(total / count), 1e-4)
    assert model.perplexity(CAPTIONS) < 5 < model.perplexity(["zebra over quartz"])


def test_saved_and_loaded_it_writes_the_same(model, tmp_path):
    model.save_to_preset(tmp_path / "lm")
    loaded = GPT2LanguageModel.from_preset(tmp_path / "lm")
    assert loaded.sequence_length == 24
    assert loaded.generate(num=4, seed=8) == model.generate(num=4, seed=8)


def test_an_encoders_gpt2_is_copied_not_shared(model):
    encoder = GPT2TextEncoder(model.tokenizer, model.backbone, 24)
    copied = GPT2LanguageModel.from_encoder(encoder)
    assert copied.generate(num=2, seed=1) == model.generate(num=2, seed=1)
    before = [weight.numpy() for weight in model.backbone.weights]
    copied.fit(CAPTIONS[:4], epochs=1)
    for old, weight in zip(before, model.backbone.weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())


def test_a_frozen_encoders_folder_is_trained_and_keeps_its_length(model, tmp_path):
    encoder = GPT2TextEncoder(model.tokenizer, model.backbone, 20).copy()
    encoder.backbone.trainable = False
    encoder.save_to_preset(tmp_path / "encoder")
    loaded = GPT2LanguageModel.from_preset(tmp_path / "encoder")
    assert loaded.sequence_length == 20
    before = loaded.backbone.get_weights()
    loaded.fit(CAPTIONS[:4], epochs=4)
    after = loaded.backbone.get_weights()
    assert any(np.abs(a - b).max() > 0 for a, b in zip(before, after, strict=True))
    assert encoder.copy().backbone.trainable_variables


@pytest.mark.parametrize(
    "arguments",
    [{"num": 0}, {"temperature": -1}, {"top_k": 0}, {"top_p": 0}, {"top_p": 1.5}],
)
def test_arguments_out_of_range_are_refused(model, arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))}.*Received"):
        model.generate("a", **arguments)


def test_a_prompt_that_leaves_no_room_is_refused(model):
    with pytest.raises(ValueError, match="leave room to write"):
        model.generate("wörds " * 30)
    with pytest.raises(CaptionError, match="at most 1000"):
        model.generate("a" * 4000)
    with pytest.raises(ValueError, match="must hold a caption"):
        model.perplexity([])
