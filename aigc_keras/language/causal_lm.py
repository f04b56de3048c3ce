"""Trains a GPT-2 backbone as a causal language model."""

import math

import keras
import keras_nlp
import numpy as np

from aigc_keras.fused_adam import FusedAdam
from aigc_keras.traced_step import traced_step


def train_causal_lm(
    backbone,
    token_ids,
    padding_mask,
    epochs=1,
    seed=0,
    batch_size=128,
    on_batch=None,
    learning_rate=2e-3,
    counted=None,
):
    """Train a backbone in place to predict the next token.

    Reference: Radford et al., 2019, "GPT-2" (eq. 1).

    Args:
        backbone: `keras_nlp.models.GPT2Backbone`.
        token_ids: int array `(n, length)`.
        padding_mask: bool array `(n, length)`.
        epochs: int. Passes over the captions.
        seed: int. Seeds the order.
        batch_size: int. Captions a step.
        on_batch: Function `(done, total)` called after each step, for progress.
        learning_rate: float. The highest of its cosine schedule.
        counted: bool array `(n, length)`. The tokens whose prediction counts; default:
            every real one.

    Returns:
        List of the mean loss in nats a token, one float an epoch.
    """
    counted = padding_mask if counted is None else counted
    model = keras_nlp.models.GPT2CausalLM(backbone)
    rng = np.random.default_rng(seed)
    batches = length_sorted_batches(padding_mask, batch_size)
    steps = epochs * len(batches)
    model.compile(
        optimizer=FusedAdam(
            keras.optimizers.schedules.CosineDecay(
                0.0,
                steps,
                warmup_target=learning_rate,
                warmup_steps=max(1, steps // 10),
            ),
            weight_decay=0.01,
            clipnorm=1.0,
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[],
        jit_compile=False,
    )
    # Built inside the first step it would have that step traced twice.
    model.optimizer.build(model.trainable_variables)

    def batch_of(rows):
        ids, mask = trim_padding(token_ids[rows], padding_mask[rows])
        inputs = {"token_ids": ids[:, :-1], "padding_mask": mask[:, :-1]}
        weight = counted[rows, 1 : ids.shape[1]].astype("float32")
        return inputs, ids[:, 1:], weight

    train = traced_step(model, batch_of(batches[0]))
    losses = []
    for epoch in range(epochs):
        total = 0.0
        for done, index in enumerate(rng.permutation(len(batches)), 1):
            total += train(batch_of(batches[index]))
            if on_batch:
                on_batch(epoch * len(batches) + done, steps)
        losses.append(total / len(batches))
    return losses


def length_sorted_batches(padding_mask, batch_size):
    """Split rows into batches of like length, so that little padding is computed.

    Args:
        padding_mask: bool array `(n, length)`.
        batch_size: int.

    Returns:
        List of int arrays of row numbers that cover every row once. Rows of one length
        keep their order, so the split is deterministic.
    """
    order = np.argsort(padding_mask.sum(axis=1), kind="stable")
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def trim_padding(token_ids, padding_mask):
    """Drop the columns that are padding in every row; keep a multiple of four."""
    used = int(padding_mask.any(axis=0).sum())
    used = min(max(4, 4 * math.ceil(used / 4)), token_ids.shape[1])
    return token_ids[:, :used], padding_mask[:, :used]
