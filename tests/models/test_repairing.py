"""Pictures of any size are filled and repaired; what was there stays to the bit."""

import numpy as np
import pytest

from aigc_keras.datasets.pipeline import to_model_range, to_pixels
from aigc_keras.language import CaptionError, GPT2TextEncoder
from aigc_keras.models import ImageRepairer
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.models.repairing import repair_images


@pytest.fixture(scope="module")
def text_encoder():
    return GPT2TextEncoder.from_captions(
        ["a red circle", "a blue square"] * 4,
        vocabulary_size=270,
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        epochs=1,
        seed=0,
    )


def make_repairer(text_dim, scale=0.2):
    repairer = ImageRepairer(
        32, text_dim, noise_dim=4, base_channels=2, condition_dim=8, name="repairer"
    )
    rng = np.random.default_rng(0)
    shapes = [weight.shape for weight in repairer.weights]
    repairer.set_weights([rng.normal(0, scale, shape) for shape in shapes])
    return repairer


@pytest.fixture
def gan(make_gan, text_encoder):
    gan = make_gan(text_encoder=text_encoder)
    gan.set_repairer(make_repairer(text_encoder.text_dim))
    return gan


def example(height, width, channels=3):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (height, width, channels), "uint8")
    mask = np.zeros((height, width), bool)
    mask[height // 4 : height // 2, width // 4 : width // 2] = True
    return picture, mask


@pytest.mark.parametrize("size", [(32, 32), (50, 90), (20, 11)])
@pytest.mark.parametrize("channels", [3, 4])
def test_outside_the_mask_every_bit_stays(gan, size, channels):
    picture, mask = example(*size, channels)
    before = picture.copy()
    filled = gan.inpaint(picture, mask, "a red circle", seed=3)
    np.testing.assert_array_equal(picture, before)
    assert filled.dtype == np.uint8 and filled.shape == picture.shape
    np.testing.assert_array_equal(filled[~mask], picture[~mask])
    assert (filled[mask, :3] != picture[mask, :3]).any()
    assert (filled[mask, 3:] == 255).all()


def test_seed_caption_and_surroundings_decide_and_what_is_hidden_does_not(gan):
    picture, mask = example(32, 32)
    filled = gan.inpaint(picture, mask, "a red circle", seed=3)
    np.testing.assert_array_equal(gan.inpaint(picture, mask, "a red circle", 3), filled)
    for changed in (
        gan.inpaint(picture, mask, "a red circle", seed=4),
        gan.inpaint(picture, mask, "a blue square", seed=3),
        gan.inpaint(picture, mask, None, seed=3),
        gan.inpaint(255 - picture, mask, "a red circle", seed=3),
    ):
        assert (changed[mask] != filled[mask]).any()
    picture[mask] = 0
    np.testing.assert_array_equal(gan.inpaint(picture, mask, "a red circle", 3), filled)


def test_a_repair_is_the_mean_over_shifts_by_a_pixel(gan):
    picture, mask = example(32, 32)
    text = gan.text_encoder.encode(["a red circle"])["text_embedding"]
    image = to_model_range(picture).numpy()
    noise = np.asarray(noise_from_seed(5, 4))[None]
    rows = np.arange(32)
    total, share = np.zeros((32, 32, 3)), np.zeros((32, 32, 1))
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            place = np.ix_(np.clip(rows - down, 0, 31), np.clip(rows - right, 0, 31))
            moved = gan.repairer(
                {
                    "image": image[place][None],
                    "mask": mask[place][None, ..., None].astype("float32"),
                    "text_embedding": text,
                    "noise": noise,
                }
            )[0].numpy()
            for y in range(32):
                for x in range(32):
                    if 0 <= y + down < 32 and 0 <= x + right < 32:
                        total[y, x] += moved[y + down, x + right]
                        share[y, x] += 1
    expected = to_pixels(total / share).numpy()
    result = repair_images(gan, picture[None], mask[None], ["a red circle"], seed=5)[0]
    assert np.abs(result.astype(int) - expected).max() <= 1


def test_rows_may_be_silent(gan):
    pictures = np.stack([example(32, 32)[0]] * 2)
    masks = np.stack([example(32, 32)[1]] * 2)
    mixed = repair_images(gan, pictures, masks, ["a red circle", None])
    silent = repair_images(gan, pictures, masks)
    assert (mixed[0] != silent[0]).any()
    assert np.abs(mixed[1].astype(int) - silent[1]).max() <= 1


@pytest.mark.parametrize("size", [(32, 32), (15, 24), (40, 32), (70, 45), (9, 60)])
def test_whole_pictures_of_any_size_are_repaired(gan, size):
    picture, _ = example(*size)
    progress = []
    repaired = gan.repair(picture, seed=1, on_tile=lambda *p: progress.append(p))
    assert repaired.shape == picture.shape and repaired.dtype == np.uint8
    np.testing.assert_array_equal(gan.repair(picture, seed=1), repaired)
    large = max(size) > 32
    assert bool(progress) == large
    if large:
        assert progress[-1][0] == progress[-1][1]
        with pytest.raises(ValueError, match="at most 32 pixels a side"):
            gan.repair(picture, "a red circle")
    else:
        assert (gan.repair(picture, "a red circle", 1) != repaired).any()


@pytest.mark.parametrize("size", [(32, 32), (70, 45)])
def test_a_repairer_that_changes_nothing_changes_nothing(gan, size):
    gan.set_repairer(make_repairer(gan.text_encoder.text_dim, scale=0.0))
    picture, _ = example(*size)
    np.testing.assert_array_equal(gan.repair(picture), picture)


def test_a_transparent_picture_is_repaired_on_white(gan):
    picture, _ = example(32, 32, 4)
    picture[..., 3] = 0
    white = np.full((32, 32, 3), 255, "uint8")
    np.testing.assert_array_equal(gan.repair(picture), gan.repair(white))


def test_bad_input_gets_one_clear_line(gan, make_gan, text_encoder):
    picture, mask = example(32, 32)
    with pytest.raises(ValueError, match="--task repairer --run RUN.*repairer=None"):
        make_gan(text_encoder=text_encoder).inpaint(picture, mask)
    with pytest.raises(ValueError, match="--task repairer"):
        make_gan(text_encoder=text_encoder).repair(picture)
    with pytest.raises(ValueError, match=r"`mask` must be a bool.*uint8 \(32, 32\)"):
        gan.inpaint(picture, mask.astype("uint8"))
    with pytest.raises(ValueError, match=r"\(31, 32\) for a picture \(32, 32, 3\)"):
        gan.inpaint(picture, mask[1:])
    with pytest.raises(ValueError, match="must hide something"):
        gan.inpaint(picture, mask & False)
    for wrong in (picture.astype("float32"), picture[..., 0], picture[None]):
        with pytest.raises(ValueError, match="`image` must be a uint8 array"):
            gan.repair(wrong)
    with pytest.raises(CaptionError, match="empty"):
        gan.inpaint(picture, mask, " ")


def test_a_repairer_is_not_among_the_models_weights(gan, make_gan, text_encoder):
    bare = make_gan(text_encoder=text_encoder)
    assert len(bare.weights) == len(gan.weights)
    assert gan.repairer not in gan.layers
    gan.set_repairer(None)
    assert gan.repairer is None
