import subprocess
import sys
import textwrap

import keras
import keras_nlp
import numpy as np
import pytest
import tokenizers

from aigc_keras.language import (
    CaptionError,
    GPT2TextEncoder,
    check_captions,
    encode_captions,
    train_tokenizer,
)
from aigc_keras.language.causal_lm import (
    length_sorted_batches,
    train_causal_lm,
    trim_padding,
)
from aigc_keras.language.text_encoder import pooler_inputs
from aigc_keras.layers import AttentionPooling

CAPTIONS = [
    f"a {size} {colour} {shape}"
    for size in ("small", "large")
    for colour in ("red", "blue")
    for shape in ("ring", "star", "circle")
] + ["一个红色的小圆形", "一个蓝色的大圆环"]
TINY = {
    "vocabulary_size": 300,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 8,
    "sequence_length": 24,
}


@pytest.fixture(scope="module")
def encoder():
    return GPT2TextEncoder.from_captions(CAPTIONS, epochs=1, **TINY)


def test_tokenizer_matches_the_tokenizers_library():
    tokenizer = train_tokenizer(CAPTIONS, 300)
    reference = tokenizers.Tokenizer(
        tokenizers.models.BPE(
            tokenizer.vocabulary, [tuple(m.split(" ")) for m in tokenizer.merges]
        )
    )
    reference.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(
        add_prefix_space=False
    )
    for text in [*CAPTIONS, "unseen wörds 龘 🙂", "two  spaces"]:
        assert list(tokenizer(text)) == reference.encode(text).ids
        assert tokenizer.detokenize(tokenizer(text)) == text
    assert tokenizer.vocabulary_size() <= 300


def test_tokenizer_refuses_bad_arguments():
    with pytest.raises(ValueError, match="at least 257"):
        train_tokenizer(CAPTIONS, 256)
    with pytest.raises(ValueError, match="at least one caption"):
        train_tokenizer([])


def test_shapes_mask_and_pooling(encoder):
    out = encoder.encode(["a small red ring", "一个红色的小圆形"])
    assert out["text_tokens"].shape == (2, 24, 8)
    assert out["token_ids"].dtype == np.int32 and out["padding_mask"].dtype == bool
    assert out["text_embedding"].shape == (2, encoder.text_dim) == (2, 16)
    for row in range(2):
        real = out["text_tokens"][row][out["padding_mask"][row]]
        expected = np.concatenate([real.mean(axis=0), real[-1]])
        np.testing.assert_allclose(out["text_embedding"][row], expected, atol=1e-5)


def test_a_row_does_not_depend_on_padding_or_neighbours(encoder):
    ids, mask = encoder.tokenize(CAPTIONS)
    together = encoder.embed(ids, mask, batch_size=5)
    for row in (0, 7, 12):
        alone = encoder.encode([CAPTIONS[row]])["text_embedding"][0]
        np.testing.assert_allclose(together[row], alone, atol=1e-5)


def test_word_order_changes_the_vector(encoder):
    first, second = encoder.encode(["red on blue", "blue on red"])["text_embedding"]
    assert np.abs(first - second).max() > 1e-3


def test_the_language_model_learns():
    tokenizer = train_tokenizer(CAPTIONS, 300)
    keras.utils.set_random_seed(0)
    backbone = keras_nlp.models.GPT2Backbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        max_sequence_length=24,
        dropout=0.0,
    )
    encoder = GPT2TextEncoder(tokenizer, backbone, 24)
    ids, mask = encoder.tokenize(CAPTIONS)
    losses = train_causal_lm(backbone, ids, mask, epochs=40, batch_size=7)
    assert losses[-1] < 0.7 * losses[0]
    # The loss is the mean over real tokens, by an independent computation.
    logits = keras_nlp.models.GPT2CausalLM(backbone).predict(
        {"token_ids": ids, "padding_mask": mask}, verbose=0
    )
    logits = logits[:, :-1] - logits[:, :-1].max(axis=-1, keepdims=True)
    log_probability = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    picked = np.take_along_axis(log_probability, ids[:, 1:, None], axis=-1)[..., 0]
    assert -(picked * mask[:, 1:]).sum() / mask[:, 1:].sum() < losses[0]


def test_a_saved_encoder_is_the_same(encoder, tmp_path):
    encoder.save_to_preset(tmp_path / "preset")
    loaded = GPT2TextEncoder.from_preset(tmp_path / "preset")
    assert loaded.fingerprint() == encoder.fingerprint()
    for name, value in encoder.encode(CAPTIONS[:2]).items():
        np.testing.assert_array_equal(loaded.encode(CAPTIONS[:2])[name], value)


def test_a_loaded_encoder_does_not_follow_the_global_policy(encoder, tmp_path):
    encoder.save_to_preset(tmp_path / "encoder")
    keras.config.set_dtype_policy("mixed_bfloat16")
    loaded = GPT2TextEncoder.from_preset(tmp_path / "encoder")
    np.testing.assert_array_equal(
        loaded.encode(["a red circle"])["text_embedding"],
        encoder.encode(["a red circle"])["text_embedding"],
    )


