"""Trains what the GAN reads and is judged by: GPT-2, the pooler, the image encoder."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from aigc_keras.datasets import CaptionTable
from aigc_keras.language import GPT2TextEncoder, encode_captions, language_places
from aigc_keras.language.causal_lm import trim_padding
from aigc_keras.models import replicas
from aigc_keras.models.content_pooler import keep_content
from aigc_keras.models.finished_stages import FinishedStages
from aigc_keras.models.image_text_model import (
    ImageReadingModel,
    ImageTextModel,
    attention_pooler,
)
from aigc_keras.models.judge_sight import warn_if_blind
from aigc_keras.models.policy_twins import (
    backbone_in_policy,
    pooler_in_policy,
    take_weights,
)
from aigc_keras.models.prior import (
    ExpectedImageModel,
    pictures_from_afar,
    prior_pooler,
    regression,
    whiten_judge,
)
from aigc_keras.models.stage import stage_steps, train_stage
from aigc_keras.models.text_side_batches import (
    matching_batches,
    matching_groups,
    prior_batches,
    reading_batches,
)
from aigc_keras.progress import progress_bar

# The judge's negatives: among a thousand captions some differ in one word only.
BANK_SIZE = 1024
# From which the prior's last layer begins as a regression.
REGRESSION_CAPTIONS = 6000
PRIOR_LEARNING_RATE = 1e-3
_SEVERAL_DEVICES = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
)


@dataclasses.dataclass(frozen=True)
class TextSideSettings:
    """How the text encoder and the judge are trained before the GAN.

    Args:
        text_encoder: str or None. GPT-2 preset by name or path; None trains a small
            one on the captions.
        language_captions: int. Captions the small GPT-2 is trained on at most.
        language_epochs: int. Passes over them.
        matching_steps: int or None. Steps of image-text matching at most; a small data
            set takes thirty passes over its captions. None: see
            `default_matching_steps`.
        matching_batch_size: int. Pairs a step.
        matching_learning_rate: float. Peak of its cosine schedule.
        reading_steps: int. Steps of the judge's own training after that at most, with
            the sentence vectors fixed; a small data set takes thirty passes.
        reading_noise: float. See `ImageReadingModel`. What is to notice noise, rather
            than to see through it, is trained without.
        prior_steps: int. Steps of `train_prior` after that at most, and reading again;
            0: neither.
        next_token_readout: bool. Whether the readout of captions' next tokens goes on
            learning with the judge, to guide a GAN.
        caption_parts: bool. Whether a part of a caption of each picture is learned from
            too, see `CaptionedDataset.with_caption_parts`; for a GAN that learns them.
        token_weight: float. See `ImageTextModel`.
        text_token_weight: float. See `ImageTextModel`.
        seed: int. Seeds weights and order.
        own_words: bool. Whether a caption's own words are read off its vector, instead
            of another caption's of the picture, and its wording is left in. For few
            pictures with a name each: another caption's words follow from the name
            alone, and what else is said ("peach, a fruit") is passed over. Of captions
            that describe, a vector learns a code for each wording so.
    """

    text_encoder: str | None = None
    language_captions: int = 12_000
    language_epochs: int = 2
    matching_steps: int | None = None
    matching_batch_size: int = 128
    matching_learning_rate: float = 1.5e-3
    reading_steps: int = 1500
    reading_noise: float = 0.5
    prior_steps: int = 0
    next_token_readout: bool = False
    caption_parts: bool = False
    token_weight: float = 0.05
    text_token_weight: float = 0.3
    seed: int = 0
    own_words: bool = False


def train_text_side(judge, dataset, settings, cache_dir, stages_dir=None):
    """Train all that the GAN reads and is judged by.

    Args:
        judge: `ImageEncoder`, or None, which is refused. Trained in place.
        dataset: `CaptionedDataset` of the judge's image size.
        settings: `TextSideSettings`.
        cache_dir: Path where encoded captions are kept, or None.
        stages_dir: Path where the last finished stage is kept, from which a later call
            goes on; or None.

    Returns:
        Tuple of the `GPT2TextEncoder`, the caption bank, see `make_caption_bank`, and
        the frozen `NextTokenReadout` of the judge's vectors, or None.

    Raises:
        ValueError: If there is no judge, Keras's backend is not TensorFlow, or the
            judge's weights lie on several devices.
    """
    if judge is None:
        raise ValueError(
            "`adapt` needs a model with a judge; build it with `from_preset`. "
            "Received: judge=None"
        )
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "The text side is trained on TensorFlow; save the model there and load it "
            f"here. Received: KERAS_BACKEND={keras.backend.backend()}"
        )
    strategy = replicas.strategy_of(judge)
    if isinstance(strategy, _SEVERAL_DEVICES):
        raise ValueError(
            "The text side is trained on one device: call `adapt` on a model made "
            "outside the strategy, `save` it, and `load` it inside the strategy's "
            f"scope. Received: a model made in {type(strategy).__name__}"
        )
    kept = FinishedStages(stages_dir, settings, judge, dataset)
    done, encoder, readout = kept.read()
    if done < 1:
        encoder = make_text_encoder(dataset, judge.vocabulary_size, settings)
        readout = train_matching(encoder, judge, dataset, settings)
        if not settings.next_token_readout:
            readout = None
        # Where its own words are to be read off a caption's vector, wording counts.
        if not settings.own_words:
            keep_content(encoder, dataset, settings.seed)
        kept.write(1, encoder, readout)
    table = make_caption_table(encoder, dataset, cache_dir)
    if done < 2:
        train_reading(judge, dataset, table, settings, readout, encoder.backbone)
        kept.write(2, encoder, readout)
    if settings.prior_steps and done < 3:
        train_prior(encoder, judge, dataset, settings)
        kept.write(3, encoder, readout)
    if settings.prior_steps and done < 4:
        table = make_caption_table(encoder, dataset, cache_dir)
        train_reading(judge, dataset, table, settings, readout, encoder.backbone)
        kept.write(4, encoder, readout)
    warn_if_blind(judge, dataset, table, settings)
    return encoder, make_caption_bank(table, settings.seed), readout


def make_text_encoder(dataset, vocabulary_size, settings):
    """Load a GPT-2 preset, or train a small GPT-2 on the data set's captions.

    Args:
        dataset: `CaptionedDataset`.
        vocabulary_size: int. Upper bound of the vocabulary that is trained.
        settings: `TextSideSettings`.

    Returns:
        `GPT2TextEncoder`.
    """
    if settings.text_encoder is not None:
        return GPT2TextEncoder.from_preset(settings.text_encoder)
    captions = list(dict.fromkeys(dataset.flat_captions))
    rng = np.random.default_rng(settings.seed)
    number = min(len(captions), settings.language_captions)
    chosen = rng.choice(len(captions), number, replace=False)
    with progress_bar("GPT-2 learns the captions") as update:
        return GPT2TextEncoder.from_captions(
            [captions[row] for row in chosen],
            vocabulary_size=vocabulary_size,
            epochs=settings.language_epochs,
            seed=settings.seed,
            on_batch=update,
        )


def train_matching(text_encoder, judge, dataset, settings):
    """Train an image encoder and the text encoder's new pooler to agree, in place.

    A GPT-2 that was trained here learns along; one from a preset stays as it is.

    Args:
        text_encoder: `GPT2TextEncoder`; its pooler is replaced.
        judge: `ImageEncoder`.
        dataset: `CaptionedDataset` of the judge's image size.
        settings: `TextSideSettings`.

    Returns:
        The `NextTokenReadout` that learned along.
    """
    keras.utils.set_random_seed(settings.seed)
    backbone = text_encoder.backbone
    backbone.trainable = settings.text_encoder is None
    judge.trainable = True
    pooler = attention_pooler(backbone.hidden_dim, judge.output_dim)
    twins = backbone_in_policy(backbone), pooler_in_policy(pooler)
    if settings.caption_parts:
        dataset = dataset.with_caption_parts(settings.seed)
    table = CaptionTable(*text_encoder.tokenize(dataset.flat_captions))
    model = ImageTextModel(
        judge,
        *twins,
        settings.token_weight,
        settings.text_token_weight,
        num_groups=matching_groups(table, settings),
    )
    batches = matching_batches(dataset, table, settings)
    most = settings.matching_steps or default_matching_steps(dataset.num_images)
    steps = stage_steps(most, dataset, settings.matching_batch_size)
    rate = settings.matching_learning_rate
    train_stage(model, batches, steps, rate, "Images and captions are matched")
    take_weights(backbone, twins[0])
    take_weights(pooler, twins[1])
    backbone.trainable = False
    judge.trainable = False
    text_encoder.pooler = pooler
    return model.readout


def train_reading(judge, dataset, table, settings, readout=None, backbone=None):
    """Train the judge further against sentence vectors that stay as they are, in place.

    While both sides learn, the judge leaves out what is hard to see and the vectors
    leave it out with it: on `shapes` it then picked the right one of two captions that
    differ in the shape 87 to 98 times in 100, after this stage 99 times.

    Args:
        judge: `ImageEncoder`.
        dataset: `CaptionedDataset` of the judge's image size.
        table: `CaptionTable` of its captions, with embeddings.
        settings: `TextSideSettings`.
        readout: `NextTokenReadout` that learns along, or None.
        backbone: GPT-2's backbone, which a readout needs.
    """
    judge.trainable = True
    if readout is not None:
        readout.trainable = True
    model = ImageReadingModel(
        judge,
        token_weight=settings.token_weight,
        noise=settings.reading_noise,
        readout=readout,
        backbone=backbone,
    )
    size = settings.matching_batch_size
    steps = stage_steps(settings.reading_steps, dataset, size)
    batches = reading_batches(dataset, table, settings)
    rate = settings.matching_learning_rate
    train_stage(model, batches, steps, rate, "The judge reads images")
    judge.trainable = False
    if readout is not None:
        readout.trainable = False


def train_prior(text_encoder, judge, dataset, settings):
    """Train the text encoder to say what image vector to expect, in place.

    Matching asks of a sentence vector only that it be nearer to its own picture than to
    the others of the batch, and hardly ever is one of them of the same things in other
    places. On `shapes/scenes` which of two things is where then moves the vector less
    than the wording does, and a GAN puts it down to chance. Here the text encoder
    learns to predict the judge's vectors, whitened, so that each direction in which
    pictures differ counts alike, and a small picture that is read off its own vector by
    a linear map. What captions do not tell, a prediction leaves out.

    Reference: Ramesh et al., 2022, "Hierarchical text-conditional image generation with
    CLIP latents" (sec. 2.2). Deviation: the expected vector instead of samples; chance
    is the GAN's.

    Args:
        text_encoder: `GPT2TextEncoder`. Its pooler gets a new last layer and learns; a
            GPT-2 that was trained here learns along.
        judge: `ImageEncoder`; only its last layer changes, which whitens.
        dataset: `CaptionedDataset` of the judge's image size.
        settings: `TextSideSettings`.
    """
    targets = whiten_judge(judge, dataset)
    if settings.caption_parts:
        dataset = dataset.with_caption_parts(settings.seed)
    pooler, before = prior_pooler(text_encoder.pooler, targets.shape[1])
    table = CaptionTable(*text_encoder.tokenize(dataset.flat_captions))
    rng = np.random.default_rng(settings.seed)
    owners = dataset.owners
    rows = rng.permutation(len(owners))[:REGRESSION_CAPTIONS]
    text_encoder.pooler = before
    vectors = text_encoder.embed(table.token_ids[rows], table.padding_mask[rows])
    kernel, bias = regression(vectors, targets[owners[rows]])
    pooler.layers[-1].set_weights([kernel, bias])
    text_encoder.pooler = pooler
    backbone = text_encoder.backbone
    backbone.trainable = settings.text_encoder is None
    twins = backbone_in_policy(backbone), pooler_in_policy(pooler)
    model = ExpectedImageModel(*twins, dataset.image_size)
    pictures = pictures_from_afar(dataset, owners[rows])
    model.picture.set_weights(regression(vectors @ kernel + bias, pictures))
    batches = prior_batches(dataset, table, targets, settings)
    size = settings.matching_batch_size
    steps = stage_steps(settings.prior_steps, dataset, size)
    rate = PRIOR_LEARNING_RATE
    train_stage(model, batches, steps, rate, "Captions tell what to expect")
    take_weights(backbone, twins[0])
    take_weights(pooler, twins[1])
    backbone.trainable = False


def default_matching_steps(num_images):
    """Return how many steps of image-text matching suit a number of pictures.

    Few pictures are mostly each of its own kind, and every name is learned by itself:
    on `noto_emoji` 1 drawing in 6 found its own name among 1,717 after 863 steps, 19 in
    20 after 2,400. `shapes` has forty thousand more pictures and forty words.
    """
    return 2400 if num_images < 10_000 else 1200


def make_caption_table(text_encoder, dataset, cache_dir, for_language_side=False):
    """Encode all captions of a data set, once.

    Args:
        text_encoder: `GPT2TextEncoder`.
        dataset: `CaptionedDataset`.
        cache_dir: Path where encoded captions are kept, or None.
        for_language_side: bool. Whether GPT-2 reads them again at each step: then
            their languages are added.

    Returns:
        `CaptionTable` in the order of `dataset.flat_captions`.
    """
    with progress_bar("Captions are encoded") as update:
        arrays = encode_captions(
            text_encoder, dataset.flat_captions, cache_dir, on_batch=update
        )
    ids, mask = trim_padding(arrays["token_ids"], arrays["padding_mask"])
    language = language_places(dataset.flat_captions) if for_language_side else None
    return CaptionTable(ids, mask, arrays["text_embedding"], language)


def make_caption_bank(table, seed):
    """Choose the judge's negatives, float32 `(BANK_SIZE, text_dim)`.

    A data set with fewer captions repeats some of them.
    """
    number = len(table.text_embedding)
    rng = np.random.default_rng(seed + 1)
    rows = rng.choice(number, BANK_SIZE, replace=number < BANK_SIZE)
    return table.text_embedding[np.sort(rows)].astype("float32")
