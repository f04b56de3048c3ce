"""The captioner learns, decodes as it was trained, and comes back from disk."""

import copy

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras import losses
from aigc_keras.datasets.pipeline import to_model_range
from aigc_keras.language import GPT2LanguageModel
from aigc_keras.language.decoding import Greedy
from aigc_keras.models import ImageCaptioner
from aigc_keras.models.prefix_network import prefix_network


@pytest.fixture(scope="module")
def dataset(draw_dataset):
    return draw_dataset(6, batch_size=6)


def make_captioner(dataset, seed=0):
    keras.utils.set_random_seed(seed)
    gpt2 = GPT2LanguageModel.from_captions(
        dataset.flat_captions, 300, num_heads=2, hidden_dim=32, epochs=0, seed=seed
    )
    return ImageCaptioner(gpt2, 32, base_channels=8)


@pytest.fixture(scope="module")
def captioner(dataset):
    captioner = make_captioner(dataset)
    captioner.compile(optimizer=keras.optimizers.Adam(4e-3), jit_compile=False)
    history = captioner.fit(dataset, epochs=3, steps_per_epoch=80, verbose=0)
    assert history.history["loss"][-1] < 0.05
    return captioner


def inputs(captioner, dataset, language=0):
    table = captioner.caption_table(dataset)
    return {
        "image": to_model_range(dataset.images).numpy(),
        "language": np.full(len(dataset.images), language, "int32"),
        "token_ids": table.token_ids[language::2],
        "padding_mask": table.padding_mask[language::2],
    }


def test_it_describes_what_it_learned_in_both_languages(captioner, dataset):
    assert captioner.caption(dataset.images) == [c[0] for c in dataset.captions]
    chinese = captioner.caption(dataset.images, "zh", batch_size=4)
    assert chinese == [c[1] for c in dataset.captions]


def test_one_that_was_not_compiled_says_so(dataset):
    with pytest.raises(ValueError, match="must call `compile"):
        make_captioner(dataset).fit(dataset, steps_per_epoch=1, verbose=0)


def test_it_learns_where_a_strategy_has_its_weights(dataset):
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        captioner = make_captioner(dataset)
        captioner.compile(optimizer="adam", jit_compile=False)
    history = captioner.fit(dataset, steps_per_epoch=1, verbose=0)
    assert history.history["loss"][0] > 0


def test_classes_do_not_disturb_it(dataset):
    labelled = copy.copy(dataset)
    labelled.labels, labelled.class_names = np.zeros(6, int), ["shape"]
    captioner = make_captioner(dataset)
    captioner.compile(optimizer="adam", jit_compile=False)
    history = captioner.fit(labelled, steps_per_epoch=1, verbose=0)
    assert history.history["loss"][0] > 0


@pytest.mark.parametrize("method", ["greedy", "beam", "sample"])
def test_every_method_is_repeatable(captioner, dataset, method):
    first = captioner.caption(dataset.images[:2], method=method, seed=4)
    assert captioner.caption(dataset.images[:2], method=method, seed=4) == first
    assert len(first) == 2


def test_samples_follow_the_seed(dataset):
    captioner = make_captioner(dataset)
    first = captioner.caption(dataset.images[:2], method="sample", seed=1)
    assert captioner.caption(dataset.images[:2], method="sample", seed=2) != first


def test_step_by_step_it_writes_what_the_whole_model_finds_likeliest(dataset):
    """The kept keys and values stand for the whole sequence."""
    captioner = make_captioner(dataset, seed=3)
    batch = inputs(captioner, dataset)
    sampler = Greedy()
    rows = captioner.decode_tokens(batch["image"], batch["language"], sampler, 12)
    rows = keras.ops.convert_to_numpy(rows)
    batch |= {"token_ids": rows, "padding_mask": np.ones_like(rows, bool)}
    likeliest = keras.ops.convert_to_numpy(captioner(batch)).argmax(axis=-1)
    end = captioner.language_model.tokenizer.end_token_id
    for row, wanted in zip(rows, likeliest, strict=True):
        stops = np.flatnonzero(row[1:] == end)
        length = int(stops[0]) + 1 if len(stops) else len(row) - 1
        np.testing.assert_array_equal(row[1 : length + 1], wanted[:length])


