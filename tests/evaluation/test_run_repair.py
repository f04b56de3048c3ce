"""Repairs are compared with OpenCV's on the same damage."""

import importlib

import cv2
import numpy as np
import pytest

from aigc_keras.datasets.holes import Box, draw_holes
from aigc_keras.evaluation import measure_repair, opencv_repair
from aigc_keras.evaluation.run_repair import not_plain, random_hole
from aigc_keras.evaluation.tables import repair_table
from aigc_keras.metrics import psnr_inside


@pytest.fixture(scope="module")
def dataset(draw_dataset):
    return draw_dataset(10)


def test_holes_are_as_the_protocol_says(dataset):
    images = np.repeat(dataset.images, 30, axis=0)
    rng = np.random.default_rng(0)
    holes = [random_hole(image, rng) for image in images]
    boxes = [hole for hole in holes if isinstance(hole, Box)]
    assert len(boxes) / len(holes) == pytest.approx(0.5, abs=0.1)
    for box in boxes:
        for length in (box.right - box.left, box.bottom - box.top):
            assert round(0.19 * 32) <= length <= round(0.57 * 32)
    for hole in holes:
        if not isinstance(hole, Box):
            assert len(hole.points) == 4 and 0.03 * 32 <= hole.radius <= 0.08 * 32
    masks = np.stack([draw_holes(32, 32, [hole]) for hole in holes])
    assert masks.any(axis=(1, 2)).all()
    telling = (masks & not_plain(images)).any(axis=(1, 2)).mean()
    assert 0.85 < telling < 1
    rng = np.random.default_rng(0)
    assert [random_hole(image, rng) for image in images[:5]] == holes[:5]


def test_what_is_not_plain_is_the_object(dataset):
    objects = not_plain(np.asarray(dataset.images))
    assert (objects.mean(axis=(1, 2)) < 0.4).all() and objects.any(axis=(1, 2)).all()
    assert not objects[:, 0].any()


def test_opencv_gets_its_best_setting(dataset):
    images = np.asarray(dataset.images)
    masks = np.zeros(images.shape[:3], bool)
    masks[:, 10:20, 12:25] = True
    for method, flag in (("telea", cv2.INPAINT_TELEA), ("navier_stokes", 0)):
        filled = opencv_repair.inpaint_classically(images, masks, method, 3)
        for image, mask, made in zip(images, masks, filled, strict=True):
            expected = cv2.inpaint(image, mask.astype("uint8"), 3, flag)
            np.testing.assert_array_equal(made, expected)
            np.testing.assert_array_equal(made[~mask], image[~mask])
    smooth = opencv_repair.smooth_bilaterally(images, 50)
    np.testing.assert_array_equal(smooth[0], cv2.bilateralFilter(images[0], 7, 50, 2))


@pytest.mark.slow
def test_every_way_is_measured_on_the_same_damage(
    repairing_gan, tiny_captioner, dataset
):
    progress = []
    result = measure_repair(
        repairing_gan,
        tiny_captioner,
        dataset,
        8,
        seed=1,
        on_batch=lambda *p: progress.append(p),
    )
    told = {"true caption", "no caption", "found caption"}
    assert set(result["inpainting"]) == told | {"telea", "navier_stokes"}
    for stage in ("denoising", "deblurring"):
        assert set(result[stage]) == told | {"as it is", "bilateral filter"}
    assert progress[-1] == (9, 9) and len(progress) == 9
    # The same holes, filled by hand.
    rng = np.random.default_rng(1)
    images = np.asarray(dataset.images[:8])
    masks = np.stack([draw_holes(32, 32, [random_hole(i, rng)]) for i in images])
    best = max(
        psnr_inside(
            opencv_repair.inpaint_classically(images, masks, "telea", radius),
            images,
            masks,
        ).mean()
        for radius in opencv_repair.RADII
    )
    assert result["inpainting"]["telea"]["psnr"] == pytest.approx(best)
    assert result["holes"]["missing"] == pytest.approx(masks.mean())
    # Noise of 25 levels: 20.2 dB, a little more where values are cut off.
    assert 20 < result["denoising"]["as it is"]["psnr"] < 22
    lines = repair_table(result)
    assert len(lines) == 1 + 3 * 5 + 1 and "inpainting, telea" in "\n".join(lines)


def test_a_repairer_that_does_nothing_gives_back_what_came(repairing_gan, dataset):
    weights = repairing_gan.repairer.get_weights()
    repairing_gan.repairer.set_weights([0 * weight for weight in weights])
    result = measure_repair(repairing_gan, None, dataset, 4)
    for stage in ("denoising", "deblurring"):
        same, ours = (result[stage][way] for way in ("as it is", "no caption"))
        assert ours["psnr"] == pytest.approx(same["psnr"], abs=1e-3)
    assert "found caption" not in result["inpainting"]


def test_without_opencv_one_line_says_what_to_install(
    repairing_gan, dataset, monkeypatch
):
    def missing(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ValueError, match="pip install opencv-python-headless.*'cv2'"):
        measure_repair(repairing_gan, None, dataset, 4)
