"""Writes what a model is, what it learned from, and how to use it."""

from aigc_keras.training.run_folder import write_text


def write_model_card(run, config, dataset):
    """Write `model_card.md` of a run.

    Args:
        run: `RunFolder`.
        config: `TrainingConfig`.
        dataset: `CaptionedDataset` that was trained on.
    """
    last = run.last_losses()
    figures = "\n".join(
        f"| {name} | {value:.4g} |" for name, value in last.items() if name != "step"
    )
    captions = "\n".join(f"- {caption}" for caption in dataset.captions[0])
    text = f"""# {run.path.name}

A text-to-image GAN of {config.image_size} x {config.image_size} pixels
(preset `{config.preset}`), trained with aigc_keras.

- Data: `{config.dataset}`, split `{config.split}`, {dataset.num_images:,} images,
  {len(dataset.flat_captions):,} captions
- Text: {config.text_encoder or "a small GPT-2 trained on these captions"}
- Steps: {config.steps:,} of {config.batch_size} images; loss `{config.loss}`;
  learning rates {config.generator_learning_rate:g} (generator) and
  {config.discriminator_learning_rate:g} (discriminator); seed {config.seed}

## Use

    aigc-keras generate "{dataset.captions[0][0]}" --run {run.path} -o picture.png

## Captions it knows

It draws what captions like these say, and little else:

{captions}

## Last losses, step {last.get("step", 0)}

| loss | mean |
|---|---|
{figures}
"""
    write_text(run.card_path, text)
