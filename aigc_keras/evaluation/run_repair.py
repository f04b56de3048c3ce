"""Measures how well holes are filled, and noise and blur taken away."""

import math

import numpy as np

from aigc_keras.datasets.holes import Box, Stroke, draw_holes
from aigc_keras.evaluation.opencv_repair import (
    COLOUR_DEVIATIONS,
    RADII,
    blur,
    inpaint_classically,
    open_opencv,
    smooth_bilaterally,
)
from aigc_keras.metrics import psnr_inside, ssim_inside
from aigc_keras.models.repairing import repair_images
from aigc_keras.tasks.inpaint import describe_damaged

# Levels of 255, and pixels of a side of 64.
NOISE_DEVIATION = 25
BLUR_DEVIATION = 1.5
# How far, in levels summed over channels, what is not plain ground lies from it.
NOT_PLAIN = 40


def random_hole(image, rng):
    """Return a box or a stroke, as likely as each other, mostly where something is.

    In 85 of 100 pictures it lies at a pixel that differs from the picture's median
    colour, and else anywhere.

    Args:
        image: uint8 array `(side, side, 3)`.
        rng: `numpy.random.Generator`. The only source of chance.

    Returns:
        `Box` with sides of 20 to 55% of the picture's, or `Stroke` of three lines of 10
        to 40% with a radius of 3 to 8%.
    """
    side = len(image)
    rows, columns = np.nonzero(not_plain(image[None])[0])
    if len(rows) and rng.random() < 0.85:
        place = rng.integers(len(rows))
        y, x = int(rows[place]), int(columns[place])
    else:
        y, x = (int(value) for value in rng.integers(0, side, 2))
    if rng.random() < 0.5:
        width, height = (round(side * share) for share in rng.uniform(0.2, 0.55, 2))
        left = x - math.floor(width * rng.uniform(0.2, 0.8))
        top = y - math.floor(height * rng.uniform(0.2, 0.8))
        return Box(left, top, left + width, top + height)
    points = [(x, y)]
    for _ in range(3):
        angle, length = rng.uniform(0, 2 * math.pi), side * rng.uniform(0.1, 0.4)
        x += round(length * math.cos(angle))
        y += round(length * math.sin(angle))
        points.append((x, y))
    return Stroke(tuple(points), side * rng.uniform(0.03, 0.08))


def measure_repair(gan, captioner, dataset, num_images=500, seed=0, on_batch=None):
    """Damage pictures, repair them in several ways, and compare with what they were.

    Protocol: the first `num_images` pictures, the first caption of each. Holes: see
    `random_hole`; PSNR and SSIM inside the hole, see `psnr_inside` and `ssim_inside`.
    Noise of 25 levels, and a Gaussian blur of 1.5 pixels where a side has 64, rounded
    to eight bits: PSNR and SSIM of the whole picture. OpenCV's methods get the setting
    that suits these very pictures best by PSNR.

    Args:
        gan: `TextToImageGAN` with a repairer.
        captioner: `ImageCaptioner` of its image size, or None.
        dataset: `CaptionedDataset` of its image size.
        num_images: int. Pictures at most.
        seed: int. Seeds holes, noise, and the repairer's own noise.
        on_batch: Function `(done, total)` called after each way, for progress.

    Returns:
        Dict of `inpainting`, `denoising` and `deblurring`, each a dict from a way of
        repair to its `psnr` and `ssim`; and `holes`: the shares `missing`, of pixels,
        and `telling`, of holes that hide something of what is not plain ground.

    Raises:
        ValueError: If OpenCV is not installed, or the model has no repairer.
    """
    open_opencv()
    number = min(num_images, dataset.num_images)
    images = np.asarray(dataset.images[:number])
    captions = [texts[0] for texts in dataset.captions[:number]]
    rng = np.random.default_rng(seed)
    side = images.shape[1]
    masks = np.stack(
        [draw_holes(side, side, [random_hole(image, rng)]) for image in images]
    )
    noisy = images + rng.normal(0, NOISE_DEVIATION, images.shape)
    stages = {
        "inpainting": (images, masks),
        "denoising": (np.clip(np.round(noisy), 0, 255).astype("uint8"), None),
        "deblurring": (blur(images, BLUR_DEVIATION * side / 64), None),
    }
    results = {}
    for done, (name, (damaged, holes)) in enumerate(stages.items()):

        def report(step, steps, done=done):
            if on_batch:
                on_batch(done * steps + step, len(stages) * steps)

        ways = _repaired(gan, captioner, damaged, holes, captions, seed, report)
        ways |= _smoothed(damaged) if holes is None else _filled(damaged, holes)
        results[name] = {
            way: max(
                (_figures(pictures, images, holes) for pictures in settings),
                key=lambda figures: figures["psnr"],
            )
            for way, settings in ways.items()
        }
    hidden = (masks & not_plain(images)).any(axis=(1, 2))
    results["holes"] = {
        "missing": float(masks.mean()),
        "telling": float(hidden.mean()),
    }
    return results


def not_plain(images):
    """Return where images differ from their median colour, bool `(n, side, side)`."""
    median = np.median(images, axis=(1, 2), keepdims=True)
    return np.abs(images - median).sum(axis=3) > NOT_PLAIN


def _repaired(gan, captioner, damaged, holes, captions, seed, report):
    """Return the repairer's pictures by what it is told, each in a list of one."""
    nowhere = np.zeros(damaged.shape[:3], bool)
    masks = nowhere if holes is None else holes
    told = {"true caption": captions, "no caption": None}
    if captioner is not None:
        told["found caption"] = describe_damaged(gan, captioner, damaged, masks)
    pictures = {}
    for step, (way, texts) in enumerate(told.items(), 1):
        pictures[way] = [repair_images(gan, damaged, masks, texts, seed)]
        report(step, len(told))
    return pictures


def _filled(images, holes):
    """Return OpenCV's fillings by method, one a setting."""
    return {
        method: [inpaint_classically(images, holes, method, radius) for radius in RADII]
        for method in ("telea", "navier_stokes")
    }


def _smoothed(images):
    """Return the pictures as they are, and smoothed, once a setting."""
    settings = [smooth_bilaterally(images, width) for width in COLOUR_DEVIATIONS]
    return {"as it is": [images], "bilateral filter": settings}


def _figures(images, references, holes):
    """Return the mean figures inside holes, or of whole pictures."""
    masks = np.ones(images.shape[:3], bool) if holes is None else holes
    images = np.where(masks[..., None], images, references)
    return {
        "psnr": float(psnr_inside(images, references, masks).mean()),
        "ssim": float(np.nanmean(ssim_inside(images, references, masks))),
    }
