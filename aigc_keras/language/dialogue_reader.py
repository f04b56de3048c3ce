"""Reads what a person says about a picture: what to draw, or what to answer."""

import dataclasses
import re

from aigc_keras.language.instruction_reader import InstructionReader

# What stands for the caption where there is no picture yet.
NOTHING = "-"
KINDS = ("draw", "say", "no", "undo", "redo", "more", "save")
# What a line says before is a meaning.
_KIND = re.compile(rf"(?:^|; )({'|'.join(KINDS)}):")


@dataclasses.dataclass(frozen=True)
class Action:
    """What has to happen after a sentence.

    Args:
        kind: str, one of `KINDS`: draw the caption `text`, say `text`, say no by
            `text`, go back or forth by one picture, draw more of the same, or save.
        text: str. Empty for the last four, and for a no of which nothing is known.
    """

    kind: str
    text: str = ""


class DialogueReader:
    """Turns what a picture shows and a sentence about it into an `Action`.

    GPT-2, trained as a language model on lines `caption | sentence | kind: text` and
    asked for the rest of `caption | sentence |`. What it writes that is no action is a
    no. Where the turns it learns from tell what a sentence means, it writes that first,
    `meaning; kind: text`, and so finds the text by smaller steps.

    Reference: Nye et al., 2021, "Show Your Work: Scratchpads for Intermediate
    Computation with Language Models" (sec. 2). Here a scratchpad is one clause.

    Args:
        reader: `InstructionReader`, whose GPT-2 writes the actions.

    Example:
    >>> from aigc_keras.language import DialogueReader
    >>> turns = [("", "a red ring please", "draw", "a red ring"),
    ...          ("a red ring", "what colour is it", "say", "it is red")]
    >>> reader = DialogueReader.from_turns(turns, 260, num_layers=1)
    >>> losses = reader.fit(turns)
    >>> len(reader.read(["a red ring"], ["what colour is it"]))
    1
    """

    def __init__(self, reader):
        self.reader = reader

    @classmethod
    def from_turns(cls, turns, vocabulary_size=768, **kwargs):
        """Build a reader with a vocabulary trained on turns, its GPT-2 untrained.

        Args:
            turns: Iterable of `(caption, sentence, kind, text)`, four str; the caption
                is empty where there is no picture yet. A fifth, if there is one, says
                what the sentence means.
            vocabulary_size: int. See `train_tokenizer`.
            **kwargs: Passed to `InstructionReader.from_triples`, such as `num_layers`.
        """
        triples = _triples(turns)
        return cls(InstructionReader.from_triples(triples, vocabulary_size, **kwargs))

    def fit(self, turns, epochs=1, **kwargs):
        """Train on turns, in place; see `InstructionReader.fit`.

        Args:
            turns: Iterable of four or five str; see `from_turns`.
            epochs: int. Passes over them.
            **kwargs: Passed to `InstructionReader.fit`, such as `seed`.

        Returns:
            List of the mean loss in nats a token, one float an epoch.

        Raises:
            ValueError: If a kind is not one of `KINDS`.
        """
        return self.reader.fit(_triples(turns), epochs, **kwargs)

    def read(self, captions, sentences, batch_size=256, on_batch=None):
        """Return what has to happen.

        Args:
            captions: Sequence of n str, what the pictures show; empty: there is none.
            sentences: Sequence of n str, what is said.
            batch_size: int. Sentences at a time.
            on_batch: Function `(done, total)` called after each batch, for progress.

        Returns:
            List of n `Action`.

        Raises:
            CaptionError: If a sentence is empty, too long or not text.
            ValueError: If the numbers differ, or a caption and a sentence together are
                too long.
        """
        captions = [caption or NOTHING for caption in captions]
        written = self.reader.read(captions, sentences, batch_size, on_batch)
        return [read_action(text) for text in written]

    def save_to_preset(self, folder):
        """Write the reader's GPT-2 to a folder that `from_preset` reads."""
        self.reader.save_to_preset(folder)

    @classmethod
    def from_preset(cls, folder):
        """Read a reader from a folder that `save_to_preset` wrote.

        Raises:
            ValueError: If the folder holds no GPT-2.
        """
        return cls(InstructionReader.from_preset(folder))


def read_action(text):
    """Return the `Action` that a text such as `"draw: a red ring"` stands for.

    What stands before it, as in `"colour red; draw: a red ring"`, is left out.
    """
    found = _KIND.search(text)
    if found is None:
        return Action("no")
    kind, rest = found[1], text[found.end() :].strip()
    return Action("no") if kind in ("draw", "say") and not rest else Action(kind, rest)


def _triples(turns):
    triples = []
    for caption, sentence, kind, text, *meaning in turns:
        if kind not in KINDS:
            raise ValueError(
                f"What happens must be one of {', '.join(KINDS)}. Received: {kind!r}"
            )
        written = "; ".join([*filter(None, meaning), f"{kind}: {text}".strip()])
        triples.append((caption or NOTHING, sentence, written))
    return triples
