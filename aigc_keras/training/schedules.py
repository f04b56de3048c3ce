"""How learning rates and batch sizes change along a run."""

import math

# A generator that starts at its peak may never recover from its first steps.
WARMUP_STEPS = 200
# Share of the run over which the straight fall takes place, and what is left of a rate.
DECAY_SHARE, FLOOR = 0.4, 0.02


def constant(progress):
    """Return 1 whatever the share of the run that is done."""
    del progress
    return 1.0


def linear(progress):
    """Return 1, and over the last 40% of the run a straight fall to 0.02."""
    return min(1.0, max(FLOOR, (1 - progress) / DECAY_SHARE))


def cosine(progress):
    """Return half a cosine from 1 to 0.02 (Loshchilov and Hutter, 2017, eq. 5)."""
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * progress)) / 2


LEARNING_RATE_SCHEDULES = {"constant": constant, "linear": linear, "cosine": cosine}


def scheduled_learning_rate(peak, step, steps, schedule="linear"):
    """Return the learning rate of a step.

    It rises over `WARMUP_STEPS`, or a tenth of a shorter run, under what the schedule
    allows.

    Args:
        peak: float. The highest rate.
        step: int. Step, from 0.
        steps: int. Steps of the whole run.
        schedule: str. A name in `LEARNING_RATE_SCHEDULES`.

    Returns:
        float.

    Example:
    >>> from aigc_keras.training.schedules import scheduled_learning_rate
    >>> [round(scheduled_learning_rate(1.0, step, 100), 3) for step in (0, 50, 80)]
    [0.1, 1.0, 0.5]
    """
    rising = (step + 1) / min(WARMUP_STEPS, max(1, steps // 10))
    return peak * min(1.0, rising, LEARNING_RATE_SCHEDULES[schedule](step / steps))


def batch_phases(batch_size, steps, doublings):
    """Return how a growing batch divides a run.

    The run is cut into `doublings + 1` parts of equal length; each has twice the batch
    of the one before (Smith et al., 2018, "Don't decay the learning rate, increase the
    batch size").

    Args:
        batch_size: int. Images a step at first.
        steps: int. Steps of the whole run.
        doublings: int. How often the batch doubles; 0 keeps it.

    Returns:
        List of tuples `(last_step, batch_size)`.

    Example:
    >>> from aigc_keras.training.schedules import batch_phases
    >>> batch_phases(32, 100, 1)
    [(50, 32), (100, 64)]
    """
    parts = doublings + 1
    return [(steps * (i + 1) // parts, batch_size * 2**i) for i in range(parts)]
