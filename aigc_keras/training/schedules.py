"""How the learning rate falls."""

# A generator that starts at its peak may never recover from its first steps.
WARMUP_STEPS = 200


def decayed_learning_rate(peak, step, steps, decay_share=0.4, floor=0.02):
    """Return the learning rate of a step: up, flat, and straight down.

    It rises over `WARMUP_STEPS`, or a tenth of a shorter run, and falls over the last
    `decay_share`.

    Args:
        peak: float. Rate of the flat part.
        step: int. Step, from 0.
        steps: int. Steps of the whole run.
        decay_share: float. Share of the run over which the rate falls.
        floor: float. Share of the peak that the last step still has.

    Returns:
        float.

    Example:
    >>> from aigc_keras.training.schedules import decayed_learning_rate
    >>> decayed_learning_rate(1.0, 0, 100), decayed_learning_rate(1.0, 80, 100)
    (0.1, 0.5)
    """
    rising = (step + 1) / min(WARMUP_STEPS, max(1, steps // 10))
    left = (steps - step) / (steps * decay_share)
    return peak * min(1.0, rising, max(floor, left))
