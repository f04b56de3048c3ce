"""Damage: holes, noise and blur, each against the same by hand."""

import keras
import numpy as np
import pytest
from scipy import ndimage

from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.layers import Damage
from aigc_keras.layers.damage import BOX_SIDES, NUM_CHANCES, STROKE_RADII

SIDE = 32
# Places of the chances, those of the second mask further on.
KIND, STRENGTH, CHOICE, BOX, SECOND, LINE, RADIUS, START = 0, 1, 2, 3, 11, 11, 13, 14
SECOND_MASK = 22


@pytest.fixture(scope="module")
def images():
    drawn = [make_example(f"damage/{i}", image_size=SIDE)[0] for i in range(4)]
    return np.stack(drawn).astype("float32") / 127.5 - 1


def chances(number=4, **places):
    """Chances of 0.3, a single box in the middle in both masks, but for those named."""
    row = np.full(NUM_CHANCES, 0.3, "float32")
    for start in (0, SECOND_MASK):
        row[BOX + start : BOX + 4 + start] = 0.5
        row[CHOICE + start] = 0.2
    for name, values in places.items():
        place = globals()[name]
        values = np.atleast_1d(values)
        for start in (0, SECOND_MASK) if place >= CHOICE else (0,):
            row[place + start : place + start + len(values)] = values
    return np.tile(row, (number, 1))


def apply(images, numbers, drawn=None, **settings):
    drawn = np.zeros_like(images) if drawn is None else drawn
    damage = Damage(**settings)(images, numbers, drawn)
    return {name: np.array(value) for name, value in damage.items()}


def test_a_box_is_hidden_and_nothing_else_changes(images):
    damage = apply(images, chances())
    reach = np.mean(BOX_SIDES) / 2
    place = (np.arange(SIDE) + 0.5) / SIDE
    inside = np.abs(place - 0.5) <= reach
    expected = np.outer(inside, inside)
    for mask in damage["mask"][..., 0]:
        np.testing.assert_array_equal(mask, expected)
    np.testing.assert_array_equal(damage["damaged"], damage["mask"])
    assert (damage["image"][:, expected] == 0).all()
    np.testing.assert_allclose(
        damage["image"][:, ~expected], images[:, ~expected], atol=1e-6
    )


def test_a_second_box_comes_by_chance(images):
    alone = apply(images, chances(SECOND=0.4))["mask"].sum()
    both = apply(images, chances(SECOND=0.6))["mask"]
    corner = apply(images, chances(BOX=[0.3, 0.3, 0.3, 0.3]))["mask"]
    assert both.sum() > alone
    assert (both >= corner).all()


def test_a_stroke_is_as_wide_as_its_brush(images):
    # No way from corner to corner: a dot.
    dot = [0.5, 0.5, *[0.0] * 8]
    mask = apply(images, chances(CHOICE=0.9, RADIUS=1.0, START=dot))["mask"][0, ..., 0]
    place = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    expected = np.hypot(place[:, None], place[None]) <= STROKE_RADII[1]
    np.testing.assert_array_equal(mask, expected)
    straight = [0.5, 0.5, *[0.0, 0.5] * 4]
    longer = apply(images, chances(CHOICE=0.9, RADIUS=1.0, START=straight))["mask"]
    rows = np.flatnonzero(longer[0, :, SIDE // 2, 0])
    assert rows.max() == SIDE - 1 and rows.min() == np.flatnonzero(mask.any(1)).min()


def test_a_large_part_lies_beyond_a_line(images):
    # By the angle 0 the line is level; 0.2 - 0.7 is the upper edge, 0.2 - 0 lower.
    assert apply(images, chances(CHOICE=0.1, LINE=[0.0, 0.7]))["mask"].min() == 1
    mask = apply(images, chances(CHOICE=0.1, LINE=[0.0, 0.2]))["mask"][0, ..., 0]
    np.testing.assert_array_equal(mask[: SIDE // 2], 0)
    np.testing.assert_array_equal(mask[SIDE // 2 :], 1)


def test_of_two_holes_the_more_telling_stays(images):
    numbers = chances()
    # The first mask's box lies in a corner, where all is plain.
    plain = images.copy()
    plain[:, : SIDE // 4, : SIDE // 4] = plain.mean(axis=(1, 2), keepdims=True)
    numbers[:, BOX : BOX + 4] = [0.1, 0.1, 0.0, 0.0]
    for order in (numbers, numbers.copy()):
        mask = apply(plain, order)["mask"]
        assert mask[:, SIDE // 2, SIDE // 2].all() and not mask[:, 3, 3].any()
        first, second = order[:, 2:24].copy(), order[:, 24:].copy()
        numbers[:, 2:24], numbers[:, 24:] = second, first


def test_noise_has_its_strength_and_is_stored_in_eight_bits(images):
    noise = np.random.default_rng(0).normal(size=images.shape).astype("float32")
    calm = images * 0.2
    numbers = chances(KIND=0.99, STRENGTH=0.5)
    damage = apply(calm, numbers, noise, noise=0.4)
    assert not damage["mask"].any() and damage["damaged"].all()
    change = damage["image"] - calm
    assert change.std() == pytest.approx(0.2, rel=0.02)
    levels = (damage["image"] + 1) * 127.5
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-3)
    assert np.abs(apply(images, numbers, 9 * noise)["image"]).max() <= 1 + 1e-6


@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_blur_is_scipys(images, strength):
    damage = apply(images, chances(KIND=0.8, STRENGTH=strength), blur=0.05)
    deviation = strength * 0.05 * SIDE
    expected = ndimage.gaussian_filter(
        images, (0, deviation, deviation, 0), mode="nearest", truncate=8
    )
    inner = (slice(None), slice(8, -8), slice(8, -8))
    # Rounded to eight bits.
    np.testing.assert_allclose(damage["image"][inner], expected[inner], atol=0.005)
    assert damage["damaged"].all()


def test_shares_are_kept():
    rng = np.random.default_rng(1)
    numbers = rng.random((400, NUM_CHANCES)).astype("float32")
    images = rng.uniform(-1, 1, (400, 16, 16, 3)).astype("float32")
    damage = apply(images, numbers, holes=0.6)
    has_holes = damage["mask"].any(axis=(1, 2, 3))
    assert has_holes.mean() == pytest.approx(0.6, abs=0.08)
    assert damage["damaged"][~has_holes].all()


def test_it_stays_in_float32_and_comes_back_from_its_configuration(images):
    numbers = np.random.default_rng(1).random((4, NUM_CHANCES)).astype("float32")
    expected = apply(images, numbers)["image"]
    keras.config.set_dtype_policy("mixed_bfloat16")
    np.testing.assert_array_equal(apply(images, numbers)["image"], expected)
    layer = Damage.from_config(Damage(holes=0.1, noise=0.2, blur=0.3).get_config())
    assert (layer.holes, layer.noise, layer.blur) == (0.1, 0.2, 0.3)
