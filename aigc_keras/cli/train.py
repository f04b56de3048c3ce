"""`aigc-keras train`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def train(
    context: typer.Context,
    task: str = typer.Option(
        "gan",
        help="gan; or, with the settings of a run that is there, prompts (GPT-2 writes "
        "captions), captioner, instructions (what a sentence asks of a picture), "
        "dialogue (what is said about one), repairer, or encoder (for edit; of a GAN "
        "that has none).",
    ),
    dataset: str = typer.Option(
        None, help="Data set, see `aigc-keras datasets` [shapes, or the run's]."
    ),
    data_dir: str = typer.Option(None, help="Your own directory of pictures."),
    font: str = typer.Option(None, help="NotoColorEmoji.ttf, for noto_emoji."),
    caption_feature: str = typer.Option(None, help="Captions of a tfds data set."),
    image_feature: str = typer.Option(None, help="Images of a tfds data set."),
    framing: str = typer.Option("centre", help="centre, random or letterbox."),
    caption_pattern: str = typer.Option(None, help="Regular expression to keep."),
    max_faulty: float = typer.Option(0.05, help="Share of pictures left out at most."),
    augmentation: str = typer.Option(
        None, help="Comma-separated, such as flip,crop,color_jitter [the preset's]."
    ),
    recipe: str = typer.Option(
        None, help="few, kinds or many [the preset's, or by number]."
    ),
    run: str = typer.Option(None, help="Run folder [saved_models/runs/DATASET]."),
    preset: str = typer.Option(
        None, help="See `aigc-keras presets` [the data set's own, else shapes_64]."
    ),
    image_size: int = typer.Option(None, help="32, 64, 128 or 256 [the preset's]."),
    steps: int = typer.Option(
        None,
        help="Updates [10000 of a GAN; 16000 of dialogue; 6000 of repairer; else 3000]",
    ),
    minutes: float = typer.Option(None, help="Minutes of GAN training, for --steps."),
    batch_size: int = typer.Option(
        None, help="Images a step; fewer if there are few [the preset's]."
    ),
    batch_doublings: int = typer.Option(
        None, help="How often the batch doubles [the preset's]."
    ),
    schedule: str = typer.Option(
        None, help="Learning rates: constant, linear or cosine [the preset's]."
    ),
    generator_learning_rate: float = typer.Option(
        None, help="The highest [the preset's]."
    ),
    discriminator_learning_rate: float = typer.Option(
        None, help="The highest [the preset's]."
    ),
    loss: str = typer.Option(
        None,
        help="hinge, non_saturating, relativistic or wasserstein [the preset's].",
    ),
    penalty: str = typer.Option(
        None, help="none, r1, matching_aware or finite_difference [the preset's]."
    ),
    text_encoder: str = typer.Option(
        None, help="GPT-2 preset by name or path [trained on the captions]."
    ),
    train_text_encoder: str = typer.Option(
        None, help="frozen, projection, last_blocks or full [the preset's]."
    ),
    language_learning_rate: float = typer.Option(
        None, help="Of what learns of GPT-2 along with the GAN [the preset's]."
    ),
    matching_steps: int = typer.Option(
        None, help="Image-text steps before the GAN [by the number of pictures]."
    ),
    early_stopping: str = typer.Option(
        None, help="alignment (shapes) or kernel_distance [the preset's, else none]."
    ),
    next_token_guidance: float = typer.Option(
        None, help="Weight of what a drawing shows word by word [the preset's]."
    ),
    caption_parts: int = typer.Option(
        None, help="Parts of captions an image, learned too [the preset's]."
    ),
    reading_steps: int = typer.Option(1500, help="Steps of the judge alone."),
    own_words: bool = typer.Option(
        None, help="Captions are names: their own words count [the preset's]."
    ),
    prior_steps: int = typer.Option(
        None, help="Steps in which captions learn what to expect [the preset's]."
    ),
    warm_up_steps: int = typer.Option(
        None, help="Steps of the generator alone, before the GAN [the preset's]."
    ),
    sample_every: int = typer.Option(200, help="Steps between sample grids."),
    save_every: int = typer.Option(500, help="Steps between checkpoints."),
    log_every: int = typer.Option(50, help="Steps between lines of metrics.jsonl."),
    precision: str = typer.Option(
        None, help="float32, mixed_bfloat16 or auto [the preset's]."
    ),
    threads: int = typer.Option(None, help="1 makes runs repeat bit by bit [all]."),
    prepared_dir: str = typer.Option("data", help="Where prepared data are kept."),
    triples: str = typer.Option(
        None, help="JSONL of caption, sentence, new_caption, for instructions [made]."
    ),
    transcripts: str = typer.Option(
        None, help="JSONL of your own dialogues, for dialogue [made]."
    ),
    export_to: str = typer.Option(
        None, "--export", help="Also export to this folder [saved_models/RUN]."
    ),
    seed: int = typer.Option(0, help="Seeds everything."),
    gradient_accumulation: int = typer.Option(
        None, help="Steps averaged for one update [the preset's]."
    ),
    clip_norm: float = typer.Option(
        None, help="Largest norm of a weight's gradient [the preset's]."
    ),
    rematerialize: bool = typer.Option(
        None, help="Less memory for more work [the preset's]."
    ),
    when_disk_full: str = typer.Option("stop", help="stop, or continue unsaved."),
    distribute: str = typer.Option(
        "none", help="none, mirrored (all devices) or multi_worker (TF_CONFIG)."
    ),
    workers: int = typer.Option(
        None, help="Processes on this machine, for multi_worker without TF_CONFIG."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Train a GAN on captioned images; run it again to go on after a stop.

    Example: aigc-keras train --dataset coco_folder --data-dir path/to/coco --steps 200
    """
    if workers is not None:
        launch_workers(context, workers, task)
        return
    import_tensorflow()
    from aigc_keras.models.presets import default_preset, get_preset
    from aigc_keras.serving import export
    from aigc_keras.training import TrainingConfig, train
    from aigc_keras.training.distribution import is_first_worker
    from aigc_keras.training.threads import set_threads, share_threads

    if threads is None and task == "gan":
        share_threads()
    set_threads(threads)
    examples = {"instructions": triples, "dialogue": transcripts}
    for name, option in (("instructions", "triples"), ("dialogue", "transcripts")):
        if examples[name] is not None and task != name:
            raise ValueError(f"--{option} is for the task {name}. Received: {task!r}")
    preset = preset or default_preset(dataset or "shapes")
    config = TrainingConfig(
        dataset=dataset or "shapes",
        data_dir=data_dir,
        font=font,
        caption_feature=caption_feature,
        image_feature=image_feature,
        framing=framing,
        caption_pattern=caption_pattern,
        max_faulty=max_faulty,
        augmentation=None if augmentation is None else split_names(augmentation),
        recipe=recipe,
        prepared_dir=prepared_dir,
        preset=preset,
        image_size=image_size or get_preset(preset)["image_size"],
        text_encoder=text_encoder,
        train_text_encoder=train_text_encoder,
        language_learning_rate=language_learning_rate,
        matching_steps=matching_steps,
        steps=10_000 if steps is None and minutes is None else steps,
        minutes=minutes,
        batch_size=batch_size,
        batch_doublings=batch_doublings,
        schedule=schedule,
        generator_learning_rate=generator_learning_rate,
        discriminator_learning_rate=discriminator_learning_rate,
        loss=loss,
        penalty=penalty,
        early_stopping=early_stopping,
        next_token_guidance=next_token_guidance,
        caption_parts=caption_parts,
        reading_steps=reading_steps,
        own_words=own_words,
        prior_steps=prior_steps,
        warm_up_steps=warm_up_steps,
        log_every=log_every,
        sample_every=sample_every,
        save_every=save_every,
        precision=precision,
        when_disk_full=when_disk_full,
        gradient_accumulation=gradient_accumulation,
        clip_norm=clip_norm,
        rematerialize=rematerialize,
        seed=seed,
    )
    run = run or f"saved_models/runs/{config.dataset.replace('/', '_')}"
    if task != "gan":
        if distribute != "none":
            raise ValueError(
                f"--distribute is for the task gan. Received: task={task!r}"
            )
        if minutes is not None:
            raise ValueError(
                "--minutes is for the task gan; give --steps. "
                f"Received: task={task!r}, minutes={minutes}"
            )
        given = {
            "dataset": dataset,
            "data_dir": data_dir,
            "text_encoder": text_encoder,
            "batch_size": batch_size,
            "precision": precision,
            "image_size": image_size,
        }
        # A GAN's own settings are not this task's.
        config = config.replace(steps=10_000)
        folder = train_part(task, config, run, steps, given, examples.get(task))
        print_result({"run": run, task: str(folder)}, json, [f"Trained: {folder}"])
        return
    gan, folder = train(config, run, distribute)
    if not is_first_worker(distribute):
        return
    version = export(gan, export_to or f"saved_models/{folder.path.name}")
    result = {
        "run": str(folder.path),
        "step": int(gan.optimizer.iterations.numpy()),
        "losses": folder.last_losses(),
        "exported": str(version),
    }
    print_result(
        result,
        json,
        [
            f"Run:      {result['run']} (step {result['step']})",
            f"Samples:  {folder.samples_path}",
            f"Exported: {version}",
            f'Draw:     aigc-keras generate "..." --run {folder.path} -o picture.png',
        ],
    )


