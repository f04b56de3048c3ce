"""Adversarial losses in named pairs, penalties, and the contrastive loss.

Every function takes logits (no sigmoid) of shape `(batch,)` or `(batch, 1)` and returns
a float32 scalar, the mean over the batch. An `AdversarialLoss` object is what
`TextToImageGAN.compile(loss=...)` takes.
"""

import dataclasses
from collections.abc import Callable

import keras
from keras import ops


def hinge_discriminator_loss(real, fake):
    """Return `mean(max(0, 1 - real)) + mean(max(0, 1 + fake))`.

    Reference: Lim and Ye, 2017, "Geometric GAN"; Miyato et al., 2018 (eq. 16).
    """
    return ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))


def hinge_generator_loss(real, fake):
    """Return `-mean(fake)` (Miyato et al., 2018, eq. 17). `real` is not used."""
    del real
    return -ops.mean(fake)


def non_saturating_discriminator_loss(real, fake):
    """Return `mean(softplus(-real)) + mean(softplus(fake))`.

    Reference: Goodfellow et al., 2014, "Generative adversarial nets" (eq. 1).
    """
    return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))


def non_saturating_generator_loss(real, fake):
    """Return `mean(softplus(-fake))` (Goodfellow et al., 2014, sec. 3)."""
    del real
    return ops.mean(ops.softplus(-fake))


def relativistic_discriminator_loss(real, fake):
    """Return `mean(softplus(fake - real))`: each real image against its own fake.

    Reference: Jolicoeur-Martineau, 2019, "The relativistic discriminator" (RpGAN);
    Huang et al., 2024, "R3GAN" (eq. 2).
    """
    return ops.mean(ops.softplus(fake - real))


def relativistic_generator_loss(real, fake):
    """Return `mean(softplus(real - fake))`; see `relativistic_discriminator_loss`."""
    return ops.mean(ops.softplus(real - fake))


def wasserstein_discriminator_loss(real, fake):
    """Return `mean(fake) - mean(real)` (Arjovsky et al., 2017, eq. 3).

    Train it with a penalty: nothing else bounds the discriminator.
    """
    return ops.mean(fake) - ops.mean(real)


def wasserstein_generator_loss(real, fake):
    """Return `-mean(fake)` (Arjovsky et al., 2017). `real` is not used."""
    del real
    return -ops.mean(fake)


@dataclasses.dataclass(frozen=True)
class AdversarialLoss:
    """A generator loss and the discriminator loss that belongs to it.

    Args:
        name: str. Name in `ADVERSARIAL_LOSSES`.
        generator: Function `(real, fake) -> scalar`.
        discriminator: Function `(real, fake) -> scalar`.
        saturates: bool. Whether the discriminator's slope by a fake logit can be zero
            where the generator's is not. Where it cannot, one backward pass through the
            discriminator serves both; see `TextToImageGAN.train_step`.
    """

    name: str
    generator: Callable
    discriminator: Callable
    saturates: bool = False


ADVERSARIAL_LOSSES = {
    loss.name: loss
    for loss in (
        AdversarialLoss(
            "hinge", hinge_generator_loss, hinge_discriminator_loss, saturates=True
        ),
        AdversarialLoss(
            "non_saturating",
            non_saturating_generator_loss,
            non_saturating_discriminator_loss,
        ),
        AdversarialLoss(
            "relativistic",
            relativistic_generator_loss,
            relativistic_discriminator_loss,
        ),
        AdversarialLoss(
            "wasserstein", wasserstein_generator_loss, wasserstein_discriminator_loss
        ),
    )
}


def get_adversarial_loss(identifier):
    """Return an `AdversarialLoss` by name, or the object itself.

    Raises:
        ValueError: If a name is unknown.

    Example:
    >>> from aigc_keras import losses
    >>> losses.get_adversarial_loss("hinge").name
    'hinge'
    """
    if isinstance(identifier, AdversarialLoss):
        return identifier
    if identifier not in ADVERSARIAL_LOSSES:
        raise ValueError(
            f"`loss` must be one of {sorted(ADVERSARIAL_LOSSES)} or an "
            f"`AdversarialLoss`. Received: loss={identifier!r}"
        )
    return ADVERSARIAL_LOSSES[identifier]


