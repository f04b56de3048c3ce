"""The losses against closed forms and independent references."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, logsumexp

from aigc_keras import losses

REAL = np.array([[2.0], [-1.0], [0.5]], "float32")
FAKE = np.array([[-2.0], [0.0], [1.0]], "float32")
SOFTPLUS_0 = np.log(2.0)


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        # mean(0, 2, .5) + mean(0, 1, 2); -mean(-2, 0, 1)
        ("hinge", 2.5 / 3 + 1.0, 1 / 3),
        (
            "non_saturating",
            np.mean(np.logaddexp(0, -REAL)) + np.mean(np.logaddexp(0, FAKE)),
            np.mean(np.logaddexp(0, -FAKE)),
        ),
        (
            "relativistic",
            np.mean(np.logaddexp(0, [-4.0, 1.0, 0.5])),
            np.mean(np.logaddexp(0, [4.0, -1.0, -0.5])),
        ),
        ("wasserstein", -1 / 3 - 0.5, 1 / 3),
    ],
)
def test_adversarial_losses_have_their_closed_form(name, discriminator, generator):
    loss = losses.get_adversarial_loss(name)
    np.testing.assert_allclose(loss.discriminator(REAL, FAKE), discriminator, rtol=1e-6)
    np.testing.assert_allclose(loss.generator(REAL, FAKE), generator, rtol=1e-6)


@pytest.mark.parametrize("name", sorted(losses.ADVERSARIAL_LOSSES))
def test_the_two_losses_pull_the_fake_logit_apart(name):
    loss = losses.get_adversarial_loss(name)
    real, fake = tf.zeros((4, 1)), tf.Variable(tf.zeros((4, 1)))
    with tf.GradientTape(persistent=True) as tape:
        by_generator = loss.generator(real, fake)
        by_discriminator = loss.discriminator(real, fake)
    assert np.all(tape.gradient(by_generator, fake) < 0)
    assert np.all(tape.gradient(by_discriminator, fake) > 0)


def test_an_adversarial_loss_object_is_taken_as_it_is():
    own = losses.AdversarialLoss("own", lambda r, f: 0.0, lambda r, f: 1.0)
    assert losses.get_adversarial_loss(own) is own


def test_an_unknown_loss_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'hinge'.*Received: loss='hings'"):
        losses.get_adversarial_loss("hings")


def test_contrastive_loss_matches_a_softmax_written_out():
    rng = np.random.default_rng(0)
    images, texts = rng.normal(size=(2, 5, 7)).astype("float32")
    unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (images, texts)]
    similarity = unit[0] @ unit[1].T / 0.2
    expected = -0.5 * np.mean(
        np.diag(log_softmax(similarity, axis=1))
        + np.diag(log_softmax(similarity, axis=0))
    )
    result = losses.contrastive_loss(images, texts, temperature=0.2)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_contrastive_loss_of_equal_vectors_is_the_logarithm_of_the_batch():
    same = np.ones((8, 3), "float32")
    np.testing.assert_allclose(
        losses.contrastive_loss(same, same), np.log(8), rtol=1e-5
    )


def test_contrastive_loss_of_perfect_pairs_is_near_zero_and_ignores_length():
    pairs = np.eye(6, dtype="float32")
    assert float(losses.contrastive_loss(pairs, 100 * pairs, 0.05)) < 1e-6


def test_bank_contrastive_loss_matches_a_softmax_written_out():
    rng = np.random.default_rng(1)
    images, texts = rng.normal(size=(2, 4, 6))
    bank = rng.normal(size=(9, 6))
    expected = []
    for image, text in zip(images, texts, strict=True):
        others = np.vstack([text, bank])
        cosines = others @ image / np.linalg.norm(others, axis=1)
        logits = cosines / np.linalg.norm(image) / 0.1
        expected.append(logsumexp(logits) - logits[0])
    result = losses.bank_contrastive_loss(images, texts, bank)
    np.testing.assert_allclose(result, np.mean(expected), rtol=1e-5)


def test_bank_contrastive_loss_falls_when_the_image_nears_its_text():
    rng = np.random.default_rng(2)
    text, far = rng.normal(size=(2, 1, 6))
    bank = rng.normal(size=(20, 6))
    values = [
        float(losses.bank_contrastive_loss(mix * text + (1 - mix) * far, text, bank))
        for mix in (0.0, 0.5, 1.0)
    ]
    assert values[0] > values[1] > values[2]


def test_token_prediction_loss_matches_a_cross_entropy_written_out():
    logits = np.array([[2.0, -1.0, 0.5, 3.0]], "float32")
    token_ids = np.array([[0, 2, 2, 3]])
    mask = np.array([[True, True, True, False]])
    probability = 1 / (1 + np.exp(-logits[0]))
    expected = -np.sum(np.log([probability[0], probability[2]]))
    expected -= np.sum(np.log([1 - probability[1], 1 - probability[3]]))
    result = losses.token_prediction_loss(logits, token_ids, mask)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_token_prediction_loss_of_zero_logits_is_known():
    result = losses.token_prediction_loss(
        np.zeros((3, 11), "float32"), np.zeros((3, 2), int), np.ones((3, 2), bool)
    )
    np.testing.assert_allclose(result, 11 * SOFTPLUS_0, rtol=1e-6)


def test_class_loss_matches_a_cross_entropy_written_out():
    logits = np.array([[2.0, -1.0, 0.5], [0.0, 1.0, 4.0]], "float32")
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log([probability[0, 1], probability[1, 2]]).mean()
    loss = losses.class_loss(logits, np.array([1, 2]))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    zero = losses.class_loss(np.zeros((4, 7), "float32"), np.array([0, 3, 6, 6]))
    np.testing.assert_allclose(zero, np.log(7), rtol=1e-6)


def test_cosine_similarity_matches_numpy_and_stays_finite_at_zero():
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    expected = [
        [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in second] for a in first
    ]
    result = losses.cosine_similarity(first, second)
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    zero = np.zeros((1, 4), "float32")
    assert np.all(np.isfinite(losses.cosine_similarity(zero, second)))


def test_layout_loss_sees_blocks_and_not_what_is_inside():
    rng = np.random.default_rng(5)
    images, targets = rng.uniform(-1, 1, (2, 3, 32, 32, 3)).astype("float32")
    blocks = (images - targets).reshape(3, 4, 8, 4, 8, 3).mean(axis=(2, 4))
    result = losses.layout_loss(images, targets, size=4)
    np.testing.assert_allclose(result, np.abs(blocks).mean(), rtol=1e-4)
    shuffled = images.reshape(3, 4, 8, 4, 8, 3)[:, :, ::-1, :, ::-1]
    shuffled = shuffled.reshape(3, 32, 32, 3)
    assert float(losses.layout_loss(images, shuffled, size=4)) < 1e-6
    assert float(losses.layout_loss(images, images)) == 0


def test_sameness_counts_what_is_missing_to_the_wanted_difference():
    first = np.zeros((3, 32, 32, 3), "float32")
    # Alike; half as different as wanted; more different than wanted.
    second = first + np.array([0.0, 0.05, 0.3], "float32")[:, None, None, None]
    loss = losses.sameness_loss(first, second, 0.1)
    np.testing.assert_allclose(loss, (1 + 0.5 + 0) / 3, rtol=1e-5)


def test_sameness_is_not_fooled_by_speckles():
    speckles = np.indices((32, 32)).sum(axis=0) % 2 * 2.0 - 1
    second = np.tile(speckles[None, :, :, None], (2, 1, 1, 3)).astype("float32")
    assert float(losses.sameness_loss(np.zeros_like(second), second, 0.1)) > 0.99


def gradient(function, inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(*inputs)
    return tape.gradient(outputs, inputs)


def linear_score(image_slope, text_slope):
    def score(image, text):
        return tf.reduce_sum(image_slope * image, axis=(1, 2, 3)) + tf.reduce_sum(
            text_slope * text, axis=1
        )

    return score


@pytest.fixture
def pair():
    rng = np.random.default_rng(4)
    image = tf.constant(rng.normal(size=(6, 4, 4, 3)).astype("float32"))
    text = tf.constant(rng.normal(size=(6, 5)).astype("float32"))
    return image, text


def test_r1_of_a_linear_score_is_its_squared_slope(pair):
    # |dD/dx|^2 = 48 * 0.5^2 = 12; gamma / 2 = 2.
    penalty = losses.R1Penalty(gamma=4.0)
    result = penalty(linear_score(0.5, 7.0), gradient, *pair)
    np.testing.assert_allclose(result, 24.0, rtol=1e-5)


def test_matching_aware_penalty_sees_image_and_text(pair):
    # |(dD/dx, dD/de)|^2 = 48 * 0.25^2 + 5 * 0.1^2 = 3.05
    result = losses.MatchingAwarePenalty()(linear_score(0.25, 0.1), gradient, *pair)
    np.testing.assert_allclose(result, 2 * 3.05**3, rtol=1e-5)


def test_finite_difference_penalty_tends_to_r1():
    image = tf.zeros((4096, 2, 2, 3))
    score = linear_score(0.5, 0.0)
    expected = losses.R1Penalty(2.0)(score, gradient, image, tf.zeros((4096, 1)))
    result = losses.FiniteDifferencePenalty(2.0, seed=1)(
        score, None, image, tf.zeros((4096, 1))
    )
    np.testing.assert_allclose(result, expected, rtol=0.1)


@pytest.mark.parametrize("name", sorted(losses.PENALTIES))
def test_a_penalty_is_differentiable_by_the_weights(name, pair):
    keras.utils.set_random_seed(0)
    head = keras.layers.Dense(1)
    features = keras.layers.Conv2D(4, 3, activation="tanh")

    def score(image, text):
        x = tf.reshape(features(image), (tf.shape(image)[0], 16))
        return head(tf.concat([x, text], axis=1))

    score(*pair)
    with tf.GradientTape() as tape:
        value = losses.PENALTIES[name]()(score, gradient, *pair)
    assert float(value) > 0
    for slope in tape.gradient(value, features.trainable_variables[:1]):
        assert np.any(slope.numpy() != 0)


def test_reconstruction_is_the_mean_absolute_difference():
    images = np.zeros((2, 4, 4, 3), "float32")
    targets = images.copy()
    targets[0] += 0.5
    assert float(losses.reconstruction_loss(images, targets)) == pytest.approx(0.25)


def test_the_divergence_is_that_of_two_normal_distributions():
    mean = np.array([[0.3, -1.0], [0.0, 0.0]], "float32")
    log_variance = np.array([[-0.5, 0.2], [0.0, 0.0]], "float32")
    # By numerical integration of q * log(q / p), one dimension at a time.
    x = np.linspace(-12, 12, 200_001)
    total = 0.0
    for m, v in zip(mean[0], np.exp(log_variance[0]), strict=True):
        q = np.exp(-((x - m) ** 2) / (2 * v)) / np.sqrt(2 * np.pi * v)
        p = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
        total += np.trapezoid(q * np.log(q / p), x)
    divergence = losses.noise_divergence(mean, log_variance)
    assert float(divergence) == pytest.approx(total / 2, rel=1e-4)


def test_repair_loss_is_a_rounded_difference_within_the_damage():
    images = np.zeros((3, 2, 2, 3), "float32")
    targets, damaged = images.copy(), np.zeros((3, 2, 2, 1), "float32")
    # One pixel far off, one nearly right, and one that is not damaged at all.
    targets[0, 0, 0], targets[0, 1, 1], targets[1] = 0.9, 0.001, 0.9
    damaged[0, 0, 0] = damaged[0, 1, 1] = 1
    far = np.hypot(0.9, 0.1) - 0.1
    near = np.hypot(0.001, 0.1) - 0.1
    expected = (far + near) / 2 / 3
    value = losses.repair_loss(images, targets, damaged)
    np.testing.assert_allclose(value, expected, rtol=1e-4)
    # What differs little counts by its square, what differs much by itself.
    assert near == pytest.approx(0.001**2 / 0.2, rel=0.01)
    assert float(losses.repair_loss(images, targets, damaged, 1e-6)) == pytest.approx(
        (0.9 + 0.001) / 2 / 3, rel=1e-3
    )


def test_parts_of_a_batch_give_the_contrastive_loss_of_the_whole():
    rng = np.random.default_rng(3)
    images, texts = (rng.normal(size=(6, 5)).astype("float32") for _ in range(2))
    whole = float(losses.contrastive_loss(images, texts))
    rows = np.array([[0, 4], [1, 2], [3, 5]])
    parts = [
        losses.contrastive_loss(
            images[places], texts[places], everyone=(images, texts, places)
        )
        for places in rows
    ]
    np.testing.assert_allclose(np.mean(parts), whole, rtol=1e-6)
    assert abs(float(losses.contrastive_loss(images[:2], texts[:2])) - whole) > 0.1


def test_the_likelihood_is_that_of_a_normal_distribution():
    from scipy.stats import norm

    rng = np.random.default_rng(0)
    z, mean, log_variance = rng.normal(size=(3, 5, 4)).astype("float32")
    expected = -norm.logpdf(z, mean, np.exp(log_variance / 2)).mean()
    found = losses.noise_likelihood_loss(z, mean, log_variance)
    assert float(found) == pytest.approx(expected - np.log(2 * np.pi) / 2, rel=1e-5)
