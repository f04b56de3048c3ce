"""Features of images, by the package's own encoder, by Inception, by any function."""

import keras
import numpy as np
import pytest

from aigc_keras.evaluation.features import (
    FeatureExtractor,
    collect_features,
    contrastive_extractor,
    image_batches,
    inception_extractor,
)
from aigc_keras.evaluation.run_distribution import compare_distributions
from aigc_keras.models import ImageEncoder


def pictures(number=6, side=32, seed=0):
    shape = (number, side, side, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, "uint8")


def test_textures_and_contents_do_not_depend_on_the_batch():
    keras.utils.set_random_seed(0)
    encoder = ImageEncoder(32, output_dim=8, vocabulary_size=9, base_channels=2)
    extractor = contrastive_extractor(encoder)
    whole = collect_features(extractor, image_batches(pictures()))
    # Channels of three halvings, and the vector.
    assert whole.values.shape == (6, 2 + 4 + 8 + 8)
    assert whole.probabilities is None
    parts = [pictures()[:4], pictures()[4:]]
    np.testing.assert_allclose(
        collect_features(extractor, parts).values, whole.values, atol=1e-5
    )
    lengths = np.linalg.norm(whole.values[:, -8:], axis=1)
    np.testing.assert_allclose(lengths, np.sqrt(8), rtol=1e-4)


def test_flat_pictures_have_no_texture():
    keras.utils.set_random_seed(0)
    encoder = ImageEncoder(32, output_dim=8, vocabulary_size=9, base_channels=2)
    extract = contrastive_extractor(encoder).extract
    flat, _ = extract(np.full((1, 32, 32, 3), 128, "uint8"))
    noisy, _ = extract(pictures(1))
    assert (noisy[:, :2] > flat[:, :2] + 1).all()


def test_any_function_will_do_and_classes_give_an_inception_score():
    def extract(images):
        colours = images.reshape(len(images), -1, 3).mean(axis=1) / 255
        return colours, colours / colours.sum(axis=1, keepdims=True)

    extractor = FeatureExtractor("colours", extract)
    sets = [
        collect_features(extractor, image_batches(pictures(40, 8, seed)))
        for seed in range(3)
    ]
    figures, warnings = compare_distributions(*sets, f"test_{extractor.name}")
    assert figures["is40_test_colours"]["value"] == pytest.approx(1, abs=0.1)
    assert figures["is40_test_colours"]["deviation"] >= 0
    assert not warnings


def test_sets_of_different_sizes_are_refused():
    extractor = FeatureExtractor("mean", lambda x: (x.mean(axis=(1, 2)), None))
    one, other = (
        collect_features(extractor, image_batches(pictures(number)))
        for number in (10, 12)
    )
    with pytest.raises(ValueError, match="10 real, 10 other real, 12 generated"):
        compare_distributions(one, one, other, "test_mean")


def test_weights_of_inception_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(ValueError, match="nowhere.h5"):
        inception_extractor(str(tmp_path / "nowhere.h5"))


@pytest.mark.slow
def test_inception_reads_its_weights_from_a_file(tmp_path):
    keras.utils.set_random_seed(0)
    network = keras.applications.InceptionV3(weights=None)
    path = tmp_path / "inception.weights.h5"
    network.save_weights(path)
    features, probabilities = inception_extractor(str(path)).extract(pictures(2, 64))
    assert features.shape == (2, 2048)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-4)
    wanted = network.get_layer("predictions").kernel
    pooled = features @ wanted + network.get_layer("predictions").bias
    exponents = np.exp(pooled - np.max(pooled, axis=1, keepdims=True))
    np.testing.assert_allclose(
        exponents / exponents.sum(axis=1, keepdims=True), probabilities, atol=1e-4
    )


def test_a_mapped_file_is_read_in_the_order_of_the_rows(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (600, 4, 4, 3), "uint8")
    pixels.tofile(tmp_path / "pixels")
    mapped = np.memmap(tmp_path / "pixels", "uint8", "r", shape=pixels.shape)
    rows = np.arange(600)[::-1]
    read = np.concatenate(list(image_batches(mapped, rows)))
    np.testing.assert_array_equal(read, pixels[::-1])
    # A part of a mapped file begins elsewhere.
    part = np.concatenate(list(image_batches(mapped[5:300])))
    np.testing.assert_array_equal(part, pixels[5:300])
