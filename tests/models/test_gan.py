"""The combined model: one step, the moving average, drawing, and its errors."""

import collections
from statistics import NormalDist

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.datasets import CaptionedDataset, DatasetError
from aigc_keras.language import CaptionError, GPT2TextEncoder
from aigc_keras.models import (
    Discriminator,
    Generator,
    ImageEncoder,
    LossWeights,
    TextToImageGAN,
)
from aigc_keras.models.objective import loss_terms
from aigc_keras.models.randomness import noise_from_seed


def plain(**weights):
    """The weights with no term that only `shapes` needs, but those that are given."""
    return LossWeights(**{"layout": 0.0, "diversity": 0.0, **weights})


def weights_of(network):
    return [np.array(weight) for weight in network.get_weights()]


def any_changed(before, after):
    return [np.any(a != b) for a, b in zip(before, after, strict=True)]


@pytest.fixture(scope="module")
def text_encoder():
    return GPT2TextEncoder.from_captions(
        ["a red circle", "a blue square", "一个红色的圆形"] * 4,
        vocabulary_size=280,
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        epochs=1,
        seed=0,
    )


def test_it_is_one_functional_model(make_gan, make_batch):
    gan, batch = make_gan(), make_batch()
    inputs = {
        "text_embedding": tf.constant(batch["text_embedding"]),
        "noise": gan.draw_noise(0, 4),
    }
    outputs = gan(inputs)
    np.testing.assert_array_equal(outputs["image"], gan.generator(inputs))
    validity = gan.discriminator(
        {"image": outputs["image"], "text_embedding": inputs["text_embedding"]}
    )["validity"]
    np.testing.assert_allclose(outputs["validity"], validity, rtol=1e-5)


def test_a_step_moves_both_networks_and_both_optimizers(make_gan, make_batch):
    gan = make_gan(judge=True)
    gan.compile(loss_weights=plain())
    before = weights_of(gan.generator), weights_of(gan.discriminator)
    judge, bank = weights_of(gan.judge), gan.caption_bank.numpy()
    logs = gan.train_on_batch(make_batch(), return_dict=True)
    assert gan.optimizer.iterations == 1
    assert gan.discriminator_optimizer.iterations == 1
    assert any(any_changed(before[0], weights_of(gan.generator)))
    # All but the last bias: in the hinge loss real and fake logits outweigh it.
    assert sum(any_changed(before[1], weights_of(gan.discriminator))) >= (
        len(before[1]) - 1
    )
    assert not any(any_changed(judge, weights_of(gan.judge)))
    np.testing.assert_array_equal(gan.caption_bank, bank)
    assert set(logs) == set(losses_names(judge=True))
    assert all(np.isfinite(value) for value in logs.values())


def losses_names(judge):
    names = ["generator_loss", "discriminator_loss"]
    names += ["generator_adversarial", "discriminator_matching", "guidance"]
    return names + ["judge_matching", "judge_tokens"] * judge


def test_each_network_follows_its_own_loss(make_gan, make_batch):
    """Plain descent by hand gives what the step gives."""
    gan, batch = make_gan(), make_batch()
    gan.compile(
        keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), loss_weights=plain()
    )
    data = {key: tf.constant(value) for key, value in batch.items()}
    expected = []
    for loss, network in (
        ("generator_loss", gan.generator),
        ("discriminator_loss", gan.discriminator),
    ):
        variables = network.trainable_variables
        inputs = {
            "text_embedding": data["text_embedding"],
            "noise": gan.draw_noise(0, 4),
        }
        with tf.GradientTape() as tape:
            fake = gan.generator(inputs, training=True)
            value = loss_terms(gan, data, fake, True)[0][loss]
        slopes = tape.gradient(value, variables, unconnected_gradients="zero")
        expected.append(
            [v.numpy() - 0.1 * s for v, s in zip(variables, slopes, strict=True)]
        )
    gan.train_on_batch(batch)
    for network, values in zip(
        (gan.generator, gan.discriminator), expected, strict=True
    ):
        for variable, value in zip(network.trainable_variables, values, strict=True):
            np.testing.assert_allclose(variable, value, rtol=1e-4, atol=1e-6)


def test_the_average_follows_its_formula(make_gan, make_batch):
    gan = make_gan()
    gan.compile(ema_half_life=8)
    expected = weights_of(gan.generator)
    for step in range(1, 12):
        gan.train_on_batch(make_batch(seed=step))
        # 0.5 ** (4 / 8), less in the first steps.
        beta = min(0.5**0.5, (1 + step) / (10 + step))
        expected = [
            beta * old + (1 - beta) * new
            for old, new in zip(expected, weights_of(gan.generator), strict=True)
        ]
    for value, average in zip(expected, weights_of(gan.ema_generator), strict=True):
        np.testing.assert_allclose(average, value, rtol=1e-4, atol=1e-6)


