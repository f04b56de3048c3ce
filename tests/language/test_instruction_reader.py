"""Sentences become captions, and several prompts are completed at once."""

import numpy as np
import pytest

from aigc_keras.language import CaptionError, GPT2LanguageModel, InstructionReader
from aigc_keras.language.causal_lm import train_causal_lm
from aigc_keras.language.instruction_reader import plain_sentence

COLOURS = ("red", "blue", "黄色")
TRIPLES = [
    (f"a {shape}", f"make it {colour}", f"a {colour} {shape}")
    for shape in ("ring", "star")
    for colour in COLOURS
]


@pytest.fixture(scope="module")
def reader():
    """A reader that knows its few examples by heart."""
    reader = InstructionReader.from_triples(
        TRIPLES, 300, num_layers=1, hidden_dim=64, sequence_length=32
    )
    losses = reader.fit(TRIPLES, epochs=150, learning_rate=5e-3, batch_size=6)
    assert losses[-1] < 0.1 * losses[0]
    return reader


def test_what_was_learned_is_read(reader):
    captions, sentences, wanted = zip(*TRIPLES, strict=True)
    assert reader.read(captions, sentences, batch_size=6) == list(wanted)


def test_an_answer_does_not_depend_on_its_neighbours(reader):
    captions, sentences, _ = zip(*TRIPLES[::2], strict=True)
    together = reader.read(captions, sentences)
    alone = [reader.read(c, s)[0] for c, s in zip(captions, sentences, strict=True)]
    assert together == alone


def test_writing_is_the_same_however_it_is_written(reader):
    said = ("make it blue", "MAKE IT BLUE!", " Make it blue. ", "ｍake it blue")
    assert len(set(reader.read(["a red ring"] * 4, said))) == 1
    assert plain_sentence("把它变成蓝色的。") == "把它变成蓝色的"
    assert plain_sentence("?!") == "?!"


def test_a_separator_of_ones_own_is_no_separator(reader):
    asked = []
    complete = reader.language_model.complete

    def listen(prompts, *arguments):
        asked.extend(prompts)
        return complete(prompts, *arguments)

    reader.language_model.complete = listen
    reader.read(["a red | ring"], ["make it | a blue ring |"])
    del reader.language_model.complete
    assert asked == ["a red / ring | make it / a blue ring / |"]


def test_nothing_written_leaves_the_caption(reader, monkeypatch):
    monkeypatch.setattr(
        reader.language_model, "complete", lambda prompts, *rest: [""] * len(prompts)
    )
    assert reader.read(["a red ring"], ["hm"]) == ["a red ring"]


def test_it_is_saved_and_read_back(reader, tmp_path):
    reader.save_to_preset(tmp_path / "reader")
    again = InstructionReader.from_preset(tmp_path / "reader")
    captions, sentences, _ = zip(*TRIPLES, strict=True)
    assert again.read(captions, sentences) == reader.read(captions, sentences)


def test_bad_input_is_said(reader):
    with pytest.raises(ValueError, match="2 captions and 1 sentences"):
        reader.read(["a ring", "a star"], ["make it blue"])
    with pytest.raises(CaptionError, match="empty"):
        reader.read(["a ring"], [" "])
    with pytest.raises(ValueError, match="leave room"):
        reader.read(["a ring"], ["blue " * 90])


def test_only_the_new_captions_tokens_count(monkeypatch):
    """What stands before the last separator is read, not learned."""
    seen = {}

    def listen(backbone, token_ids, mask, *arguments):
        seen.update(ids=token_ids, mask=mask, counted=arguments[-1])
        return [0.0]

    name = "aigc_keras.language.instruction_reader.train_causal_lm"
    monkeypatch.setattr(name, listen)
    reader = InstructionReader.from_triples(TRIPLES, 300, hidden_dim=8)
    reader.fit(TRIPLES)
    decode = reader.language_model.decode
    rows = zip(seen["ids"], seen["counted"], TRIPLES, strict=True)
    for ids, counted, (_, _, new_caption) in rows:
        assert decode(ids[counted]) == new_caption
        # The end is to be learned too.
        assert ids[counted][-1] == reader.language_model.tokenizer.end_token_id


def test_tokens_that_do_not_count_teach_nothing():
    model = GPT2LanguageModel.from_captions(["a b"], 260, hidden_dim=8, epochs=0)
    before = [weight.copy() for weight in model.backbone.get_weights()]
    ids, mask = model.tokenize(["a b", "b a"])
    train_causal_lm(model.backbone, ids, mask, counted=np.zeros_like(mask))
    for old, new in zip(before, model.backbone.get_weights(), strict=True):
        # Only the weight decay is left.
        np.testing.assert_allclose(new, old, atol=1e-4)


def test_prompts_are_completed_as_each_would_be_alone(reader):
    model = reader.language_model
    prompts = ["a", "a red", "a 黄色 ring | make it", "a blue ring | make it red |"]
    for prompt, end in zip(prompts, model.complete(prompts, 3), strict=True):
        whole = model.generate(prompt, temperature=0)[0]
        assert f"{prompt} {end}".split() == whole.split()


def test_progress_is_told(reader):
    told = []
    reader.language_model.complete(["a"] * 5, 2, lambda *pair: told.append(pair))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert reader.language_model.complete([]) == []
