"""`aigc-keras evaluate` and `aigc-keras compare`."""

import shlex
import sys
from pathlib import Path

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow

# Prompts, or images of a split, where texts are measured.
TEXTS = 1000
# Images of a split that are damaged and repaired.
REPAIRED = 500


def evaluate(
    task: str = typer.Option(
        "gan",
        help="gan, prompts, captions, recognition, cycle (caption, image, caption), "
        "edits, inpainting or dialogue.",
    ),
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    images: str = typer.Option(None, help="Folder of pictures, instead of a GAN."),
    dataset: str = typer.Option(
        None, "--dataset", "--reference", help="Data set [the run's own, or shapes]."
    ),
    data_dir: str = typer.Option(None, help="Your own folder, for --dataset."),
    prepared_dir: str = typer.Option(None, help="Where prepared data are kept [data]."),
    split: str = typer.Option(None, help="Split [test, where there is one]."),
    num_images: int = typer.Option(
        None,
        help="Images of a split, or prompts, [2000; 1000 of texts; 500 damaged].",
    ),
    metrics: str = typer.Option(
        None,
        help="all, or some of alignment,distribution,matching,memorisation,language,"
        "recognition [of a GAN alignment; all for a report].",
    ),
    num_samples: int = typer.Option(
        1000, help="Samples that --metrics compares with as many real pictures."
    ),
    features: str = typer.Option(
        "contrastive", help="contrastive, inception, or a file of Inception's weights."
    ),
    report: Path = typer.Option(None, help="HTML page to write."),
    seed: int = typer.Option(0, help="Seed of the first image."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Measure how well a run, or a trained model, draws captions it has not seen.

    Example: aigc-keras evaluate --run saved_models/runs/quickstart --report report.html
    """
    import_tensorflow()
    from aigc_keras.evaluation import tables
    from aigc_keras.progress import progress_bar

    if num_images is not None and num_images < 1:
        raise ValueError(
            f"--num-images must be at least 1. Received: num_images={num_images}"
        )
    if task not in MEASURES:
        raise ValueError(
            f"--task must be one of {', '.join(MEASURES)}. Received: task={task!r}"
        )
    config = _settings(run, dataset, data_dir, prepared_dir)
    if metrics or report or images:
        if task != "gan":
            raise ValueError(
                f"--metrics, --report and --images are for task gan. Received: {task}"
            )
        asked = (run, preset, images, config, split, num_samples, seed, features)
        result = _measure_suite(asked, metrics, report)
        print_result(result, json, tables.suite_tables(result))
        return
    measure, label, table = MEASURES[task]
    with progress_bar(label) as update:
        result = measure(run, preset, config, split, num_images, seed, update)
    print_result(result, json, getattr(tables, table)(result))


def compare(
    first: str = typer.Argument(help="Run folder, or name of a trained model."),
    second: str = typer.Argument(help="Another one."),
    dataset: str = typer.Option(
        None, "--dataset", "--reference", help="Data set [the first run's, or shapes]."
    ),
    data_dir: str = typer.Option(None, help="Your own folder, for --dataset."),
    prepared_dir: str = typer.Option(None, help="Where prepared data are kept [data]."),
    split: str = typer.Option(None, help="Split [test, where there is one]."),
    metrics: str = typer.Option(
        "alignment,distribution,matching", help="See evaluate."
    ),
    num_samples: int = typer.Option(1000, help="Samples of each."),
    features: str = typer.Option("contrastive", help="See evaluate."),
    seed: int = typer.Option(0, help="Seed of the first image."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Measure two runs, or trained models, alike and print them side by side.

    Example: aigc-keras compare saved_models/runs/quickstart shapes_64
    """
    import_tensorflow()
    from aigc_keras.evaluation.tables import compare_tables

    results, config = {}, None
    for name in (first, second):
        run = name if Path(name).is_dir() and (Path(name) / "model").is_dir() else None
        config = config or _settings(run, dataset, data_dir, prepared_dir)
        asked = (run, name, None, config, split, num_samples, seed, features)
        # A run compared with itself is still two columns.
        title = name if name not in results else f"{name} (2)"
        results[title] = _measure_suite(asked, metrics, None)
    print_result(results, json, compare_tables(results))


def _settings(run, dataset, data_dir, prepared_dir):
    from aigc_keras.training import RunFolder, TrainingConfig

    given = {"dataset": dataset, "data_dir": data_dir, "prepared_dir": prepared_dir}
    given = {name: value for name, value in given.items() if value is not None}
    if run is not None:
        return RunFolder(run).read_config().replace(**given)
    return TrainingConfig(**{"dataset": "shapes", **given})


def _measure_suite(asked, metrics, report):
    """Return the figures of `evaluate_suite`, and write the report."""
    from aigc_keras.evaluation.report import check_report, write_report
    from aigc_keras.evaluation.samples import (
        PictureFolder,
        Protocol,
        Samples,
        default_split,
        make_extractor,
    )
    from aigc_keras.evaluation.suite import choose_metrics, evaluate_suite
    from aigc_keras.progress import progress_bar
    from aigc_keras.training import RunFolder, open_model

    run, preset, images, config, split, num_samples, seed, features = asked
    metrics = choose_metrics(metrics or "all", images is None)
    if report is not None:
        check_report(report)
    settings = config.to_dict()
    protocol = Protocol(
        split or default_split(settings),
        num_samples,
        seed,
        config.prepared_dir,
        make_extractor(features),
    )
    with progress_bar("Pictures are compared") as update:

        def show(stage, done, total):
            update(done, total, stage)

        if images is not None:
            side = config.image_size
            samples = PictureFolder(images, side, settings, protocol, show)
        else:
            gan = open_model(run, preset)
            if not gan.compiled:
                gan.compile()
            settings["image_size"] = gan.generator.image_size
            samples = Samples(gan, settings, protocol, show)
        result = evaluate_suite(samples, metrics)
        if report is not None:
            history = RunFolder(run).read_metrics() if run else ()
            command = shlex.join(["aigc-keras", *sys.argv[1:]])
            title = Path(run or images or preset).name
            write_report(report, title, result, samples, history, command)
    return result


def _load_split(config, split, image_size):
    from aigc_keras.datasets import load_dataset
    from aigc_keras.training.trainer import dataset_arguments

    return load_dataset(
        config.dataset,
        split or "test",
        image_size,
        config.batch_size,
        **dataset_arguments(config),
    )


def _measure_gan(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import evaluate_gan
    from aigc_keras.training import open_model

    del split
    gan = open_model(run, preset)
    if run is None:
        gan.compile()
        config = config.replace(image_size=gan.generator.image_size)
    return evaluate_gan(gan, config.to_dict(), num_images or 2000, seed, update)


def _measure_prompts(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_prompts, open_held_out_language_model
    from aigc_keras.training import open_prompt_writer

    del split
    writer = open_prompt_writer(run, preset)
    known = _load_split(config, config.split, config.image_size)
    encoders = f"{config.prepared_dir}/evaluation_encoders"
    held_out = open_held_out_language_model(known, encoders)
    scenes = config.dataset.startswith("shapes")
    number = num_images or TEXTS
    figures = measure_prompts(
        writer,
        known.flat_captions,
        number,
        seed,
        scenes,
        on_batch=update,
        held_out=held_out,
    )
    return {"prompts": figures}


def _measure_captions(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_captions
    from aigc_keras.training import open_captioner

    del seed
    captioner = open_captioner(run, preset)
    dataset = _load_split(config, split, captioner.image_size)
    return measure_captions(captioner, dataset, num_images or TEXTS, on_batch=update)


def _measure_cycle(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_cycle
    from aigc_keras.training import open_captioner, open_model

    captioner = open_captioner(run, preset)
    gan = open_model(run, preset)
    dataset = _load_split(config, split, captioner.image_size)
    number = num_images or TEXTS
    return measure_cycle(gan, captioner, dataset, number, seed, on_batch=update)


def _measure_recognition(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_split_recognition
    from aigc_keras.evaluation.samples import default_split
    from aigc_keras.training import open_model

    gan = open_model(run, preset)
    split = split or default_split(config.to_dict())
    dataset = _load_split(config, split, gan.generator.image_size)
    number = num_images or 2000
    return measure_split_recognition(gan, dataset, number, seed, on_batch=update)


def _measure_edits(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_edits
    from aigc_keras.training import open_model

    del split
    gan = open_model(run, preset)
    number = num_images or TEXTS
    result = measure_edits(gan, config.prepared_dir, number, seed, on_batch=update)
    return {
        f"{way} {attribute}": figures
        for way, rows in result.items()
        for attribute, figures in rows.items()
    }


def _measure_inpainting(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_repair
    from aigc_keras.evaluation.opencv_repair import open_opencv
    from aigc_keras.training import open_model, open_parts

    open_opencv()
    gan = open_model(run, preset)
    captioner = open_parts(run, preset, ["captioner"]).get("captioner")
    dataset = _load_split(config, split, gan.generator.image_size)
    number = num_images or REPAIRED
    return measure_repair(gan, captioner, dataset, number, seed, on_batch=update)


def _measure_dialogue(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_dialogue
    from aigc_keras.training import RunFolder, open_dialogue_reader, open_model

    del split
    reader = open_dialogue_reader(run, preset)
    # A run may have a reader and no GAN yet.
    drawn = run is None or RunFolder(run).checkpoints()
    gan = open_model(run, preset) if drawn else None
    number = num_images or TEXTS
    return measure_dialogue(reader, gan, config.prepared_dir, number, seed, update)


# What measures, what is being done, and which of `evaluation.tables` prints it.
MEASURES = {
    "gan": (_measure_gan, "Unseen captions are drawn and read", "alignment_table"),
    "prompts": (_measure_prompts, "GPT-2 writes captions", "figures_table"),
    "captions": (_measure_captions, "Pictures are described", "figures_table"),
    "cycle": (_measure_cycle, "Captions are drawn and described", "figures_table"),
    "recognition": (
        _measure_recognition,
        "Captions are drawn, pictures recognised",
        "recognition_lines",
    ),
    "edits": (_measure_edits, "Pictures are changed by sentences", "figures_table"),
    "dialogue": (_measure_dialogue, "Dialogues are followed", "figures_table"),
    "inpainting": (
        _measure_inpainting,
        "Pictures are damaged and repaired",
        "repair_table",
    ),
}
