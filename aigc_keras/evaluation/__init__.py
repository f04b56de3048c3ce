"""From a run to numbers."""

from aigc_keras.evaluation.callback import Evaluate
from aigc_keras.evaluation.evaluate_run import evaluate_gan
from aigc_keras.evaluation.run_alignment import measure_alignment
from aigc_keras.evaluation.run_captions import measure_captions, measure_cycle
from aigc_keras.evaluation.run_prompts import measure_prompts
from aigc_keras.evaluation.run_repair import measure_repair

__all__ = [
    "Evaluate",
    "evaluate_gan",
    "measure_alignment",
    "measure_captions",
    "measure_cycle",
    "measure_prompts",
    "measure_repair",
]
