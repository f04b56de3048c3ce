"""A judge that sees nothing is told of before the GAN is trained by it."""

import warnings

import numpy as np
import pytest

from aigc_keras.datasets import CaptionedDataset, CaptionTable
from aigc_keras.models.judge_sight import own_caption_rank, warn_if_blind
from aigc_keras.models.text_side import TextSideSettings

NUMBER = 40


class Judge:
    """Sees what it is told."""

    def __init__(self, vectors):
        self.vectors = vectors

    def predict_on_batch(self, images):
        return {"image_vector": self.vectors[: len(images)]}


@pytest.fixture
def dataset():
    images = np.zeros((NUMBER, 32, 32, 3), "uint8")
    captions = [[f"number {index}", "a number"] for index in range(NUMBER)]
    return CaptionedDataset("numbers", "train", images, captions, 8)


def table_of(vectors):
    """Each first caption's vector is its own; each second one's says nothing."""
    both = np.stack([vectors, np.zeros_like(vectors)], axis=1).reshape(-1, 8)
    return CaptionTable(None, None, both)


def test_the_rank_is_the_area_under_scikit_learns_curve():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    seen = rng.normal(size=(NUMBER, 8))
    said = seen + rng.normal(0, 2, seen.shape)
    images = np.zeros((NUMBER, 2, 2, 3))
    cosines = seen @ said.T
    cosines /= np.outer(*(np.linalg.norm(x, axis=1) for x in (seen, said)))
    wanted = np.mean(
        [roc_auc_score(np.eye(NUMBER)[i], cosines[i]) for i in range(NUMBER)]
    )
    assert own_caption_rank(Judge(seen), images, said) == pytest.approx(
        wanted, abs=1e-6
    )
    # What says nothing of any is worth a guess.
    same = np.zeros_like(seen)
    assert own_caption_rank(Judge(seen), images, same) == pytest.approx(0.5, abs=1e-6)


def test_a_blind_judge_is_warned_of_and_a_seeing_one_is_not(dataset):
    rng = np.random.default_rng(1)
    seen = rng.normal(size=(NUMBER, 8))
    settings = TextSideSettings(matching_steps=7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_blind(Judge(seen), dataset, table_of(seen), settings)
    other = rng.normal(size=(NUMBER, 8))
    with pytest.warns(UserWarning, match="matching_steps=7, 40 pictures"):
        warn_if_blind(Judge(other), dataset, table_of(seen), settings)


def test_a_few_pictures_cannot_tell(dataset):
    few = CaptionedDataset("few", "train", dataset.images[:8], dataset.captions[:8], 8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other = np.random.default_rng(2).normal(size=(8, 8))
        warn_if_blind(Judge(-other), few, table_of(other), TextSideSettings())
