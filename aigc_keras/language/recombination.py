"""New captions from old ones: words that stood in the same place change places."""

import collections

import numpy as np

# Times that two tokens must have stood in the same frame before they are exchanged.
LEAST_FRAMES = 3
MOST_CAPTIONS = 60_000


def recombine_captions(token_ids, padding_mask, number, seed=0):
    """Make captions that a data set does not hold, out of those that it holds.

    Two tokens can be exchanged where captions differ in nothing else: "a red ring" and
    "a blue ring" make red and blue exchangeable, and "a red star" then makes "a blue
    star", whether or not there is one. No language model is asked, which would know
    that there is none.

    Reference: Andreas, 2020, "Good-enough compositional data augmentation" (sec. 3).
    Deviation: a fragment is one token, an environment the whole rest of the caption.

    Args:
        token_ids: int array `(n, length)`, tokenized captions with a token at either
            end that stays.
        padding_mask: bool array `(n, length)`; true values come first in a row.
        number: int. Captions made; one token of each was exchanged.
        seed: int. Seeds what is made.

    Returns:
        Tuple of int32 `(number, length)` and bool `(number, length)`; both empty where
        no two tokens can be exchanged.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.language.recombination import recombine_captions
    >>> captions = [[0, word, end, 0] for end in range(20, 23) for word in (5, 6)]
    >>> ids, _ = recombine_captions(captions + [[0, 6, 30, 0]], np.ones((7, 4)), 50)
    >>> [0, 5, 30, 0] in ids.tolist()
    True
    """
    token_ids = np.asarray(token_ids, "int32")
    padding_mask = np.asarray(padding_mask, bool)
    rng = np.random.default_rng(seed)
    lengths = padding_mask.sum(axis=1)
    chosen = rng.permutation(len(token_ids))[:MOST_CAPTIONS]
    others = exchangeable_tokens(token_ids[chosen], lengths[chosen])
    places = np.isin(token_ids, list(others)) & padding_mask
    places[:, 0] = False
    places[np.arange(len(lengths)), lengths - 1] = False
    able = np.flatnonzero(places.any(axis=1))
    if not len(able):
        return token_ids[:0], padding_mask[:0]
    rows = rng.choice(able, number)
    made = token_ids[rows]
    for caption, row in zip(made, rows, strict=True):
        place = rng.choice(np.flatnonzero(places[row]))
        caption[place] = rng.choice(others[int(caption[place])])
    return made, padding_mask[rows]


def exchangeable_tokens(token_ids, lengths):
    """Return a dict from a token to an array of those it can be exchanged for.

    Args:
        token_ids: int array `(n, length)`.
        lengths: int array `(n,)`, tokens of each caption.
    """
    frames = collections.defaultdict(set)
    for row, length in zip(token_ids.tolist(), lengths.tolist(), strict=True):
        caption = tuple(row[:length])
        for place in range(1, length - 1):
            frame = (place, caption[:place], caption[place + 1 :])
            # A hash, since the frames themselves would be as large as all captions
            # times their length.
            frames[hash(frame)].add(caption[place])
    counts = collections.Counter(
        (one, other)
        for tokens in frames.values()
        if len(tokens) > 1
        for one in tokens
        for other in tokens
        if one != other
    )
    others = collections.defaultdict(list)
    for (one, other), count in counts.items():
        if count >= LEAST_FRAMES:
            others[one].append(other)
    return {token: np.array(sorted(tokens)) for token, tokens in others.items()}
