"""From a run to numbers."""

from aigc_keras.evaluation.callback import Evaluate
from aigc_keras.evaluation.evaluate_run import evaluate_gan
from aigc_keras.evaluation.held_out_language import open_held_out_language_model
from aigc_keras.evaluation.run_alignment import measure_alignment
from aigc_keras.evaluation.run_captions import measure_captions, measure_cycle
from aigc_keras.evaluation.run_dialogue import measure_dialogue
from aigc_keras.evaluation.run_edits import measure_edits
from aigc_keras.evaluation.run_prompts import measure_prompts
from aigc_keras.evaluation.run_recognition import (
    measure_recognition,
    measure_split_recognition,
)
from aigc_keras.evaluation.run_repair import measure_repair

__all__ = [
    "Evaluate",
    "evaluate_gan",
    "measure_alignment",
    "measure_captions",
    "measure_cycle",
    "measure_dialogue",
    "measure_edits",
    "measure_prompts",
    "measure_recognition",
    "measure_split_recognition",
    "open_held_out_language_model",
    "measure_repair",
]
