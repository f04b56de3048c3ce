"""Compares written captions with references, and says how varied they are."""

import itertools
import re

import sacrebleu

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
