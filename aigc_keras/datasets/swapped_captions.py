"""Captions in which two things changed places, which a bag of words cannot tell."""

import re

# A word, a Chinese character or a mark, with the space before it.
PIECE = re.compile(r"\s*(?:[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s])")
LONGEST_SPAN = 3
# Before the first piece and behind the last.
EDGE = ""


class CaptionSwaps:
    """Exchanges words of captions where what comes out could be a caption.

    Two spans of up to three pieces, equally long, change places, with others between
    them: "a red circle above a blue star" then says "a blue circle above a red star" or
    "a red star above a blue circle". Every three pieces side by side must have stood so
    in some caption: else the grammar would tell what is wrong. Where synonyms change
    places, the meaning stays.

    Reference: Yuksekgonul et al., 2023, "When and why vision-language models behave
    like bags-of-words" (sec. 4, NegCLIP, which exchanges words of a part of speech).

    Args:
        captions: Sequence of str. Tell which pieces stand side by side.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.datasets.swapped_captions import CaptionSwaps
    >>> swaps = CaptionSwaps(["a red star on a blue sky", "a blue star on a red sky"])
    >>> swaps("a red star on a blue sky", np.random.default_rng(0))
    'a blue star on a red sky'
    """

    def __init__(self, captions):
        self.pairs, self.triples = set(), set()
        for caption in captions:
            pieces = _pieces(caption)
            self.pairs.update(zip(pieces, pieces[1:], strict=False))
            self.triples.update(_triples(pieces))

    def __call__(self, caption, rng):
        """Return a caption with two spans exchanged, or None where none can be.

        Args:
            caption: str.
            rng: `numpy.random.Generator` that chooses the spans.
        """
        pieces = _pieces(caption)
        last = len(pieces) - 1
        places = [
            (length, first, second)
            for length in range(1, LONGEST_SPAN + 1)
            for first in range(1, last)
            for second in range(first + length + 1, last - length + 1)
            if (pieces[first - 1], pieces[second]) in self.pairs
            and (pieces[second - 1], pieces[first]) in self.pairs
        ]
        for index in rng.permutation(len(places)):
            length, first, second = places[index]
            one = pieces[first : first + length]
            other = pieces[second : second + length]
            swapped = list(pieces)
            swapped[first : first + length] = other
            swapped[second : second + length] = one
            if one != other and all(map(self.triples.__contains__, _triples(swapped))):
                return "".join(swapped).strip()
        return None


def _pieces(caption):
    return [EDGE, *PIECE.findall(caption), EDGE]


def _triples(pieces):
    return zip(pieces, pieces[1:], pieces[2:], strict=False)
