"""What the two networks minimise, term by term."""

import dataclasses

import keras
import tensorflow as tf
from keras import ops

from aigc_keras import losses
from aigc_keras.models.discriminator import validity
from aigc_keras.models.next_token_readout import known_next_token_loss
from aigc_keras.models.noise_encoder import sample_noise
from aigc_keras.models.replicas import gather_rows, num_replicas, own_places, own_rows

TINY = 1e-12

LOSS_NAMES = (
    "generator_loss",
    "discriminator_loss",
    "generator_adversarial",
    "discriminator_matching",
    "discriminator_classes",
    "guidance",
    "judge_matching",
    "judge_tokens",
    "judge_next_token",
    "layout",
    "sameness",
    "reconstruction",
    "divergence",
    "cycle",
    "penalty",
    "language_model",
    "captioner",
)


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """How much each term counts beside the adversarial loss, whose weight is 1.

    Args:
        wrong_caption: float. Share of the fake term that is a real image under another
            image's caption, 0 to 1 (Reed et al., 2016; DF-GAN eq. 1 has 0.5).
        matching: float. InfoNCE between real images and their captions, for the
            discriminator.
        classes: float. Cross-entropy of the real images' classes, for the
            discriminator, where it has classes and the batch has labels.
        judge_matching: float. InfoNCE of the generated image, seen by the frozen image
            encoder, against its caption and the caption bank.
        judge_temperature: float. Temperature of that term. A sharper one, 0.05, gave
            noisier textures and no better agreement.
        judge_tokens: float. Token prediction on the generated image by the same.
        judge_next_token: float. The loss of reading the caption's next token off the
            generated image's vector, given its beginning, in nats a token; see
            `NextTokenReadout`. 0 leaves it out, as does a model without a readout.
        layout: float. Difference from the caption's own picture at a low scale, see
            `losses.layout_loss`; 0 leaves it out. For models without a noise encoder:
            without either some runs on `shapes` never learned one of the four
            backgrounds, and drew specks instead.
        diversity: float. Two drawings of one caption that are too much alike, see
            `losses.sameness_loss`; 0 leaves it out.
        difference: float. How much two drawings of one caption should differ. Real
            pictures of a caption of `shapes` differ by 0.05.
        reconstruction: float. Difference of the drawings whose noise the noise encoder
            found in the captions' own pictures from these pictures. Needs one.
        divergence: float. Distance of that noise from a standard normal distribution,
            a nat of a picture.
        cycle: float. The captioner's loss of reading the caption off the generated
            image; 0 leaves it out. Needs a captioner.
        language_model: float. GPT-2's loss of predicting the captions, where it learns.
        captioner: float. The captioner's loss on real images, where there is one.
    """

    wrong_caption: float = 0.5
    matching: float = 0.3
    classes: float = 1.0
    judge_matching: float = 0.6
    judge_temperature: float = 0.1
    judge_tokens: float = 0.04
    judge_next_token: float = 0.0
    layout: float = 0.0
    diversity: float = 0.0
    difference: float = 0.03
    reconstruction: float = 20.0
    divergence: float = 0.001
    cycle: float = 0.0
    language_model: float = 1.0
    captioner: float = 1.0


def generator_inputs(gan, data, training=False):
    """Return what the generator draws a batch from.

    Args:
        gan: Compiled `TextToImageGAN`.
        data: Dict of a batch, see `TextToImageGAN.train_step`.
        training: bool. Whether noise goes by the step, and the text gets some too.

    Returns:
        Dict of `text_embedding` `(batch, text_dim)` and `noise` `(batch, noise_dim)`,
        and the divergence of the noise that was found in pictures, a scalar in nats.
    """
    text = drawn_rows(gan, data)["text_embedding"]
    step = gan.optimizer.iterations if training else 0
    noise = gan.draw_noise(step, ops.shape(data["image"])[0])
    divergence = ops.zeros(())
    if gan.noise_encoder is not None:
        encoder = gan.noise_encoder if training else gan.ema_noise_encoder
        half = ops.shape(noise)[0] // 2
        found = encoder({"image": data["image"][:half], "text_embedding": text[:half]})
        noise = ops.concatenate([sample_noise(found, noise[:half]), noise[half:]])
        divergence = losses.noise_divergence(found["mean"], found["log_variance"])
    if training and gan.text_noise:
        text += gan.text_noise * gan.draw_text_noise(step, ops.shape(text))
    inputs = {"text_embedding": text, "noise": noise}
    return inputs, divergence


def draw(gan, inputs):
    """Return what the generator draws in training, `(batch, size, size, 3)` float32.

    Args:
        gan: Compiled `TextToImageGAN`.
        inputs: Dict that `generator_inputs` returned.
    """
    generator = gan.trained[0] if gan.trained else gan.generator
    return generator(inputs, training=True)


