"""The settings of a run, resolved and checked before work starts."""

import dataclasses
import math
import pathlib

from aigc_keras import losses
from aigc_keras.datasets import Augmentation, CaptionRules
from aigc_keras.datasets.faults import MAX_FAULTY
from aigc_keras.datasets.framing import get_framing
from aigc_keras.language.text_encoder import check_preset
from aigc_keras.models.language_side import check_trained
from aigc_keras.models.presets import default_preset, training_defaults
from aigc_keras.models.text_side import TextSideSettings
from aigc_keras.training.recipes import RECIPES
from aigc_keras.training.schedules import LEARNING_RATE_SCHEDULES

CPU_INFO = pathlib.Path("/proc/cpuinfo")
EARLY_STOPPING_MEASURES = ("alignment", "kernel_distance")


class RunError(ValueError):
    """A run that cannot be started or found, in one line that says why."""


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Everything a run depends on; written to the run folder as `config.json`.

    What is None and named in the preset's training is filled in from there.

    Args:
        dataset: str. Name of a captioned data set, see `load_dataset`.
        data_dir: str or None. The user's own directory, where the data set needs one.
        prepared_dir: str. Where prepared data and encoded captions are kept.
        font, caption_feature, image_feature, framing, caption_pattern, max_faulty: See
            `load_dataset`.
        augmentation: Tuple of str, names in `datasets.AUGMENTATIONS`; None: the
            preset's.
        recipe: str or None. A name in `RECIPES`; None: the preset's, or by the number
            of pictures.
        split: str. The split that is trained on.
        preset: str or None. Architecture, a name in `PRESETS`; None: the data set's
            own, else `shapes_64`.
        image_size: int. Side in pixels; overrides the preset's.
        text_encoder: str or None. GPT-2 preset by name or path; None trains a small
            one on the captions.
        matching_steps: int or None. Steps of image-text matching before the GAN at
            most; None: by the number of pictures.
        reading_steps: int. Steps of the judge's own training after that at most.
        own_words: bool. Whether captions are learned as names, see `TextSideSettings`.
        prior_steps: int. Steps in which captions then learn to tell what to expect at
            most, see `train_prior`, before the judge reads again. 0: neither.
        warm_up_steps: int. Steps in which the generator then learns the picture to
            expect at most, before it has a discriminator; see `warm_up`. 0: none.
        steps: int or None. GAN steps; None derives them from `minutes`.
        minutes: float or None. Wall-clock time of the GAN's training.
        batch_size: int. Images a GAN step, at first.
        batch_doublings: int. How often the batch doubles during the run.
        schedule: str. How the learning rates change, a name in
            `LEARNING_RATE_SCHEDULES`.
        generator_learning_rate: float. Peak.
        discriminator_learning_rate: float. The same of the discriminator.
        loss: str. A name in `losses.ADVERSARIAL_LOSSES`.
        penalty: str or None. A name in `losses.PENALTIES`; `"none"`: none, also where
            the preset has one.
        ema_half_life: float. Images, see `TextToImageGAN.compile`.
        next_token_guidance: float. Weight of reading the caption's next token off a
            drawing, see `LossWeights.judge_next_token`.
        caption_parts: int. Parts of captions that are captions too, so many an image,
            see `CaptionedDataset.with_caption_parts`; the text side learns one. None:
            the preset's, or 0 where GPT-2 learns with the GAN.
        train_text_encoder: str. How much of GPT-2 learns with the GAN, see
            `TextToImageGAN`.
        language_learning_rate: float. Rate of what learns of GPT-2 and of a captioner
            that is trained along.
        early_stopping: str or None. A name in `EARLY_STOPPING_MEASURES`: the run ends
            when five measurements, one a sample grid, bring nothing better.
        log_every: int. Steps between lines of `metrics.jsonl`.
        sample_every: int. Steps between sample grids.
        save_every: int. Steps between checkpoints, a multiple of `log_every`.
        precision: str. A Keras dtype policy, or `"auto"`: bfloat16 where the
            processor has it.
        when_disk_full: str. `"stop"`, or `"continue"` without what cannot be written.
        gradient_accumulation: int. Steps whose gradients are averaged for one update:
            as a batch so many times as large, but for the terms that compare the rows
            of a batch. All else counts in steps.
        clip_norm: float or None. Largest norm of a weight's gradient.
        rematerialize: bool. Whether the networks' maps are computed again on the way
            back instead of kept: for less memory, more work.
        seed: int. Seeds weights, noise, order and captions.
    """

    dataset: str = "shapes"
    data_dir: str | None = None
    prepared_dir: str = "data"
    font: str | None = None
    caption_feature: str | None = None
    image_feature: str | None = None
    framing: str = "centre"
    caption_pattern: str | None = None
    max_faulty: float = MAX_FAULTY
    augmentation: tuple | None = None
    recipe: str | None = None
    split: str = "train"
    preset: str | None = None
    image_size: int = 64
    text_encoder: str | None = None
    matching_steps: int | None = None
    reading_steps: int = 1500
    steps: int | None = 10_000
    minutes: float | None = None
    batch_size: int | None = None
    batch_doublings: int | None = None
    schedule: str | None = None
    generator_learning_rate: float | None = None
    discriminator_learning_rate: float | None = None
    loss: str | None = None
    penalty: str | None = None
    ema_half_life: float | None = None
    own_words: bool | None = None
    prior_steps: int | None = None
    warm_up_steps: int | None = None
    next_token_guidance: float | None = None
    caption_parts: int | None = None
    train_text_encoder: str | None = None
    language_learning_rate: float | None = None
    early_stopping: str | None = None
    log_every: int = 50
    sample_every: int = 200
    save_every: int = 500
    precision: str | None = None
    when_disk_full: str = "stop"
    gradient_accumulation: int | None = None
    clip_norm: float | None = None
    rematerialize: bool | None = None
    seed: int = 0

    def __post_init__(self):
        """Check every setting that can be checked without the data."""
        if self.preset is None:
            object.__setattr__(self, "preset", default_preset(self.dataset))
        given_parts = self.caption_parts
        for name, value in training_defaults(self.preset).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        # A list where it comes from JSON.
        object.__setattr__(self, "augmentation", tuple(self.augmentation))
        Augmentation(self.augmentation)
        get_framing(self.framing, self.image_size)
        CaptionRules(pattern=self.caption_pattern)
        if not 0 <= self.max_faulty <= 1:
            raise RunError(
                "`max_faulty` must be a share from 0 to 1. "
                f"Received: max_faulty={self.max_faulty}"
            )
        if self.recipe is not None and self.recipe not in RECIPES:
            raise RunError(
                f"`recipe` must be one of {sorted(RECIPES)} or None. "
                f"Received: recipe={self.recipe!r}"
            )
        if self.schedule not in LEARNING_RATE_SCHEDULES:
            raise RunError(
                f"`schedule` must be one of {sorted(LEARNING_RATE_SCHEDULES)}. "
                f"Received: schedule={self.schedule!r}"
            )
        if self.early_stopping not in (None, *EARLY_STOPPING_MEASURES):
            raise RunError(
                f"`early_stopping` must be one of {EARLY_STOPPING_MEASURES} or None. "
                f"Received: early_stopping={self.early_stopping!r}"
            )
        if self.early_stopping == "alignment" and not self.dataset.startswith("shapes"):
            raise RunError(
                "Early stopping by alignment needs `shapes`; use kernel_distance. "
                f"Received: dataset={self.dataset!r}"
            )
        if self.when_disk_full not in ("stop", "continue"):
            raise RunError(
                "`when_disk_full` must be 'stop' or 'continue'. "
                f"Received: when_disk_full={self.when_disk_full!r}"
            )
        if not 0 <= self.batch_doublings <= 8:
            raise RunError(
                "`batch_doublings` must be from 0 to 8. "
                f"Received: batch_doublings={self.batch_doublings}"
            )
        if self.train_text_encoder != "frozen" and self.caption_parts:
            # What learns to write and to describe would do so in fragments.
            if given_parts:
                raise RunError(
                    "Parts of captions need `train_text_encoder='frozen'`. Received: "
                    f"train_text_encoder={self.train_text_encoder!r}, "
                    f"caption_parts={given_parts}"
                )
            object.__setattr__(self, "caption_parts", 0)
        for name in ("caption_parts", "prior_steps", "warm_up_steps"):
            value = getattr(self, name)
            if value < 0:
                raise RunError(
                    f"`{name}` must be a number from 0 up. Received: {name}={value}"
                )
        if not 0 <= self.next_token_guidance < math.inf:
            raise RunError(
                "`next_token_guidance` must be a weight from 0 up. "
                f"Received: next_token_guidance={self.next_token_guidance}"
            )
        losses.get_adversarial_loss(self.loss)
        check_trained(self.train_text_encoder)
        if self.text_encoder is not None:
            check_preset(self.text_encoder)
        if self.penalty not in (None, "none", *losses.PENALTIES):
            raise RunError(
                f"`penalty` must be one of {['none', *sorted(losses.PENALTIES)]}. "
                f"Received: penalty={self.penalty!r}"
            )
        if self.image_size not in (32, 64, 128, 256):
            raise RunError(
                "`image_size` must be 32, 64, 128 or 256. "
                f"Received: image_size={self.image_size}"
            )
        if (self.steps is None) == (self.minutes is None):
            raise RunError(
                "Either `steps` or `minutes` must be given. "
                f"Received: steps={self.steps}, minutes={self.minutes}"
            )
        for name in (
            "steps",
            "minutes",
            "batch_size",
            "generator_learning_rate",
            "discriminator_learning_rate",
            "language_learning_rate",
            "log_every",
            "sample_every",
            "save_every",
            "matching_steps",
            "reading_steps",
            "gradient_accumulation",
            "clip_norm",
        ):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise RunError(f"`{name}` must be positive. Received: {name}={value}")
        if self.batch_size < 2:
            raise RunError(
                "`batch_size` must be at least 2: the wrong caption is another row's. "
                f"Received: batch_size={self.batch_size}"
            )
        if self.save_every % self.log_every:
            raise RunError(
                "`save_every` must be a multiple of `log_every`. "
                f"Received: {self.save_every} and {self.log_every}"
            )

    def text_side(self):
        """Return the settings of the text encoder's training."""
        return TextSideSettings(
            text_encoder=self.text_encoder,
            matching_steps=self.matching_steps,
            reading_steps=self.reading_steps,
            prior_steps=self.prior_steps,
            next_token_readout=self.next_token_guidance > 0,
            caption_parts=self.caption_parts > 0,
            seed=self.seed,
            own_words=self.own_words,
        )

    def to_dict(self):
        """Return the settings as a plain dict."""
        return dataclasses.asdict(self)

    def replace(self, **changes):
        """Return a copy with some settings changed."""
        return dataclasses.replace(self, **changes)


def resolve_precision(precision):
    """Return a Keras policy name; `"auto"` asks the processor for bfloat16."""
    if precision != "auto":
        return precision
    try:
        flags = CPU_INFO.read_text()
    except OSError:
        flags = ""
    fast = "avx512_bf16" in flags or "amx_bf16" in flags
    return "mixed_bfloat16" if fast else "float32"
