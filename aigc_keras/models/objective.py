"""What the two networks minimise, term by term."""

import dataclasses

import tensorflow as tf
from keras import ops

from aigc_keras import losses
from aigc_keras.models.randomness import training_chances

LOSS_NAMES = (
    "generator_loss",
    "discriminator_loss",
    "generator_matching",
    "discriminator_matching",
    "judge_matching",
    "judge_tokens",
    "layout",
    "penalty",
)


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """How much each term counts beside the adversarial loss, whose weight is 1.

    Args:
        wrong_caption: float. Share of the fake term that is a real image under another
            image's caption, 0 to 1 (Reed et al., 2016; DF-GAN eq. 1 has 0.5).
        matching: float. InfoNCE on the discriminator's trunk, for both networks.
        judge_matching: float. InfoNCE of the generated image, seen by the frozen image
            encoder, against its caption and the caption bank.
        judge_temperature: float. Temperature of that term. A sharper one, 0.05, gave
            noisier textures and no better agreement.
        judge_tokens: float. Token prediction on the generated image by the same.
        layout: float. Difference from the caption's own picture at a low scale, see
            `losses.layout_loss`; 0 leaves it out.
    """

    wrong_caption: float = 0.5
    matching: float = 0.3
    judge_matching: float = 1.0
    judge_temperature: float = 0.1
    judge_tokens: float = 0.1
    layout: float = 0.0


def loss_terms(gan, data, fake, training):
    """Return every loss term of a batch, from one trunk pass for real and fake.

    Args:
        gan: Compiled `TextToImageGAN`.
        data: Dict of `image`, `text_embedding` and, for a judge, `token_ids` and
            `padding_mask`.
        fake: `(batch, size, size, 3)` float32, the generator's images.
        training: bool. Whether the penalty counts.

    Returns:
        Dict from some of `LOSS_NAMES` to float32 scalars. `generator_loss` and
        `discriminator_loss` are the weighted sums, the others their parts, unweighted.
    """
    image, text = data["image"], data["text_embedding"]
    weights, adversarial = gan.loss_weights, gan.adversarial_loss
    discriminator = gan.discriminator
    both = ops.concatenate([image, fake], axis=0)
    if gan.diff_augment is not None and training:
        step = gan.optimizer.iterations
        chances = training_chances(gan.seed, step, ops.shape(both)[0])
        both = gan.diff_augment(both, chances)
    features = discriminator.trunk(both, training=training)
    real_features, fake_features = ops.split(features, 2, axis=0)
    # Three pairs: real with its text, fake with its text, real with another's text.
    wrong_text = ops.roll(text, 1, axis=0)
    logits = discriminator.validity_head(
        {
            "features": ops.concatenate([features, real_features], axis=0),
            "text_embedding": ops.concatenate([text, text, wrong_text], axis=0),
        },
        training=training,
    )
    real, fake_logits, wrong = ops.split(logits, 3, axis=0)
    share = weights.wrong_caption
    discriminator_loss = (1 - share) * adversarial.discriminator(real, fake_logits)
    discriminator_loss += share * adversarial.discriminator(real, wrong)
    generator_loss = adversarial.generator(real, fake_logits)

    terms = {}
    text_vector = discriminator.text_projection(text)
    for name, part in (("discriminator", real_features), ("generator", fake_features)):
        terms[f"{name}_matching"] = losses.contrastive_loss(
            discriminator.matching_head(part), text_vector
        )
    generator_loss += weights.matching * terms["generator_matching"]
    discriminator_loss += weights.matching * terms["discriminator_matching"]
    if gan.judge is not None:
        terms |= _judge_terms(gan, data, fake)
        generator_loss += weights.judge_matching * terms["judge_matching"]
        generator_loss += weights.judge_tokens * terms["judge_tokens"]
    if weights.layout:
        terms["layout"] = losses.layout_loss(fake, image)
        generator_loss += weights.layout * terms["layout"]
    if gan.penalty is not None and training:
        terms["penalty"] = gan.penalty(_score(discriminator), _gradient, image, text)
        discriminator_loss += terms["penalty"]
    terms["generator_loss"] = generator_loss
    terms["discriminator_loss"] = discriminator_loss
    return terms


def _judge_terms(gan, data, fake):
    verdict = gan.judge(fake, training=False)
    return {
        "judge_matching": losses.bank_contrastive_loss(
            verdict["image_vector"],
            data["text_embedding"],
            gan.caption_bank,
            gan.loss_weights.judge_temperature,
        ),
        "judge_tokens": losses.token_prediction_loss(
            verdict["token_logits"], data["token_ids"], data["padding_mask"]
        ),
    }


def _score(discriminator):
    def score(image, text):
        inputs = {"image": image, "text_embedding": text}
        return discriminator(inputs, training=True)["validity"]

    return score


def _gradient(function, inputs):
    """Return the gradients of a function's sum with respect to its inputs."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(*inputs)
    return tape.gradient(outputs, inputs)
