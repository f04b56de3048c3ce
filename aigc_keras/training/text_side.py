"""Trains what the GAN reads and is judged by: GPT-2, the pooler, the image encoder."""

import keras
import numpy as np

from aigc_keras.datasets import CaptionTable
from aigc_keras.language import GPT2TextEncoder, encode_captions
from aigc_keras.models import ImageEncoder, ImageTextModel, attention_pooler
from aigc_keras.training.progress import progress_bar

# The judge's negatives: among a thousand captions some differ in one word only.
BANK_SIZE = 1024


def make_text_encoder(dataset, config):
    """Load a GPT-2 preset, or train a small GPT-2 on the data set's captions.

    Args:
        dataset: `CaptionedDataset`.
        config: `TrainingConfig`.

    Returns:
        `GPT2TextEncoder`.
    """
    if config.text_encoder is not None:
        return GPT2TextEncoder.from_preset(config.text_encoder)
    captions = list(dict.fromkeys(dataset.flat_captions))
    rng = np.random.default_rng(config.seed)
    number = min(len(captions), config.language_captions)
    chosen = rng.choice(len(captions), number, replace=False)
    with progress_bar("GPT-2 learns the captions") as update:
        return GPT2TextEncoder.from_captions(
            [captions[row] for row in chosen],
            vocabulary_size=config.vocabulary_size,
            epochs=config.language_epochs,
            seed=config.seed,
            on_batch=update,
        )


def train_matching(text_encoder, dataset, config, text_dim):
    """Train an image encoder and the text encoder's new pooler to agree.

    A GPT-2 that was trained here learns along; one from a preset stays as it is.

    Args:
        text_encoder: `GPT2TextEncoder`; its pooler is replaced.
        dataset: `CaptionedDataset`.
        config: `TrainingConfig`.
        text_dim: int. Length of the pooled vector.

    Returns:
        The trained `ImageEncoder`.
    """
    keras.utils.set_random_seed(config.seed)
    backbone = text_encoder.backbone
    backbone.trainable = config.text_encoder is None
    pooler = attention_pooler(backbone.hidden_dim, text_dim)
    judge = ImageEncoder(
        dataset.image_size, text_dim, text_encoder.tokenizer.vocabulary_size()
    )
    model = ImageTextModel(judge, backbone, pooler)
    # Ten passes over a small data set are enough.
    passes = 10 * len(dataset.flat_captions) // config.matching_batch_size
    steps = min(config.matching_steps, max(50, passes))
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(2, steps),
        warmup_target=config.matching_learning_rate,
        warmup_steps=min(50, max(1, steps // 4)),
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-4), jit_compile=False
    )
    token_ids, padding_mask = text_encoder.tokenize(dataset.flat_captions)
    table = CaptionTable(token_ids, padding_mask)
    batches = matching_batches(dataset, table, config)
    with progress_bar("Images and captions are matched") as update:
        for step, batch in zip(range(1, steps + 1), batches, strict=False):
            loss = model.train_on_batch(batch)
            model.reset_metrics()
            if step % 10 == 0:
                update(step, steps, f"loss {float(loss):.2f}")
    backbone.trainable = False
    text_encoder.pooler = pooler
    return judge


def matching_batches(dataset, table, config):
    """Yield batches of captions of like length with their images, without end.

    Like lengths save padding and make the captions of a batch harder to tell apart. A
    data set too large for memory is read in its shuffled order instead.

    Args:
        dataset: `CaptionedDataset`.
        table: `CaptionTable` without embeddings.
        config: `TrainingConfig`.

    Yields:
        Dicts of `image`, `token_ids` and `padding_mask`.
    """
    size = min(config.matching_batch_size, len(table.token_ids))
    if not dataset.fits_in_memory:
        yield from dataset.training_batches(table, size, config.seed)
        return
    rng = np.random.default_rng(config.seed)
    lengths = table.padding_mask.sum(axis=1)
    owner = np.repeat(np.arange(dataset.num_images), np.diff(dataset.row_splits))
    while True:
        order = np.lexsort((rng.random(len(lengths)), lengths))
        # An incomplete batch would be an easier task and compile anew.
        starts = range(0, len(order) - size + 1, size)
        for index in rng.permutation(len(starts)):
            rows = order[starts[index] : starts[index] + size]
            length = min(lengths.max(), 4 * -(-int(lengths[rows].max()) // 4))
            yield {
                "image": dataset.model_images(owner[rows]),
                "token_ids": table.token_ids[rows, :length],
                "padding_mask": table.padding_mask[rows, :length],
            }


def make_caption_table(text_encoder, dataset, cache_dir):
    """Encode all captions of a data set, once.

    Returns:
        `CaptionTable` in the order of `dataset.flat_captions`.
    """
    with progress_bar("Captions are encoded") as update:
        arrays = encode_captions(
            text_encoder, dataset.flat_captions, cache_dir, on_batch=update
        )
    return CaptionTable(**arrays)


def make_caption_bank(table, seed):
    """Choose the judge's negatives, float32 `(number, text_dim)`."""
    number = min(BANK_SIZE, len(table.text_embedding))
    rng = np.random.default_rng(seed + 1)
    rows = rng.choice(len(table.text_embedding), number, replace=False)
    return table.text_embedding[np.sort(rows)].astype("float32")
