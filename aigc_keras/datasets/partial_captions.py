"""Parts of captions, as people ask for pictures: with less than all in them."""

import re

# A word, or a Chinese character, with the space before it.
PIECE = re.compile(r"\s*(?:[\u3400-\u9fff]|[^\s\u3400-\u9fff]+)")
# A caption of fewer pieces leaves nothing out.
FEWEST_PIECES = 6


def part_of_caption(caption, rng):
    """Return some consecutive words of a caption, or Chinese characters.

    Args:
        caption: str.
        rng: `numpy.random.Generator` that chooses how many, evenly, and where.

    Returns:
        str, or None for a caption of fewer than `FEWEST_PIECES`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.datasets.partial_captions import part_of_caption
    >>> part_of_caption("a small red circle on a pink ground", np.random.default_rng(1))
    'red circle on a'
    """
    pieces = PIECE.findall(caption)
    if len(pieces) < FEWEST_PIECES:
        return None
    number = rng.integers(1, len(pieces) + 1)
    first = rng.integers(0, len(pieces) - number + 1)
    return "".join(pieces[first : first + number]).strip()
