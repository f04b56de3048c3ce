"""OpenAI's smallest GPT-2 by its architecture: random weights in a local preset."""

import resource

import keras
import keras_nlp
import numpy as np
import pytest

from aigc_keras.language import GPT2LanguageModel, GPT2TextEncoder, encode_captions
from aigc_keras.language.graph_tokenizer import byte_symbols

# gpt2_base_en, as KerasNLP describes it.
BASE = {
    "vocabulary_size": 50257,
    "num_layers": 12,
    "num_heads": 12,
    "hidden_dim": 768,
    "intermediate_dim": 3072,
    "max_sequence_length": 1024,
}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A KerasNLP preset folder with that architecture and as large a vocabulary."""
    symbols = byte_symbols()
    pairs = [(a, b) for a in symbols for b in symbols][:50_000]
    tokens = [*symbols, *(a + b for a, b in pairs), "<|endoftext|>"]
    tokenizer = keras_nlp.models.GPT2Tokenizer(
        vocabulary={token: number for number, token in enumerate(tokens)},
        merges=[f"{a} {b}" for a, b in pairs],
    )
    keras.utils.set_random_seed(0)
    backbone = keras_nlp.models.GPT2Backbone(**BASE)
    assert 124e6 < backbone.count_params() < 125e6
    folder = tmp_path_factory.mktemp("gpt2_base")
    backbone.save_to_preset(str(folder))
    tokenizer.save_to_preset(str(folder))
    return folder


@pytest.mark.slow
def test_it_is_loaded_by_path_and_its_vectors_are_kept(preset, tmp_path):
    encoder = GPT2TextEncoder.from_preset(str(preset), sequence_length=32)
    assert encoder.text_dim == 2 * 768
    captions = [f"a photograph of {number} zebras" for number in range(300)]
    done = []

    def note(*counts):
        done.append(counts)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = encode_captions(encoder, captions, tmp_path, on_batch=note)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    assert done[-1][0] == done[-1][1]
    # All logits of the batch at once would take ten gigabytes.
    assert grown < 3
    encoder.embed = None
    again = encode_captions(encoder, captions, tmp_path)
    np.testing.assert_array_equal(first["text_embedding"], again["text_embedding"])
    alone = GPT2TextEncoder.from_preset(str(preset), 32).encode(captions[7:8])
    np.testing.assert_allclose(
        alone["text_embedding"][0], first["text_embedding"][7], rtol=0, atol=2e-2
    )


@pytest.mark.slow
def test_it_writes(preset):
    model = GPT2LanguageModel.from_preset(str(preset), sequence_length=12)
    written = model.generate("a photo", num=2, seed=1)
    assert len(written) == 2 and all(text.startswith("a photo") for text in written)
    # Random weights find every token about as likely.
    assert 2e4 < model.perplexity(["a photograph of a zebra"]) < 3e5