def loss_terms(gan, data, fake, training, divergence=0.0):
    """Return every loss term of a batch; the trunk sees each image once.

    Args:
        gan: Compiled `TextToImageGAN`.
        data: Dict of `image`, `text_embedding` and, for a judge, `token_ids` and
            `padding_mask`; see `LanguageSide.forward` for what it adds.
        fake: `(batch, size, size, 3)` float32, the generator's images of
            `drawn_rows(data)`.
        training: bool. Whether the penalty counts.
        divergence: float scalar that `generator_inputs` returned.

    Returns:
        Dict from some of `LOSS_NAMES` to float32 scalars, and the logits `(batch, 1)`
        of the real images and of `fake`. `generator_loss` and `discriminator_loss` are
        the weighted sums; `guidance` is what the former holds beside the adversarial
        term; the others are their parts, unweighted.
    """
    image, text = data["image"], data["text_embedding"]
    drawn = drawn_rows(gan, data)
    weights, adversarial = gan.loss_weights, gan.adversarial_loss
    discriminator = gan.discriminator
    seen = image, fake
    if gan.diff_augment is not None and training:
        number = ops.shape(image)[0] + ops.shape(fake)[0]
        chances = ops.split(gan.draw_chances(gan.optimizer.iterations, number), 2)
        seen = [gan.diff_augment(*part) for part in zip(seen, chances, strict=True)]
    _, trunk = gan.trained if gan.trained and training else (None, discriminator.trunk)
    # Not one pass for both: real images are seen while the others are being drawn.
    real_seen, fake_seen = (trunk(part, training=training) for part in seen)
    said = discriminator.text_projection(text)
    fake_said = discriminator.text_projection(drawn["text_embedding"])
    # Three pairs: real with its text, real with another's text, fake with its text.
    real = _validity(real_seen, said)
    all_said = gather_rows(said)
    wrong = _validity(real_seen, own_rows(ops.roll(all_said, 1, axis=0)))
    fake_logits = _validity(fake_seen, fake_said)
    share = weights.wrong_caption
    discriminator_parts = [
        (1 - share) * adversarial.discriminator(real, fake_logits),
        share * adversarial.discriminator(real, wrong),
    ]
    terms = {
        "discriminator_matching": _matching(real_seen["image_vector"], said, all_said)
    }
    discriminator_parts.append(weights.matching * terms["discriminator_matching"])
    if "class_logits" in real_seen and "label" in data:
        # Of real images alone: the way back to the generated ones stays the same.
        terms["discriminator_classes"] = losses.class_loss(
            real_seen["class_logits"], data["label"]
        )
        discriminator_parts.append(weights.classes * terms["discriminator_classes"])
    terms["generator_adversarial"] = adversarial.generator(
        ops.stop_gradient(real), fake_logits
    )

    guidance = []
    if gan.judge is not None:
        terms |= _judge_terms(gan, drawn, fake)
        guidance.append(weights.judge_matching * terms["judge_matching"])
        guidance.append(weights.judge_tokens * terms["judge_tokens"])
        if "judge_next_token" in terms:
            part = weights.judge_next_token * terms["judge_next_token"]
            guidance.append(part)
    if weights.layout:
        terms["layout"] = losses.layout_loss(fake, drawn["image"])
        guidance.append(weights.layout * terms["layout"])
    if weights.diversity:
        half = ops.shape(fake)[0] // 2
        pairs = fake[:half], fake[half : 2 * half]
        terms["sameness"] = losses.sameness_loss(*pairs, weights.difference)
        guidance.append(weights.diversity * terms["sameness"])
    if gan.noise_encoder is not None:
        half = ops.shape(fake)[0] // 2
        terms["reconstruction"] = losses.reconstruction_loss(fake[:half], image[:half])
        guidance.append(weights.reconstruction * terms["reconstruction"])
        terms["divergence"] = divergence
    if weights.cycle:
        terms["cycle"] = gan.language_side.describe_loss(drawn, fake)
        guidance.append(weights.cycle * terms["cycle"])
    if gan.penalty is not None and training:
        terms["penalty"] = gan.penalty(_score(discriminator), _gradient, image, text)
        discriminator_parts.append(terms["penalty"])
    terms["guidance"] = _total(guidance)
    terms["generator_loss"] = _total(
        [
            terms["generator_adversarial"],
            terms["guidance"],
            weights.divergence * divergence,
        ]
    )
    terms["discriminator_loss"] = _total(discriminator_parts)
    return terms, (real, fake_logits)