def test_evaluate_changes_nothing_and_uses_the_average(make_gan, make_batch):
    gan, batch = make_gan(), make_batch()
    gan.compile(loss_weights=plain())
    gan.train_on_batch(batch)
    before = weights_of(gan)
    gan.reset_metrics()
    logs = gan.test_on_batch(batch, return_dict=True)
    assert not any(any_changed(before, weights_of(gan)))
    data = {key: tf.constant(value) for key, value in batch.items()}
    text, noise = data["text_embedding"], gan.draw_noise(0, 4)
    fake = gan.ema_generator({"text_embedding": text, "noise": noise})
    expected, _ = loss_terms(gan, data, fake, False)
    np.testing.assert_allclose(
        logs["generator_loss"], expected["generator_loss"], rtol=1e-4
    )


def test_the_same_seed_trains_the_same_weights(make_gan, make_batch):
    results = []
    for seed in (3, 3, 4):
        gan = make_gan(seed=seed)
        gan.compile(loss_weights=plain())
        for step in range(3):
            gan.train_on_batch(make_batch(seed=step))
        results.append(weights_of(gan.generator))
    assert not any(any_changed(results[0], results[1]))
    assert any(any_changed(results[0], results[2]))


def test_it_learns_a_picture(make_gan):
    """A batch of one colour: the averaged generator ends near it."""
    gan = make_gan()
    gan.compile(keras.optimizers.Adam(1e-2, 0.0), keras.optimizers.Adam(1e-3, 0.0))
    rng = np.random.default_rng(0)
    image = np.full((8, 32, 32, 3), [0.8, -0.8, -0.8], "float32")
    image += rng.normal(scale=0.02, size=image.shape).astype("float32")
    text = rng.normal(size=(8, 8)).astype("float32")
    data = tf.data.Dataset.from_tensors({"image": image, "text_embedding": text})
    start = gan.draw(text, gan.draw_noise(0, 8)).mean(axis=(0, 1, 2))
    gan.fit(data.repeat(), steps_per_epoch=180, verbose=0)
    colour = gan.draw(text, gan.draw_noise(0, 8)).mean(axis=(0, 1, 2))
    target = np.array([229, 25, 25])
    assert np.abs(colour - target).mean() < 0.5 * np.abs(start - target).mean()


def test_mixed_precision_keeps_weights_and_average_in_float32(make_gan, make_batch):
    gan = make_gan(judge=True, dtype="mixed_bfloat16")
    gan.compile(loss_weights=plain())
    logs = gan.train_on_batch(make_batch(), return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    assert {w.dtype for w in gan.generator.weights} == {"float32"}
    assert gan.ema_generator.policy.name == "float32"


def test_a_seed_is_a_picture(make_gan, text_encoder):
    gan = make_gan(text_encoder=text_encoder)
    prompts = ["a red circle", "一个红色的圆形"]
    images = gan.generate(prompts, seed=[5, 6])
    assert images.shape == (2, 32, 32, 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, gan.generate(prompts, seed=5))
    # Alone, in other company, in another order: the same pixels.
    np.testing.assert_array_equal(images[1:], gan.generate(prompts[1], seed=6))
    np.testing.assert_array_equal(
        images[::-1], gan.generate(prompts[::-1], seed=[6, 5])
    )
    assert np.any(images[0] != gan.generate(prompts[0], seed=7)[0])
    assert gan.generate([]).shape == (0, 32, 32, 3)


def test_noise_belongs_to_its_seed():
    first = noise_from_seed(1, 1000)
    np.testing.assert_array_equal(first, noise_from_seed(1, 1000))
    assert abs(np.corrcoef(first, noise_from_seed(2, 1000))[0, 1]) < 0.1
    assert abs(np.mean(first)) < 0.1 and abs(np.std(first) - 1) < 0.1
    assert np.all(np.isfinite(noise_from_seed(2**63 - 1, 4)))


def test_truncated_noise_keeps_its_quantile():
    noise = np.array(noise_from_seed(1, 20_000))
    cut = np.array(noise_from_seed(1, 20_000, truncation=1.0))
    assert np.abs(cut).max() <= 1
    assert np.all(np.diff(cut[np.argsort(noise)]) > -1e-5)
    normal = NormalDist()
    low, high = normal.cdf(-1), normal.cdf(1)
    expected = [normal.inv_cdf(low + (high - low) * normal.cdf(z)) for z in noise[:200]]
    np.testing.assert_allclose(cut[:200], expected, atol=1e-4)
    wide = noise_from_seed(1, 200, truncation=8.0)
    np.testing.assert_allclose(wide, noise_from_seed(1, 200), atol=1e-3)
    with pytest.raises(ValueError, match="Received: truncation=0"):
        noise_from_seed(1, 4, truncation=0)


def test_truncation_makes_drawings_alike(make_gan, text_encoder):
    gan = make_gan(text_encoder=text_encoder)
    prompts = ["a red circle"] * 6
    free, tight = (
        gan.generate(prompts, truncation=value).astype(float).std(axis=0).mean()
        for value in (None, 0.1)
    )
    assert tight < free
    gan.truncation = 0.1
    own = gan.generate(prompts).astype(float).std(axis=0).mean()
    assert own == tight


@pytest.mark.parametrize(
    "caption", ["", "   ", "a\x00b", "\ud800", "word " * 800], ids=repr
)
def test_captions_that_cannot_be_drawn_are_refused(caption, make_gan, text_encoder):
    with pytest.raises(CaptionError):
        make_gan(text_encoder=text_encoder).generate(caption)


def test_seeds_must_be_as_many_as_captions(make_gan, text_encoder):
    gan = make_gan(text_encoder=text_encoder)
    with pytest.raises(ValueError, match="Received: 1 seeds for 2 captions"):
        gan.generate(["a", "b"], seed=[1])


def test_generate_needs_a_text_encoder(make_gan):
    with pytest.raises(ValueError, match="Received: text_encoder=None"):
        make_gan().generate("a red circle")


def test_adapt_needs_a_judge(make_gan):
    with pytest.raises(ValueError, match="Received: judge=None"):
        make_gan().adapt(None)


def test_a_flip_that_would_lie_is_refused_before_training(make_gan, text_encoder):
    gan = make_gan(text_encoder=text_encoder)
    gan.compile(loss_weights=plain())
    images = np.zeros((4, 32, 32, 3), "uint8")
    dataset = CaptionedDataset("sides", "train", images, [["on the left"]] * 4, 2)
    with pytest.raises(DatasetError, match="'on the left'"):
        gan.fit(dataset, augmentation=("flip",))
    assert gan.optimizer.iterations == 0


def test_labels_count_where_the_classes_are_the_model_s_own(
    make_recognizer, text_encoder
):
    gan = make_recognizer(text_encoder)
    gan.compile(loss_weights=plain())
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), "uint8")
    texts = [["a red circle"]] * 4
    for names, labels in (
        (["cat", "dog", "owl"], [0, 1, 2, 0]),
        # More classes than the model has: their labels would be none of its own.
        (["ant", "bee", "cow", "dog", "eel"], [4, 3, 2, 1]),
    ):
        dataset = CaptionedDataset(
            "animals", "train", images, texts, 4, np.array(labels), names
        )
        logs = gan.fit(dataset, verbose=0).history
        assert ("discriminator_classes" in logs) == ("cat" in names)
        assert np.isfinite(logs["discriminator_loss"]).all()