def log_probability(captioner, image, text):
    token_ids, mask = captioner._encoder().tokenize([text or "a"])
    if not text:
        token_ids[:, 1], mask[:, 2] = token_ids[:, 2], False
    batch = {
        "image": to_model_range(image[None]).numpy(),
        "language": np.zeros(1, "int32"),
        "token_ids": token_ids,
        "padding_mask": mask,
    }
    loss = losses.next_token_loss(captioner(batch), token_ids, mask)
    return -float(loss) * (int(mask.sum()) - 1)


@pytest.mark.slow
def test_a_beam_finds_captions_at_least_as_likely(dataset):
    captioner = make_captioner(dataset)
    captioner.compile(optimizer=keras.optimizers.Adam(4e-3), jit_compile=False)
    captioner.fit(dataset, steps_per_epoch=40, verbose=0)
    greedy = captioner.caption(dataset.images)
    beam = captioner.caption(dataset.images, method="beam", num_beams=6)
    gains = [
        log_probability(captioner, image, better)
        - log_probability(captioner, image, text)
        for image, text, better in zip(dataset.images, greedy, beam, strict=True)
    ]
    assert np.mean(gains) >= -1e-4
    assert greedy != beam


def test_the_loss_is_that_of_the_captions(captioner, dataset):
    batch = inputs(captioner, dataset)
    logits = keras.ops.convert_to_numpy(captioner(batch)).astype("float64")
    logits -= logits.max(axis=-1, keepdims=True)
    chances = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    ids, mask = batch["token_ids"][:, 1:], batch["padding_mask"][:, 1:]
    picked = np.take_along_axis(chances[:, :-1], ids[..., None], axis=-1)[..., 0]
    loss = captioner.compute_loss(batch, y_pred=captioner(batch))
    assert float(loss) == pytest.approx(-picked[mask].mean(), rel=1e-4)


def test_later_tokens_do_not_reach_earlier_ones(captioner, dataset):
    batch = inputs(captioner, dataset)
    before = keras.ops.convert_to_numpy(captioner(batch))
    batch["token_ids"] = batch["token_ids"].copy()
    batch["token_ids"][:, 5:] = 7
    after = keras.ops.convert_to_numpy(captioner(batch))
    np.testing.assert_allclose(after[:, :5], before[:, :5], atol=1e-5)
    assert np.abs(after[:, 5:] - before[:, 5:]).max() > 0.1


def test_saved_and_loaded_it_says_the_same(captioner, dataset, tmp_path):
    captioner.save_to_preset(tmp_path / "captioner")
    loaded = ImageCaptioner.from_preset(tmp_path / "captioner")
    assert loaded.caption(dataset.images) == captioner.caption(dataset.images)
    with pytest.raises(ValueError, match="must hold captioner.json"):
        ImageCaptioner.from_preset(tmp_path)


def test_its_decoding_can_be_exported(captioner, dataset, tmp_path):
    sampler = Greedy()
    module = tf.Module()
    module.parts = captioner.weights
    module.decode = tf.function(
        lambda image, language: captioner.decode_tokens(image, language, sampler),
        input_signature=[
            tf.TensorSpec((None, 32, 32, 3), tf.float32),
            tf.TensorSpec((None,), tf.int32),
        ],
        autograph=False,
    )
    tf.saved_model.save(module, str(tmp_path / "decode"))
    loaded = tf.saved_model.load(str(tmp_path / "decode"))
    image, language = to_model_range(dataset.images), tf.zeros(6, tf.int32)
    np.testing.assert_array_equal(
        loaded.decode(image, language), module.decode(image, language)
    )


def test_bad_input_is_refused(captioner, dataset):
    with pytest.raises(ValueError, match="language.*'fr'"):
        captioner.caption(dataset.images, "fr")
    with pytest.raises(ValueError, match="method.*'loud'"):
        captioner.caption(dataset.images, method="loud")
    for wrong in ({"num_beams": 0}, {"temperature": 0}, {"top_p": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}=0"):
            captioner.caption(dataset.images, **wrong)
    with pytest.raises(ValueError, match=r"float32 \(6, 32, 32, 3\)"):
        captioner.caption(to_model_range(dataset.images).numpy())
    with pytest.raises(ValueError, match="the map smaller"):
        prefix_network(32, 8, 2, 32, 2)
    with pytest.raises(ValueError, match="powers of two"):
        prefix_network(48, 8, 2, 4, 2)
