"""What the text side learns from: which captions come together, with which images."""

import itertools

import numpy as np
import pytest

from aigc_keras.datasets import CaptionedDataset, CaptionTable
from aigc_keras.models.text_side import TextSideSettings
from aigc_keras.models.text_side_batches import (
    READING_NEGATIVES,
    SwappedCaptions,
    matching_batches,
    reading_batches,
)

SETTINGS = TextSideSettings(matching_batch_size=8)
IMAGES, CAPTIONS = 48, 96


@pytest.fixture(scope="module")
def dataset():
    """Pictures that are all different, with two captions each."""
    images = np.arange(IMAGES, dtype="uint8")[:, None, None, None]
    images = np.broadcast_to(5 * images, (IMAGES, 32, 32, 3)).copy()
    captions = [["one", "another"]] * IMAGES
    return CaptionedDataset("greys", "train", images, captions, 8)


def make_table(lengths):
    """A row of tokens says which caption it is."""
    rows = np.arange(CAPTIONS)[:, None]
    mask = np.arange(12) < np.broadcast_to(lengths, CAPTIONS)[:, None]
    vectors = np.concatenate([rows, -rows], axis=1).astype("float16")
    return CaptionTable(rows * np.ones((1, 12), int), mask, vectors)


def test_matching_batches_hold_captions_of_like_length(dataset):
    lengths = np.array([3, 9] * IMAGES)
    batches = matching_batches(dataset, make_table(lengths), SETTINGS)
    seen, same = [], []
    for batch in itertools.islice(batches, CAPTIONS // SETTINGS.matching_batch_size):
        sizes = batch["padding_mask"].sum(axis=1)
        assert sizes.max() == sizes.min()
        assert batch["token_ids"].shape[1] - sizes.max() < 4
        rows = batch["token_ids"][:, 0]
        np.testing.assert_array_equal(batch["image"], dataset.model_images(rows // 2))
        others = batch["other_token_ids"][:, 0]
        np.testing.assert_array_equal(others // 2, rows // 2)
        same.extend(others == rows)
        np.testing.assert_array_equal(
            batch["other_padding_mask"].sum(axis=1), lengths[others]
        )
        seen.extend(rows)
    assert sorted(seen) == list(range(CAPTIONS))
    # One of two at random.
    assert 0.3 < np.mean(same) < 0.7


def test_reading_batches_hold_every_caption_once_a_pass_with_its_image(dataset):
    table = make_table(7)
    batches = reading_batches(dataset, table, SETTINGS)
    passes = []
    for _ in range(2):
        seen = []
        steps = CAPTIONS // SETTINGS.matching_batch_size
        for batch in itertools.islice(batches, steps):
            rows = batch["token_ids"][:, 0]
            images = dataset.model_images(rows // 2)
            np.testing.assert_array_equal(batch["image"], images)
            np.testing.assert_array_equal(batch["text_embedding"][:, 0], rows)
            assert batch["padding_mask"].sum() == 7 * len(rows)
            assert batch["negatives"].shape == (READING_NEGATIVES, 2)
            assert batch["negatives"].dtype == batch["text_embedding"].dtype
            assert batch["text_embedding"].dtype == np.float32
            # Captions of the table, nearly all of them among so many.
            assert set(batch["negatives"][:, 0]) <= set(range(CAPTIONS))
            assert len(set(batch["negatives"][:, 0])) > 0.9 * CAPTIONS
            seen.extend(rows)
        assert sorted(seen) == list(range(CAPTIONS))
        passes.append(seen)
    assert passes[0] != passes[1]


@pytest.mark.parametrize("make_batches", [matching_batches, reading_batches])
def test_batches_follow_from_the_seed(make_batches, dataset):
    def first(seed):
        settings = TextSideSettings(matching_batch_size=8, seed=seed)
        return next(make_batches(dataset, make_table(7), settings))["token_ids"]

    np.testing.assert_array_equal(first(1), first(1))
    assert np.any(first(1) != first(2))


@pytest.fixture
def two_colours():
    """Captions that say either of two things, and one that says neither."""
    captions = ["a red star on a blue sky", "a blue star on a red sky", "a star"] * 16
    images = np.zeros((48, 32, 32, 3), "uint8")
    images[:] = np.arange(48, dtype="uint8")[:, None, None, None]
    return CaptionedDataset("skies", "train", images, [[c] for c in captions], 8)


def make_swapped(dataset, read=list, number=3):
    return SwappedCaptions(dataset.flat_captions, number, read, seed=0)


def test_the_first_rows_have_captions_with_words_exchanged(two_colours):
    rows = np.array([2, 0, 5, 4, 8, 3, 7, 11])
    order, wrong = make_swapped(two_colours)(rows)
    assert order.tolist() == [0, 4, 3, 2, 5, 8, 7, 11]
    assert wrong == [two_colours.flat_captions[row] for row in (1, 0, 1)]
    # Others fill what cannot be filled so.
    order, wrong = make_swapped(two_colours)(np.array([2, 5, 0, 8]))
    assert order.tolist() == [0, 2, 5, 8] and wrong[0] == "a blue star on a red sky"
    assert len(wrong) == 3 and set(wrong[1:]) <= set(two_colours.flat_captions)


def test_batches_bring_swapped_captions_of_their_first_rows(two_colours):
    rows = np.arange(48)[:, None]
    vectors = np.concatenate([rows, -rows], axis=1).astype("float16")
    table = CaptionTable(rows * np.ones((1, 12), int), np.ones((48, 12), bool), vectors)
    captions = two_colours.flat_captions

    def tokens(texts):
        places = [[captions.index(text)] * 12 for text in texts]
        return np.array(places), np.ones((3, 12), bool)

    def first_are_swapped(first, wrong):
        pairs = zip(first % 3, wrong, strict=True)
        return all({row, place} == {0, 1} for row, place in pairs)

    swapped = make_swapped(two_colours, tokens)
    batches = matching_batches(two_colours, table, SETTINGS, swapped)
    for batch in itertools.islice(batches, 6):
        rows = batch["token_ids"][:, 0]
        np.testing.assert_array_equal(batch["image"], two_colours.model_images(rows))
        assert batch["swapped_padding_mask"].shape == (3, 12)
        assert first_are_swapped(rows[:3], batch["swapped_token_ids"][:, 0])

    def embed(texts):
        return np.array([[captions.index(text), 0.5] for text in texts], "float32")

    swapped = make_swapped(two_colours, embed)
    for batch in itertools.islice(
        reading_batches(two_colours, table, SETTINGS, swapped), 6
    ):
        rows = batch["token_ids"][:, 0]
        np.testing.assert_array_equal(batch["text_embedding"][:, 0], rows)
        np.testing.assert_array_equal(batch["image"], two_colours.model_images(rows))
        wrong = batch["negatives"][READING_NEGATIVES:]
        assert wrong.dtype == np.float32 and (wrong[:, 1] == 0.5).all()
        assert first_are_swapped(rows[:3], wrong[:, 0])
