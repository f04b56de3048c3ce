"""Arcs, sliders and walks: their mathematics, and that their ends are `generate`'s."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from aigc_keras.models import TextToImageGAN
from aigc_keras.tasks import draw_slider, draw_walk, slide, spherical

CAPTIONS = ["a small red circle", "a large blue star", "一个绿色的圆环"]


@pytest.fixture(scope="module")
def gan(tiny_run):
    from aigc_keras.training import load_run

    return load_run(tiny_run)


def test_the_arc_is_that_of_rotations():
    """Unit quaternions between two rotations, as SciPy turns them."""
    ends = Rotation.random(2, rng=np.random.default_rng(3))
    first, second = ends.as_quat()
    # A rotation has two quaternions; the shorter way lies between those nearer.
    second = second if first @ second > 0 else -second
    shares = np.linspace(0, 1, 7)
    expected = Slerp([0, 1], ends)(shares).as_quat()
    found = spherical(first, second, shares)
    signs = np.sign((found * expected).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(found, signs * expected, atol=1e-9)


def test_the_arc_keeps_the_length_and_moves_evenly():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 64))
    second *= np.linalg.norm(first) / np.linalg.norm(second)
    points = spherical(first, second, np.linspace(0, 1, 9))
    lengths = np.linalg.norm(points, axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-9)
    cosines = (points[1:] * points[:-1]).sum(axis=1) / lengths[0] ** 2
    np.testing.assert_allclose(cosines, cosines[0], rtol=1e-9)


def test_the_ends_of_an_arc_are_exact():
    first, second = np.random.default_rng(1).normal(size=(2, 50, 8)).astype("float32")
    np.testing.assert_array_equal(spherical(first, second, 0), first)
    np.testing.assert_array_equal(spherical(first, second, 1), second)


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0])
def test_on_one_line_the_arc_is_straight(factor):
    first = np.array([3.0, 4.0])
    found = spherical(first, factor * first, [0, 0.25, 1])
    expected = first * np.array([[1], [0.75 + 0.25 * factor], [factor]])
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_slide_goes_all_the_way_and_no_longer():
    rng = np.random.default_rng(2)
    start, change = rng.normal(size=(2, 16))
    moved = slide(start, change, [-1, 0, 0.5, 1, 3])
    np.testing.assert_array_equal(moved[1], start)
    np.testing.assert_array_equal(moved[3], start + change)
    short, long = np.linalg.norm(start), np.linalg.norm(start + change)
    expected = [short, short, (short + long) / 2, long, long]
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), expected)
    # The direction is that of plain addition.
    for vector, amount in ((moved[0], -1), (moved[4], 3)):
        straight = start + amount * change
        cosine = vector @ straight / np.linalg.norm(vector) / np.linalg.norm(straight)
        assert cosine == pytest.approx(1)


def same(frame, gan, caption, seed, truncation=None):
    return (frame == gan.generate(caption, seed, truncation)[0]).all()


def test_a_walk_passes_every_caption_to_the_pixel(gan):
    frames = draw_walk(gan, CAPTIONS, 6, seed=4)
    assert frames.shape == (6, 32, 32, 3) and frames.dtype == np.uint8
    # Of six frames five steps: the middle caption lies at the second.
    for place, caption in ((0, CAPTIONS[0]), (2, CAPTIONS[1]), (5, CAPTIONS[2])):
        assert same(frames[place], gan, caption, 4)
    assert (frames[1] != frames[0]).any() and (frames[1] != frames[2]).any()


def test_a_walk_between_two_seeds(gan):
    frames = draw_walk(gan, CAPTIONS[:1], 5, seed=1, to_seed=5)
    assert same(frames[0], gan, CAPTIONS[0], 1)
    assert same(frames[-1], gan, CAPTIONS[0], 5)
    frames = draw_walk(gan, CAPTIONS, 7, seed=1, to_seed=5, truncation=0.7)
    assert same(frames[0], gan, CAPTIONS[0], 1, 0.7)
    assert same(frames[-1], gan, CAPTIONS[-1], 5, 0.7)
    assert not same(frames[3], gan, CAPTIONS[1], 1, 0.7)


def test_a_loop_goes_back_the_way_it_came(gan):
    frames = draw_walk(gan, CAPTIONS[:2], 8, seed=2, to_seed=3, loop=True)
    assert same(frames[0], gan, CAPTIONS[0], 2)
    assert same(frames[4], gan, CAPTIONS[1], 3)
    for there, back in ((1, 7), (2, 6), (3, 5)):
        difference = frames[there].astype(int) - frames[back]
        assert np.abs(difference).max() <= 1


def test_a_walk_is_the_same_twice(gan):
    first, second = (draw_walk(gan, CAPTIONS, 5, 1, 2, True) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_slider_holds_both_captions_to_the_pixel(gan):
    less, more, _ = CAPTIONS
    images = draw_slider(gan, less, more, [-0.5, 0, 1, 1.5], seed=6)
    assert images.shape == (4, 32, 32, 3)
    assert same(images[1], gan, less, 6) and same(images[2], gan, more, 6)
    assert not same(images[0], gan, less, 6) and not same(images[3], gan, more, 6)


def test_a_slider_moves_another_caption(gan):
    less, more, other = CAPTIONS
    images = draw_slider(gan, less, more, [0, 1], other, seed=6)
    assert same(images[0], gan, other, 6)
    assert not same(images[1], gan, other, 6) and not same(images[1], gan, more, 6)


def test_the_shipped_model_makes_a_thing_larger():
    from aigc_keras.metrics import read_scene

    gan = TextToImageGAN.from_preset("shapes_64")
    less, more = (
        f"a {size} red circle on the left of a grey background"
        for size in ("small", "large")
    )
    start = "a small blue square on the right of a cyan background"
    images = draw_slider(gan, less, more, [0, 1], start)
    scenes = [read_scene(image) for image in images]
    seen = [
        (thing.size, thing.colour, thing.shape, thing.position, scene.background)
        for scene in scenes
        for thing in scene.objects
    ]
    assert seen == [
        ("small", "blue", "square", "right", "cyan"),
        ("large", "blue", "square", "right", "cyan"),
    ]


def test_impossible_requests(gan):
    with pytest.raises(ValueError, match="two captions, or one and two seeds"):
        draw_walk(gan, CAPTIONS[:1])
    with pytest.raises(ValueError, match="Received: 0 captions"):
        draw_walk(gan, [], to_seed=3)
    with pytest.raises(ValueError, match="frames=2 for 3 places"):
        draw_walk(gan, CAPTIONS, 2)
    with pytest.raises(ValueError, match="at least one character"):
        draw_walk(gan, ["", "a ring"])
    for amounts in ([], [float("nan")], [1, float("inf")]):
        with pytest.raises(ValueError, match="at least one finite number"):
            draw_slider(gan, *CAPTIONS[:2], amounts)


def test_a_model_without_a_text_encoder_is_refused():
    gan = TextToImageGAN.from_preset("tiny_32", weights=None)
    with pytest.raises(ValueError, match="model with a text encoder"):
        draw_walk(gan, CAPTIONS)