def contrastive_loss(images, texts, temperature=0.1, everyone=None):
    """Return the symmetric in-batch InfoNCE loss between images and their texts.

    `L = (CE(s, diag) + CE(s^T, diag)) / 2` with `s_ij = cos(image_i, text_j) / t`.

    Reference: van den Oord et al., 2018 (eq. 4); Radford et al., 2021, "CLIP" (fig. 3);
    as a GAN term: Zhang et al., 2021, "XMC-GAN" (eq. 5).

    Args:
        images: `(batch, dim)` float. Need not be normalised.
        texts: `(batch, dim)` float; row i belongs to image i.
        temperature: float or scalar tensor, default 0.1.
        everyone: Tuple of the images and texts of the whole batch, `(number, dim)`
            each, and the places of these rows in it; for rows that are a part of one.
            Default: these rows are the batch.

    Returns:
        float32 scalar, `log(batch)` for vectors that tell nothing apart.
    """
    if everyone is not None:
        all_images, all_texts, places = everyone
        loss = keras.losses.sparse_categorical_crossentropy
        rows = [
            loss(places, cosine_similarity(*pair) / temperature, from_logits=True)
            for pair in ((images, all_texts), (texts, all_images))
        ]
        return ops.mean(rows[0] + rows[1]) / 2
    similarity = cosine_similarity(images, texts) / temperature
    labels = ops.arange(ops.shape(similarity)[0])
    loss = keras.losses.sparse_categorical_crossentropy
    by_image = loss(labels, similarity, from_logits=True)
    by_text = loss(labels, ops.transpose(similarity), from_logits=True)
    return ops.mean(by_image + by_text) / 2


def bank_contrastive_loss(images, texts, bank, temperature=0.1):
    """Return InfoNCE of each image against its own text and a bank of other texts.

    A text costs nothing once it is encoded, so the negatives may be many more than the
    batch: among a thousand captions some differ from the image's own in one word only,
    and it is those that teach that word.

    Reference: He et al., 2020, "MoCo" (eq. 1), with a fixed bank of text vectors.

    Args:
        images: `(batch, dim)` float.
        texts: `(batch, dim)` float; row i belongs to image i.
        bank: `(number, dim)` float, vectors of other captions. One that says the same
            as row i only raises the floor of the loss.
        temperature: float, default 0.1.

    Returns:
        float32 scalar.
    """
    positive = ops.sum(_normalise(images) * _normalise(texts), axis=-1, keepdims=True)
    logits = ops.concatenate([positive, cosine_similarity(images, bank)], axis=1)
    logits = logits / temperature
    return ops.mean(ops.logsumexp(logits, axis=1) - logits[:, 0])


def token_prediction_loss(logits, token_ids, padding_mask):
    """Return the one-versus-all logistic loss of predicting a caption's tokens.

    Summed over the vocabulary, mean over the batch. Every token counts alike, so the
    one word that tells two captions apart is not outvoted by those they share.

    Reference: Joulin et al., 2016 (sec. 3.1, one-versus-all logistic loss).

    Args:
        logits: `(batch, vocabulary_size)` float.
        token_ids: `(batch, length)` int.
        padding_mask: `(batch, length)` bool, True at real tokens.

    Returns:
        float32 scalar, `vocabulary_size * log(2)` for logits of zero.
    """
    logits = ops.cast(logits, "float32")
    present = ops.one_hot(token_ids, logits.shape[-1], dtype="float32")
    present = ops.max(present * ops.cast(padding_mask, "float32")[..., None], axis=1)
    loss = ops.softplus(logits) - present * logits
    return ops.mean(ops.sum(loss, axis=-1))


def class_loss(logits, labels):
    """Return the cross-entropy of the classes of images, `-mean(log p(label))`.

    Reference: Odena et al., 2017, "Conditional image synthesis with auxiliary
    classifier GANs" (eq. 3). Deviation: of real images alone.

    Args:
        logits: `(batch, num_classes)` float.
        labels: `(batch,)` int, from 0 to `num_classes - 1`.

    Returns:
        float32 scalar, `log(num_classes)` for logits of zero.
    """
    logits = ops.cast(logits, "float32")
    loss = keras.losses.sparse_categorical_crossentropy
    return ops.mean(loss(labels, logits, from_logits=True))


