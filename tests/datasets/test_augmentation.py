"""Augmentations: seeded, in range, and refused where they would lie."""

import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.datasets import AUGMENTATIONS, Augmentation, DatasetError


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (16, 4, 4, 3))
    return coarse.repeat(4, axis=1).repeat(4, axis=2).astype("uint8")


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
def test_each_changes_pictures_within_the_range(name, images):
    result = Augmentation([name])(images, [0, 0]).numpy()
    assert result.shape == images.shape and result.dtype == np.float32
    assert result.min() >= 0 and result.max() <= 255
    assert np.abs(result - images).max() > 5
    # Chances differ from picture to picture.
    same = np.repeat(images[:1], 16, axis=0)
    assert Augmentation([name])(same, [0, 0]).numpy().std(axis=0).max() > 1


def test_a_step_has_its_own_chances_every_time(images):
    names = ["flip", "crop", "color_jitter", "erasing"]
    first = Augmentation(names)(images, [0, 7])
    np.testing.assert_array_equal(first, Augmentation(names)(images, [0, 7]))
    for seed in ([0, 8], [1, 7]):
        assert np.abs(first - Augmentation(names)(images, seed)).max() > 5


def test_traced_and_eager_agree(images):
    augment = Augmentation(["flip", "rotation", "brightness"])
    traced = tf.function(augment)(tf.constant(images), tf.constant([3, 4], tf.int64))
    np.testing.assert_allclose(traced, augment(images, [3, 4]), atol=1e-2)


def test_a_flip_mirrors_some_and_only_that(images):
    result = Augmentation(["flip"])(images, [0, 0]).numpy()
    mirrored = [
        np.array_equal(r, i[:, ::-1]) for r, i in zip(result, images, strict=True)
    ]
    kept = [np.array_equal(r, i) for r, i in zip(result, images, strict=True)]
    assert any(mirrored) and any(kept)
    assert all(m or k for m, k in zip(mirrored, kept, strict=True))


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("flip", "a cat on the left"),
        ("flip", "右边的狗"),
        ("vertical_flip", "a red ring above a blue square"),
        ("vertical_flip", "顶部有一颗星"),
    ],
)
def test_flips_that_would_lie_are_refused(name, caption):
    with pytest.raises(DatasetError, match=name) as caught:
        Augmentation([name]).check_captions(["a cat", caption])
    assert caption in str(caught.value)
    Augmentation([name]).check_captions(["a bright, uplifting cat", "leftover stew"])
    Augmentation(["crop"]).check_captions([caption])


def test_an_unknown_name_is_refused():
    with pytest.raises(DatasetError, match="Received: 'mosaic'"):
        Augmentation(["flip", "mosaic"])
