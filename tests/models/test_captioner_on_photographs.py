"""Real photographs and real captions: overfitting them shows that the path is right."""

import keras
import pytest

from aigc_keras.datasets import load_dataset
from aigc_keras.evaluation import measure_captions
from aigc_keras.fused_adam import FusedAdam
from aigc_keras.language import GPT2LanguageModel
from aigc_keras.models import ImageCaptioner

STEPS = 300


@pytest.mark.slow
def test_photographs_are_learned_by_heart(coco_sample, tmp_path):
    dataset = load_dataset(
        "coco_folder", "train", data_dir=coco_sample, prepared_dir=tmp_path
    )
    gpt2 = GPT2LanguageModel.from_captions(dataset.flat_captions, epochs=0)
    keras.utils.set_random_seed(0)
    captioner = ImageCaptioner(gpt2, 64)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, STEPS, warmup_target=3e-3, warmup_steps=50
    )
    captioner.compile(optimizer=FusedAdam(rate, clipnorm=1.0), jit_compile=False)
    captioner.fit(dataset, steps_per_epoch=STEPS, verbose=0)
    figures = measure_captions(captioner, dataset)
    assert set(figures) == {"en"}
    assert figures["en"]["chrf"] >= 90
    assert figures["en"]["distinct_2"] > 0.5