def launch_workers(context, workers, task):
    """Run this command as a number of processes on this machine.

    Args:
        context: `click.Context` of the command.
        workers: int.
        task: str. Must be `"gan"`.

    Raises:
        RunError: If one of them ends badly.
        ValueError: If the task cannot be distributed.
    """
    import_tensorflow()
    from aigc_keras.training.launcher import launch, own_command

    if task != "gan":
        raise ValueError(f"--workers is for the task gan. Received: task={task!r}")
    arguments = given_options(context, but=("workers", "distribute"))
    command = ["train", *arguments, "--distribute", "multi_worker"]
    launch(own_command(command), workers)


def given_options(context, but=()):
    """Return the options that a command was given, as its arguments."""
    arguments = []
    for option in context.command.params:
        source = context.get_parameter_source(option.name)
        if option.name in but or source.name != "COMMANDLINE":
            continue
        value = context.params[option.name]
        arguments += [option.opts[0]] + ([] if value is True else [str(value)])
    return arguments


def train_part(task, config, run, steps, given, examples=None):
    """Train a part that goes with a GAN, with the data of the run that is there.

    Args:
        task: str. `"prompts"`, `"captioner"`, `"instructions"`, `"dialogue"`,
            `"repairer"` or `"encoder"`.
        config: `TrainingConfig` for a new run.
        run: Path of the run's folder.
        steps: int or None.
        given: Dict of the settings that were asked for, None where one was not.
        examples: Path of one's own for `"instructions"` or `"dialogue"`, or None.

    Returns:
        Path of what was trained.

    Raises:
        ValueError: If there is no such task, or the run has other settings.
    """
    from aigc_keras.training import (
        RunFolder,
        train_captioner,
        train_dialogue_reader,
        train_instruction_reader,
        train_noise_encoder,
        train_prompt_writer,
        train_repairer,
    )

    folder = RunFolder(run)
    tasks = {
        "prompts": (train_prompt_writer, folder.prompt_writer_path),
        "captioner": (train_captioner, folder.captioner_path),
        "instructions": (train_instruction_reader, folder.instruction_reader_path),
        "dialogue": (train_dialogue_reader, folder.dialogue_reader_path),
        "repairer": (train_repairer, folder.repairer_path),
        "encoder": (train_noise_encoder, folder.noise_encoder_path),
    }
    if task not in tasks:
        raise ValueError(
            f"--task must be gan, {', '.join(tasks)}. Received: task={task!r}"
        )
    if folder.config_path.exists() or folder.data_config_path.exists():
        config = folder.read_config()
        for name, value in given.items():
            found = getattr(config, name)
            if value not in (None, found):
                raise ValueError(
                    f"{run} holds a run with {name}={found!r}; choose another folder "
                    f"or leave it out. Received: {name}={value!r}"
                )
    train, path = tasks[task]
    more = () if examples is None else (examples,)
    train(config, run, steps, *more)
    return path


def split_names(text):
    """Return the names of a comma-separated list."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
