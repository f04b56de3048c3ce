"""Cleans captions, and counts what had to go."""

import collections
import dataclasses
import re
import unicodedata

from aigc_keras.datasets.errors import DatasetError


@dataclasses.dataclass(frozen=True)
class CaptionRules:
    """Which captions are kept.

    Every caption is first brought to Unicode NFC, its control characters and lone
    surrogates are taken out, and each run of white space becomes one space. Empty ones
    and those an image already has are dropped.

    Args:
        min_characters: int. Shorter ones are dropped.
        max_characters: int. Longer ones are dropped. The text encoder reads no more
            than 1,000.
        pattern: str or None. Regular expression that a caption must contain.

    Raises:
        DatasetError: If the limits cross or `pattern` is not a regular expression.
    """

    min_characters: int = 1
    max_characters: int = 1000
    pattern: str | None = None

    def __post_init__(self):
        """Check the rules."""
        if not 1 <= self.min_characters <= self.max_characters <= 1000:
            raise DatasetError(
                "Caption lengths must satisfy 1 <= min <= max <= 1000. Received: "
                f"min={self.min_characters}, max={self.max_characters}"
            )
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise DatasetError(
                "`pattern` must be a regular expression. "
                f"Received: {self.pattern!r} ({error})"
            ) from error

    def apply(self, captions, counts=None):
        """Clean the captions of one image.

        Args:
            captions: Sequence of str.
            counts: `collections.Counter` that the dropped ones are added to, under
                "empty", "duplicate", "too short", "too long" and "no match".

        Returns:
            List of str, in the same order; empty if none is left.
        """
        counts = collections.Counter() if counts is None else counts
        kept = []
        for caption in map(clean_caption, captions):
            fault = self._fault(caption, kept)
            if fault:
                counts[fault] += 1
            else:
                kept.append(caption)
        return kept

    def _fault(self, caption, kept):
        if not caption:
            return "empty"
        if caption in kept:
            return "duplicate"
        if len(caption) < self.min_characters:
            return "too short"
        if len(caption) > self.max_characters:
            return "too long"
        if self.pattern and not re.search(self.pattern, caption):
            return "no match"
        return None


def clean_caption(text):
    """Return a caption in Unicode NFC, on one line, without control characters.

    Example:
    >>> from aigc_keras.datasets.caption_rules import clean_caption
    >>> clean_caption("  a   red café ")
    'a red café'
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = unicodedata.normalize("NFC", text)
    text = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char) not in ("Cc", "Cs")
    )
    return " ".join(text.split())


def length_statistics(captions):
    """Return how long captions are.

    Args:
        captions: Sequence of str.

    Returns:
        Dict of `number`, and of the lengths in characters `min`, `median`, `mean` and
        `max`; all zero without captions.
    """
    lengths = sorted(len(caption) for caption in captions) or [0]
    return {
        "number": len(captions),
        "min": lengths[0],
        "median": lengths[len(lengths) // 2],
        "mean": round(sum(lengths) / len(lengths), 1),
        "max": lengths[-1],
    }