def generator_slope(tape, gan, terms, logits, fake, by_fake):
    """Return the slope of the generator's loss by the generated images.

    Both adversarial losses reach an image through its own logit alone, so their slopes
    by the image differ by one factor a row, the ratio of their slopes by the logit: the
    discriminator's way back serves both, unless its own slope there may be zero.

    Args:
        tape: The persistent `tf.GradientTape` in which `loss_terms` ran.
        gan: Compiled `TextToImageGAN`.
        terms: Dict that `loss_terms` returned.
        logits: The pair of `(batch, 1)` that it returned beside them.
        fake: `(batch, size, size, 3)`, the generated images.
        by_fake: The same shape, the slope of `discriminator_loss` by them.

    Returns:
        Tensor shaped like `fake`.
    """
    adversarial = gan.adversarial_loss
    if adversarial.saturates:
        return tape.gradient(terms["generator_loss"], fake)
    real, fake_logits = logits
    # A tape of its own: the large one would lay out the discriminator's way back anew.
    with tf.GradientTape(persistent=True) as small_tape:
        small_tape.watch(fake_logits)
        sought = adversarial.generator(real, fake_logits)
        resisted = adversarial.discriminator(real, fake_logits)
        resisted *= 1 - gan.loss_weights.wrong_caption
    ratio = small_tape.gradient(sought, fake_logits)
    # Never zero, but for a logit that float32 cannot tell from a certain one.
    ratio /= ops.maximum(small_tape.gradient(resisted, fake_logits), TINY)
    slope = by_fake * ratio[:, :, None, None]
    guidance = tape.gradient(terms["guidance"], fake)
    return slope if guidance is None else slope + guidance


def matching_slope(tape, gan, terms, data):
    """Return the slope of the discriminator's contrastive term by the sentence vectors.

    Its adversarial terms stay out: by them the text would learn to tell the
    discriminator what is real.
    """
    loss = terms["discriminator_matching"]
    slope = tape.gradient(loss, data["text_embedding"])
    return gan.loss_weights.matching * slope


def drawn_rows(gan, data):
    """Return the rows of a batch that the generator draws.

    Where diversity counts, or noise is found in pictures, these are the first half of
    the captions, twice: with two noises each, at no more cost. The first of them are
    drawn with the noise found in their own pictures, where there is a noise encoder.
    """
    if not _draws_twice(gan):
        return data
    half = ops.shape(data["text_embedding"])[0] // 2
    # An odd batch's last caption is drawn once.
    return {
        name: ops.concatenate([x[:half], x[:half], x[2 * half :]])
        for name, x in data.items()
    }


def _draws_twice(gan):
    return bool(gan.loss_weights.diversity) or gan.noise_encoder is not None


def _total(terms):
    # Not a chain of `+`: the graph optimizer would join it with the running means' sums
    # into one AddN, which adds in the order in which its inputs' buffers come free.
    return ops.sum(ops.stack(terms)) if terms else ops.zeros(())


def _validity(seen, said):
    return validity(seen["realness"], seen["image_vector"], said)


def _matching(images, said, all_said):
    """Return the contrastive loss against the captions and images of all replicas."""
    if num_replicas() == 1:
        return losses.contrastive_loss(images, said)
    everyone = gather_rows(images), all_said, own_places(tf.shape(said)[0])
    return losses.contrastive_loss(images, said, everyone=everyone)


def _judge_terms(gan, data, fake):
    # It is frozen, but slopes go through it.
    verdict = gan.judge(fake, training=True)
    said = (data["token_ids"], data["padding_mask"])
    terms = {
        "judge_matching": losses.bank_contrastive_loss(
            verdict["image_vector"],
            # The judge knows the vectors it was trained with.
            data.get("judged_embedding", data["text_embedding"]),
            gan.caption_bank,
            gan.loss_weights.judge_temperature,
        ),
        "judge_tokens": losses.token_prediction_loss(verdict["token_logits"], *said),
    }
    if gan.readout is not None and gan.loss_weights.judge_next_token:
        logits = gan.readout(_caption_states(gan, *said), verdict["image_vector"])
        terms["judge_next_token"] = known_next_token_loss((logits, *said))
    return terms


def _caption_states(gan, token_ids, padding_mask):
    """Return what the judge's GPT-2 makes of `drawn_rows`, each caption read once."""
    twice = ops.shape(token_ids)[0] // 2 if _draws_twice(gan) else 0
    inputs = {"token_ids": token_ids[twice:], "padding_mask": padding_mask[twice:]}
    states = gan.judge_text_encoder.backbone(inputs, training=False)
    states = ops.stop_gradient(states)
    return ops.concatenate([states[:twice], states])


def _score(discriminator):
    def score(image, text):
        inputs = {"image": image, "text_embedding": text}
        return discriminator(inputs, training=True)["validity"]

    return score


def _gradient(function, inputs):
    """Return the gradients of a function's sum with respect to its inputs."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(lambda given: ops.sum(function(*given)))(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(*inputs)
    return tape.gradient(outputs, inputs)