def next_token_loss(logits, token_ids, padding_mask, count=None):
    """Return the loss of predicting each token of a caption from those before it.

    Mean in nats over the real tokens of the batch but the first.

    Reference: Radford et al., 2019, "GPT-2" (eq. 1).

    Args:
        logits: `(batch, length, vocabulary_size)` float, of the token after each.
        token_ids: `(batch, length)` int.
        padding_mask: `(batch, length)` bool, True at real tokens.
        count: float. What the sum is divided by; default: the number of these tokens.

    Returns:
        float32 scalar, `log(vocabulary_size)` for logits of zero.
    """
    real = ops.cast(padding_mask[:, 1:], "float32")
    count = ops.sum(real) if count is None else count
    losses = keras.losses.sparse_categorical_crossentropy(
        token_ids[:, 1:], ops.cast(logits[:, :-1], "float32"), from_logits=True
    )
    return ops.sum(losses * real) / ops.maximum(count, 1.0)


def layout_loss(images, targets, size=16):
    """Return the mean absolute difference of two batches seen from afar.

    Both are averaged down to `size` pixels a side first: the term settles what is where
    in which colour, and leaves everything finer to the adversarial loss. Strong, it is
    for data sets with few pictures, where a caption means one of them.

    Reference: Isola et al., 2017, "pix2pix" (eq. 3, L1). Deviation: at a low scale.

    Args:
        images: `(batch, side, side, 3)` float in [-1, 1]; `size` divides `side`.
        targets: The same, the captions' own pictures.
        size: int. Pixels a side that are compared, default 16.

    Returns:
        float32 scalar in [0, 2].
    """
    factor = images.shape[1] // size
    difference = ops.cast(images, "float32") - ops.cast(targets, "float32")
    return ops.mean(ops.abs(ops.average_pool(difference, factor)))


def reconstruction_loss(images, targets):
    """Return the mean absolute difference of two batches, pixel by pixel.

    Reference: Zhu et al., 2017, "BicycleGAN" (eq. 4).

    Args:
        images: `(batch, side, side, 3)` float in [-1, 1].
        targets: The same.

    Returns:
        float32 scalar in [0, 2].
    """
    difference = ops.cast(images, "float32") - ops.cast(targets, "float32")
    return ops.mean(ops.abs(difference))


def noise_divergence(mean, log_variance):
    """Return how far normal distributions are from the standard one.

    The Kullback-Leibler divergence `sum(m^2 + v - log(v) - 1) / 2` over the dimensions,
    mean over the batch.

    Reference: Kingma and Welling, 2014, "Auto-encoding variational Bayes" (app. B).

    Args:
        mean: `(batch, dim)` float.
        log_variance: `(batch, dim)` float.

    Returns:
        float32 scalar from 0 up, in nats.
    """
    terms = ops.square(mean) + ops.exp(log_variance) - log_variance - 1.0
    return ops.mean(ops.sum(terms, axis=-1)) / 2


def noise_likelihood_loss(noise, mean, log_variance):
    """Return how unlikely known noise is under normal distributions that were found.

    `((z - m)^2 / v + log(v)) / 2`, mean over the dimensions and the batch: the negative
    log likelihood in nats a dimension, but for a constant.

    Reference: Chen et al., 2016, "InfoGAN" (sec. 5: the latent code's likelihood).

    Args:
        noise: `(batch, dim)` float.
        mean: `(batch, dim)` float.
        log_variance: `(batch, dim)` float.

    Returns:
        float32 scalar.
    """
    squares = ops.square(noise - mean) * ops.exp(-log_variance)
    return ops.mean(squares + log_variance) / 2


def sameness_loss(first, second, difference, size=16):
    """Return by how much two drawings of the same captions differ too little.

    `mean(max(0, 1 - d_i / difference))` with `d_i` the mean absolute difference of a
    pair, both averaged down to `size` pixels a side, so that noise does not count.

    Reference: Yang et al., 2019, "Diversity-sensitive conditional GANs" (eq. 3, with
    its bound); Mao et al., 2019, "Mode seeking GANs" (eq. 5).

    Args:
        first: `(batch, side, side, 3)` float in [-1, 1]; `size` divides `side`.
        second: The same, drawn from other noise.
        difference: float. The difference that is enough, in the images' range.
        size: int. Pixels a side that are compared, default 16.

    Returns:
        float32 scalar in [0, 1]; 0 where there is no pair.
    """
    factor = first.shape[1] // size
    change = ops.cast(first, "float32") - ops.cast(second, "float32")
    change = ops.mean(ops.abs(ops.average_pool(change, factor)), axis=(1, 2, 3))
    number = ops.maximum(ops.cast(ops.shape(change)[0], "float32"), 1.0)
    return ops.sum(ops.relu(1.0 - change / difference)) / number