def test_a_keras_nlp_preset_is_loaded(encoder, tmp_path):
    encoder.backbone.save_to_preset(str(tmp_path / "plain"))
    encoder.tokenizer.save_to_preset(str(tmp_path / "plain"))
    loaded = GPT2TextEncoder.from_preset(str(tmp_path / "plain"), sequence_length=24)
    expected = encoder.encode(CAPTIONS[:1])["text_embedding"]
    np.testing.assert_array_equal(
        loaded.encode(CAPTIONS[:1])["text_embedding"], expected
    )


def test_the_same_seed_trains_the_same_encoder(encoder):
    again = GPT2TextEncoder.from_captions(CAPTIONS, epochs=1, **TINY)
    assert again.fingerprint() == encoder.fingerprint()


@pytest.mark.parametrize("preset", ["gpt3_nano", "no/such/folder"])
def test_unknown_presets_are_refused(preset):
    with pytest.raises(ValueError, match="gpt2_base_en"):
        GPT2TextEncoder.from_preset(preset)


def test_a_sequence_longer_than_gpt2_is_refused(encoder):
    with pytest.raises(ValueError, match="sequence_length"):
        GPT2TextEncoder(encoder.tokenizer, encoder.backbone, 25)


@pytest.mark.parametrize(
    "caption, message",
    [
        ("", "empty"),
        (" \n", "empty"),
        ("x" * 1001, "1,001 characters"),
        ("a\0b", "NUL"),
        ("a\ud800b", "surrogate"),
        (7, "int"),
    ],
)
def test_bad_captions_are_refused_in_one_line(caption, message):
    with pytest.raises(CaptionError, match=message) as caught:
        check_captions(["fine", caption])
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_captions_are_stripped():
    assert check_captions("  a ring\n") == ["a ring"]


def test_captions_are_encoded_once(encoder, tmp_path):
    calls = []
    captions = [*CAPTIONS, *CAPTIONS[:3]]

    def encode(texts):
        return encode_captions(
            encoder, texts, tmp_path, on_batch=lambda *done: calls.append(done)
        )

    first = encode(captions)
    assert len(calls) == 1
    second = encode(captions)
    assert len(calls) == 1
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)
    ids, mask = encoder.tokenize(captions)
    np.testing.assert_allclose(
        first["text_embedding"], encoder.embed(ids, mask), atol=2e-3
    )
    np.testing.assert_array_equal(first["token_ids"], ids[:, : mask.sum(1).max()])
    encode(captions[:-1])
    assert len(calls) == 2


def test_a_damaged_cache_is_written_anew(encoder, tmp_path):
    first = encode_captions(encoder, CAPTIONS, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    second = encode_captions(encoder, CAPTIONS, tmp_path)
    np.testing.assert_array_equal(first["text_embedding"], second["text_embedding"])
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_length_sorted_batches_cover_every_row():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 10, 23)
    mask = np.arange(10) < lengths[:, None]
    batches = length_sorted_batches(mask, 4)
    assert sorted(np.concatenate(batches)) == list(range(23))
    maxima = [lengths[rows].max() for rows in batches]
    assert maxima == sorted(maxima)
    ids, trimmed = trim_padding(
        np.ones((23, 10), int), mask[:, :10] & (lengths < 5)[:, None]
    )
    assert ids.shape == trimmed.shape == (23, 4)


def test_a_caption_is_encoded_by_the_pooler_of_now():
    encoder = GPT2TextEncoder.from_captions(CAPTIONS, epochs=0, **TINY)
    asked = encoder.tokenize(CAPTIONS[:2])
    first = encoder.encode(CAPTIONS[:2])["text_embedding"]
    np.testing.assert_allclose(encoder.embed(*asked), first, rtol=1e-4, atol=1e-5)
    inputs = encoder.pooler.input
    doubled = keras.Model(inputs, 2 * encoder.pooler(inputs))
    encoder.pooler = doubled
    now = encoder.encode(CAPTIONS[:2])["text_embedding"]
    np.testing.assert_allclose(now, 2 * first, rtol=1e-5)
    np.testing.assert_allclose(encoder.embed(*asked), now, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_trained_pooler_is_loaded_where_nothing_else_is_imported(tmp_path):
    """Its layers were known only once `aigc_keras.models` had been imported."""
    captions = ["a red circle", "a blue star"]
    encoder = GPT2TextEncoder.from_captions(captions, 260, hidden_dim=8, epochs=0)
    pooler_input = pooler_inputs(8)
    pooled = AttentionPooling(8, 2, dtype="float32")(*pooler_input)
    names = ("tokens", "padding_mask")
    encoder.pooler = keras.Model(dict(zip(names, pooler_input, strict=True)), pooled)
    encoder.save_to_preset(tmp_path / "encoder")
    program = """
        import sys
        import numpy as np
        from aigc_keras.language import GPT2TextEncoder
        encoder = GPT2TextEncoder.from_preset(sys.argv[1])
        vector = encoder.encode(["a blue star"])["text_embedding"]
        np.save(sys.argv[2], vector)
    """
    subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(program),
            str(tmp_path / "encoder"),
            str(tmp_path / "vector.npy"),
        ],
        check=True,
    )
    vector = encoder.encode(["a blue star"])["text_embedding"]
    np.testing.assert_allclose(np.load(tmp_path / "vector.npy"), vector, atol=1e-6)
