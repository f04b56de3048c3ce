"""Compares written captions with references, and says how varied they are."""

import itertools
import re

import numpy as np
import sacrebleu

STRETCH = 100

# A Chinese character counts as a word; so does whatever else white space parts.
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\s\u3400-\u9fff\uf900-\ufaff]+")


def bleu(captions, references):
    """Return corpus BLEU-4, 0 to 100.

    sacrebleu's, with its default smoothing; Chinese is split into characters (its
    tokenizer `zh`, which leaves other text to the rules of `13a`).

    Reference: Papineni et al., 2002 (eq. 3); Post, 2018, "sacreBLEU".

    Args:
        captions: Sequence of n str.
        references: Sequence of n non-empty sequences of str.

    Raises:
        ValueError: If the numbers differ, or there is none.
    """
    streams = _streams(captions, references)
    return sacrebleu.corpus_bleu(list(captions), streams, tokenize="zh").score


def chrf(captions, references):
    """Return corpus chrF, 0 to 100: the F2 score of character n-grams up to six.

    The better choice for short captions, where BLEU finds hardly a 4-gram.

    Reference: Popovic, 2015, "chrF"; the implementation is sacrebleu's.

    Args:
        captions: Sequence of n str.
        references: Sequence of n non-empty sequences of str.

    Raises:
        ValueError: If the numbers differ, or there is none.
    """
    return sacrebleu.corpus_chrf(list(captions), _streams(captions, references)).score


def distinct(captions, n):
    """Return the share of different n-grams among all of them, 0 to 1.

    An n-gram never reaches over the end of a caption. 0 where there is none.

    Reference: Li et al., 2016, "A diversity-promoting objective function" (sec. 5.2).

    Args:
        captions: Sequence of str.
        n: int. Words in a row; a Chinese character is a word.

    Example:
    >>> from aigc_keras.metrics.text import distinct
    >>> distinct(["a red ring", "a red star"], 2)
    0.75
    """
    grams = list(
        itertools.chain.from_iterable(
            zip(*(words[start:] for start in range(n)), strict=False)
            for words in map(split_words, captions)
        )
    )
    return len(set(grams)) / len(grams) if grams else 0.0


def lexical_richness(captions):
    """Return how rich the words of a text are.

    The ratio of different words to all falls as a text grows, so it is also taken over
    stretches of one length, each as long as 100 words, and averaged.

    Reference: Covington and McFall, 2010, "Cutting the Gordian knot: the moving-average
    type-token ratio". Deviation: stretches do not overlap.

    Args:
        captions: Sequence of str; a Chinese character is a word.

    Returns:
        Dict: `vocabulary` (int, different words), `type_token_ratio`, and
        `type_token_ratio_100` (float; that of the whole text where it is shorter).

    Example:
    >>> from aigc_keras.metrics.text import lexical_richness
    >>> lexical_richness(["a red ring", "a red star"])["vocabulary"]
    4
    """
    words = [word.lower() for caption in captions for word in split_words(caption)]
    whole = len(words) // STRETCH * STRETCH
    parts = [words[i : i + STRETCH] for i in range(0, whole, STRETCH)] or [words]
    ratios = [len(set(part)) / max(1, len(part)) for part in parts]
    return {
        "vocabulary": len(set(words)),
        "type_token_ratio": len(set(words)) / max(1, len(words)),
        "type_token_ratio_100": sum(ratios) / len(ratios),
    }


def coherence(vectors):
    """Return the mean cosine between the vectors of adjacent sentences, -1 to 1.

    Reference: Foltz et al., 1998, "The measurement of textual coherence with latent
    semantic analysis".

    Args:
        vectors: float array `(n, d)`, sentences in their order, n at least 2.

    Raises:
        ValueError: If there are fewer than two.

    Example:
    >>> from aigc_keras.metrics.text import coherence
    >>> round(float(coherence([[1, 0], [2, 0], [0, 1]])), 6)
    0.5
    """
    vectors = np.asarray(vectors, "float64")
    if vectors.ndim != 2 or len(vectors) < 2:
        raise ValueError(
            "`vectors` must have shape (n, d) with n at least 2. "
            f"Received: shape {vectors.shape}"
        )
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    vectors = vectors / lengths
    return float(np.einsum("nd,nd->n", vectors[:-1], vectors[1:]).mean())


def split_words(caption):
    """Return the words of a caption; each Chinese character is one."""
    return _WORD.findall(caption)


def _streams(captions, references):
    """Return references as sacrebleu takes them: one list for each place."""
    if not len(captions) or len(captions) != len(references) or not all(references):
        raise ValueError(
            "Every caption must have a reference. Received: "
            f"{len(captions)} captions, {len(references)} lists of references"
        )
    return [list(place) for place in itertools.zip_longest(*references)]