def test_an_unknown_loss_is_refused_at_compile(make_gan):
    with pytest.raises(ValueError, match="Received: loss='gan'"):
        make_gan().compile(loss="gan")


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="Received: huge"):
        TextToImageGAN.from_preset("huge")


def test_parts_must_fit():
    generator = Generator(32, 8, 4, base_channels=2)
    discriminator = Discriminator(32, 8, base_channels=2)
    with pytest.raises(ValueError, match="Received: 32 and 64"):
        TextToImageGAN(generator, Discriminator(64, 8, base_channels=2))
    with pytest.raises(ValueError, match="'discriminator': 9"):
        TextToImageGAN(generator, Discriminator(32, 9, base_channels=2))
    judge = ImageEncoder(32, 8, 5, base_channels=2)
    with pytest.raises(ValueError, match="Received: caption_bank=None"):
        TextToImageGAN(generator, discriminator, judge=judge)


@pytest.mark.parametrize("classes", [False, True])
def test_no_sum_of_a_step_depends_on_which_buffer_comes_free_first(
    classes, make_gan, make_recognizer, make_batch, nodes_of_a_step
):
    """AddN begins with an input nobody else reads; a race decides about the others.

    A run that was killed and resumed once reported a loss that differed in its last
    bit: the graph optimizer had joined `guidance`, read twice, into such a sum.
    """
    gan = make_recognizer() if classes else make_gan(judge=True)
    gan.compile(loss_weights=plain(layout=1.0))
    batch = make_batch() | ({"label": np.array([0, 2, 1, 1])} if classes else {})
    nodes = nodes_of_a_step(gan, batch)
    readers = collections.Counter(name for node in nodes for name in data_inputs(node))
    sums = [data_inputs(node) for node in nodes if node.op == "AddN"]
    assert any(len(inputs) > 2 for inputs in sums)
    for inputs in sums:
        assert len(inputs) == 2 or all(readers[name] == 1 for name in inputs), inputs


def data_inputs(node):
    return [name.split(":")[0] for name in node.input if not name.startswith("^")]


def test_a_plain_compile_begins_gently(make_gan):
    """At the full rate from the first step, `fit` once drew empty backgrounds."""
    gan = make_gan()
    gan.compile()
    for optimizer in (gan.optimizer, gan.discriminator_optimizer):
        assert float(optimizer.learning_rate) < 1e-5
