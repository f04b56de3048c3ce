"""What the captions of one picture have in common: content without wording."""

import numpy as np
import scipy.linalg

# Added to the wording's covariance, as a share of its mean eigenvalue.
RIDGE = 1e-3


def content_projection(vectors, owners):
    """Return the affine map that keeps of sentence vectors what the picture decides.

    Captions of one picture differ in their wording, and their means in what is seen.
    On `shapes` wording and language make up two thirds of the vectors' variance. The
    map keeps the directions in which pictures differ by more than chance. Those that
    tell of the picture alone get the same variance, so that a word which moves the
    vector little, such as that for the shape, counts as much as one that moves it far;
    others get the share of their variance that tells of it. (Cut off where wording
    differs more than pictures do, vectors of `shapes/scenes` lost which of two things
    has which colour.)

    Reference: Fisher, 1936, linear discriminants, as generalised by Rao, 1948; Hatch et
    al., 2006, "Within-class covariance normalization"; the share is a Wiener filter's.

    Args:
        vectors: float array `(n, dim)`, sentence vectors.
        owners: int array `(n,)`, the picture that each is a caption of.

    Returns:
        Tuple of float32 `(dim, dim)` and `(dim,)`: `vectors @ matrix + bias` has zero
        mean and, as a layer-normalized vector, a mean square of about 1. None where
        that cannot be told: hardly any picture has two captions, or no direction tells
        more of the pictures than of the wording.
    """
    vectors = np.asarray(vectors, "float64")
    _, owners = np.unique(owners, return_inverse=True)
    counts = np.bincount(owners)
    number, dim = vectors.shape
    freedom = number - len(counts)
    if freedom < 2 * dim or len(counts) < 2 * dim:
        return None
    mean = vectors.mean(axis=0)
    means = np.zeros((len(counts), dim))
    np.add.at(means, owners, vectors - mean)
    means /= counts[:, None]
    rest = vectors - mean - means[owners]
    wording = rest.T @ rest / freedom
    # The means still hold a share of the wording.
    content = means.T @ means / len(counts) - wording * (1 / counts).mean()
    ridge = RIDGE * np.trace(wording) / dim * np.eye(dim) + 1e-9 * np.eye(dim)
    ratios, directions = scipy.linalg.eigh(content, wording + ridge)
    if ratios[-1] <= 1:
        return None
    # Where pictures tell nothing, chance still spreads the ratios about zero. The
    # lowest shows how far; upwards it is farther (the edges of Marchenko and Pastur,
    # 1967).
    root = np.sqrt(dim / len(counts))
    told = ratios > max(0.0, -ratios[0] * (2 + root) / (2 - root))
    kept, ratios = directions[:, told], ratios[told]
    spread = np.einsum("ij,ik,kj->j", kept, content + wording, kept)
    shares = ratios / (1 + ratios)
    kept = kept * np.sqrt(shares / spread)
    # Back into as many numbers as before, the kept directions at right angles.
    basis = np.linalg.qr(kept)[0]
    matrix = kept @ basis.T * np.sqrt(dim / shares.sum())
    return matrix.astype("float32"), (-mean @ matrix).astype("float32")
