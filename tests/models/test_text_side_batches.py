"""What the text side learns from: which captions come together, with which images."""

import itertools

import numpy as np
import pytest

from aigc_keras.datasets import CaptionedDataset, CaptionTable
from aigc_keras.models.text_side import TextSideSettings
from aigc_keras.models.text_side_batches import (
    READING_NEGATIVES,
    matching_batches,
    matching_groups,
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
    mask = np.arange(48) < np.broadcast_to(lengths, CAPTIONS)[:, None]
    vectors = np.concatenate([rows, -rows], axis=1).astype("float16")
    return CaptionTable(rows * np.ones((1, 48), int), mask, vectors)


def test_matching_batches_hold_captions_of_like_length(dataset):
    lengths = np.array([3, 48] * IMAGES)
    batches = matching_batches(dataset, make_table(lengths), SETTINGS)
    seen, same = [], []
    for batch in itertools.islice(batches, CAPTIONS // SETTINGS.matching_batch_size):
        sizes = batch["padding_mask"].sum(axis=1)
        assert sizes.max() == sizes.min()
        assert batch["token_ids"].shape[1] - sizes.max() < 4
        rows = batch["token_ids"][:, 0]
        np.testing.assert_array_equal(batch["image"], dataset.model_images(rows // 2))
        groups = batch["other_token_ids"]
        others = np.concatenate([ids[:, 0] for ids in groups])
        np.testing.assert_array_equal(others // 2, rows // 2)
        same.extend(others == rows)
        masks = batch["other_padding_mask"]
        told = np.concatenate([mask.sum(axis=1) for mask in masks])
        np.testing.assert_array_equal(told, lengths[others])
        # The shortest first, in equal groups that are padded to no more than fours.
        assert np.all(np.diff(told) >= 0)
        assert [len(ids) for ids in groups] == [2, 2, 2, 2]
        for ids, mask in zip(groups, masks, strict=True):
            assert ids.shape == mask.shape and ids.shape[1] - mask.sum(axis=1).max() < 4
        seen.extend(rows)
    assert sorted(seen) == list(range(CAPTIONS))
    # One of two at random.
    assert 0.3 < np.mean(same) < 0.7


@pytest.mark.parametrize("own_words", [False, True])
def test_the_words_read_are_another_caption_s_or_its_own(dataset, own_words):
    settings = TextSideSettings(matching_batch_size=CAPTIONS, own_words=own_words)
    batch = next(matching_batches(dataset, make_table(7), settings))
    (others,) = batch["other_token_ids"]
    rows, others = batch["token_ids"][:, 0], others[:, 0]
    np.testing.assert_array_equal(others // 2, rows // 2)
    assert np.all(others == rows) == own_words


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


@pytest.mark.parametrize(
    "size, captions, longest, groups",
    [
        (64, 900, 48, 4),
        (64, 900, 64, 4),
        (64, 900, 40, 2),
        (64, 900, 44, 4),
        (64, 900, 22, 2),
        (64, 900, 21, 1),
        (64, 900, 3, 1),
        (64, 38, 48, 2),
        (64, 25, 48, 1),
        (6, 90, 48, 2),
    ],
)
def test_the_longer_the_captions_the_more_groups_of_equal_size(
    size, captions, longest, groups
):
    mask = np.ones((captions, longest), bool)
    settings = TextSideSettings(matching_batch_size=size)
    assert matching_groups(CaptionTable(mask, mask), settings) == groups


@pytest.mark.parametrize("make_batches", [matching_batches, reading_batches])
def test_batches_follow_from_the_seed(make_batches, dataset):
    def first(seed):
        settings = TextSideSettings(matching_batch_size=8, seed=seed)
        return next(make_batches(dataset, make_table(7), settings))["token_ids"]

    np.testing.assert_array_equal(first(1), first(1))
    assert np.any(first(1) != first(2))
