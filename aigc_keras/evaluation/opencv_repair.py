"""What OpenCV repairs without having learned anything, to compare with."""

import importlib

import numpy as np

# A method is measured with each of these, and the best counts.
RADII = (1, 3, 5)
COLOUR_DEVIATIONS = (30, 60, 90, 120, 150, 200, 300)
BILATERAL_WINDOW, BILATERAL_REACH = 7, 2.0


def open_opencv():
    """Return the module `cv2`.

    Raises:
        ValueError: If OpenCV is not installed.
    """
    try:
        return importlib.import_module("cv2")
    except ImportError as error:
        raise ValueError(
            "The comparison needs OpenCV: pip install opencv-python-headless. "
            f"Received: {error}"
        ) from error


def inpaint_classically(images, masks, method, radius):
    """Fill holes by what lies at their edges.

    Reference: Telea, 2004, "An image inpainting technique based on the fast marching
    method"; Bertalmio et al., 2001, "Navier-Stokes, fluid dynamics, and image and video
    inpainting".

    Args:
        images: uint8 array `(n, height, width, 3)`.
        masks: bool array `(n, height, width)`.
        method: str. `"telea"` or `"navier_stokes"`.
        radius: float. Pixels around a pixel that are looked at.

    Returns:
        uint8 array shaped like `images`.
    """
    cv2 = open_opencv()
    flag = {"telea": cv2.INPAINT_TELEA, "navier_stokes": cv2.INPAINT_NS}[method]
    pairs = zip(np.asarray(images), np.asarray(masks, "uint8"), strict=True)
    return np.stack([cv2.inpaint(image, mask, radius, flag) for image, mask in pairs])


def smooth_bilaterally(images, colour_deviation):
    """Average pixels with those near them in place and colour.

    Reference: Tomasi and Manduchi, 1998, "Bilateral filtering for gray and color
    images" (eq. 5).

    Args:
        images: uint8 array `(n, height, width, 3)`.
        colour_deviation: float. In levels of 255.

    Returns:
        uint8 array shaped like `images`.
    """
    cv2 = open_opencv()
    settings = (BILATERAL_WINDOW, colour_deviation, BILATERAL_REACH)
    return np.stack([cv2.bilateralFilter(image, *settings) for image in images])


def blur(images, deviation):
    """Blur images by a Gaussian.

    Args:
        images: uint8 array `(n, height, width, 3)`.
        deviation: float. In pixels.

    Returns:
        uint8 array shaped like `images`.
    """
    cv2 = open_opencv()
    return np.stack([cv2.GaussianBlur(image, (0, 0), deviation) for image in images])
