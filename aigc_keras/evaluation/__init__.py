"""From a run to numbers."""

from aigc_keras.evaluation.evaluate_run import evaluate_gan
from aigc_keras.evaluation.run_alignment import measure_alignment

__all__ = ["evaluate_gan", "measure_alignment"]