def repair_loss(images, targets, damaged, roundness=0.1):
    """Return the absolute difference of images where they were damaged, rounded at 0.

    `sqrt(d^2 + r^2) - r`, mean over a picture's damaged pixels, then over pictures: a
    small hole counts as much as a large one. A picture without damage counts as 0. By
    the bare absolute value the many pixels that are nearly right already would pull as
    hard as those few that are wrong.

    Reference: Charbonnier et al., 1994, "Two deterministic half-quadratic
    regularization algorithms" (table 1); Pathak et al., 2016, "Context encoders" (eq.
    1, within the mask).

    Args:
        images: `(batch, height, width, 3)` float in [-1, 1].
        targets: The same, the pictures as they were.
        damaged: `(batch, height, width, 1)` float, 1 where a pixel was damaged, else 0.
        roundness: float, above 0. The `r` above: what differs by less counts by its
            square.

    Returns:
        float32 scalar in [0, 2].
    """
    difference = ops.cast(images, "float32") - ops.cast(targets, "float32")
    distance = ops.sqrt(ops.square(difference) + roundness**2) - roundness
    distance = ops.mean(distance, axis=-1, keepdims=True) * damaged
    area = ops.maximum(ops.sum(damaged, axis=(1, 2, 3)), 1.0)
    return ops.mean(ops.sum(distance, axis=(1, 2, 3)) / area)


def cosine_similarity(first, second):
    """Return all cosines between two sets of vectors.

    Args:
        first: `(n, dim)` float.
        second: `(m, dim)` float.

    Returns:
        `(n, m)` float32 in [-1, 1].
    """
    return ops.matmul(_normalise(first), ops.transpose(_normalise(second)))


def _normalise(vectors):
    return ops.normalize(ops.cast(vectors, "float32"), axis=-1, epsilon=1e-6)


@dataclasses.dataclass(frozen=True)
class R1Penalty:
    """Gradient penalty on real images, `gamma / 2 * mean(|dD/dx|^2)`.

    Reference: Mescheder et al., 2018, "Which training methods for GANs do actually
    converge?" (eq. 9). A penalty is called with `score`, a function of image and text
    that returns logits, and `gradient(function, inputs)`, the backend's derivative.

    Args:
        gamma: float. Strength, default 1.
    """

    gamma: float = 1.0

    def __call__(self, score, gradient, image, text):
        """Return the penalty, a float32 scalar."""
        (by_image,) = gradient(lambda x: score(x, text), [image])
        return self.gamma / 2 * ops.mean(_squared_norm(by_image))


@dataclasses.dataclass(frozen=True)
class MatchingAwarePenalty:
    """Penalty on real images with their own text, `k * mean(|(dD/dx, dD/de)|^p)`.

    Reference: Tao et al., 2022, "DF-GAN" (eq. 2), with k = 2 and p = 6.

    Args:
        k: float. Strength.
        p: float. Power of the joint norm.
    """

    k: float = 2.0
    p: float = 6.0

    def __call__(self, score, gradient, image, text):
        """Return the penalty, a float32 scalar."""
        by_image, by_text = gradient(score, [image, text])
        squared = _squared_norm(by_image) + _squared_norm(by_text)
        return self.k * ops.mean(ops.power(squared + 1e-12, self.p / 2))


@dataclasses.dataclass(frozen=True)
class FiniteDifferencePenalty:
    """R1 without second derivatives, from the score's change under a little noise.

    `gamma / 2 * mean(((D(x + s * n) - D(x)) / s)^2)` with standard normal `n`; its
    expectation tends to R1's as `s` goes to zero, and it costs a plain forward pass.

    Args:
        gamma: float. Strength, default 1.
        sigma: float. Standard deviation of the noise, image range [-1, 1].
        seed: int. Seeds the noise.
    """

    gamma: float = 1.0
    sigma: float = 0.05
    seed: int = 0

    def __call__(self, score, gradient, image, text):
        """Return the penalty, a float32 scalar."""
        del gradient
        noise = keras.random.normal(ops.shape(image), seed=self.seed)
        change = score(image + self.sigma * noise, text) - score(image, text)
        return self.gamma / 2 * ops.mean(ops.square(change / self.sigma))


PENALTIES = {
    "r1": R1Penalty,
    "matching_aware": MatchingAwarePenalty,
    "finite_difference": FiniteDifferencePenalty,
}


def _squared_norm(tensor):
    squared = ops.square(ops.cast(tensor, "float32"))
    return ops.sum(ops.reshape(squared, (ops.shape(squared)[0], -1)), axis=-1)
