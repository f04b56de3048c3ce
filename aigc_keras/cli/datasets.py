"""`aigc-keras datasets`."""

import dataclasses
import pathlib

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow

app = typer.Typer(invoke_without_command=True, rich_markup_mode="markdown")

NAME = typer.Argument(help="Data set, such as shapes/scenes; see `datasets list`.")
SPLIT = typer.Option("train", help="Split, such as train or 'train[:100]'.")
SIZE = typer.Option(64, help="Side of the prepared pictures in pixels.")
DATA_DIR = typer.Option(None, help="Your own directory of pictures.")
PREPARED_DIR = typer.Option("data", help="Where prepared data are kept.")
FONT = typer.Option(None, help="NotoColorEmoji.ttf, for noto_emoji.")
CAPTION_FEATURE = typer.Option(None, help="Captions of a tfds data set.")
IMAGE_FEATURE = typer.Option(None, help="Images of a tfds data set.")
JSON = typer.Option(False, "--json", help="Print one JSON object.")


@app.callback()
def datasets(context: typer.Context, json: bool = JSON):
    """List the data sets that are known by name; show, preview, prepare, check them.

    Example: aigc-keras datasets show shapes
    """
    if context.invoked_subcommand is None:
        list_datasets(json)


@app.command("list")
def list_datasets(json: bool = JSON):
    """List the data sets that `--dataset` knows by name.

    Any other tfds data set with images and captions or classes works too.

    Example: aigc-keras datasets list
    """
    import_tensorflow()
    from aigc_keras.datasets import SOURCES

    result = {name: entry.description for name, entry in SOURCES.items()}
    print_result(result, json, [f"{name:<18} {text}" for name, text in result.items()])


@app.command("show")
def show(
    name: str = NAME,
    split: str = SPLIT,
    image_size: int = SIZE,
    data_dir: str = DATA_DIR,
    prepared_dir: str = PREPARED_DIR,
    font: str = FONT,
    caption_feature: str = CAPTION_FEATURE,
    image_feature: str = IMAGE_FEATURE,
    json: bool = JSON,
):
    """Show counts, caption statistics, labels, licence and citation.

    Example: aigc-keras datasets show shapes --split test
    """
    import_tensorflow()
    from aigc_keras.datasets import Options, load_dataset, open_source
    from aigc_keras.datasets.summary import summarise

    options = Options(data_dir, prepared_dir, font, caption_feature, image_feature)
    source = open_source(name, options)
    dataset = load_dataset(name, split, image_size, **dataclasses.asdict(options))
    result = summarise(source, dataset)
    captions = result["captions"]
    lines = [
        f"{result['name']}: {result['description']}",
        "Splits:    " + ", ".join(f"{k} {n}" for k, n in result["splits"].items()),
        f"{split}: {result['images']} pictures, {captions['number']} captions "
        f"({captions['min']} to {captions['max']} characters, "
        f"median {captions['median']})",
        *_fault_lines(result["faults"]),
        *(f"  {n:>7} {label}" for label, n in (result["labels"] or {}).items()),
        f"Licence:   {result['licence']}",
        *([result["citation"]] if result["citation"] else []),
    ]
    print_result(result, json, lines)


@app.command("prepare")
def prepare(
    name: str = NAME,
    split: str = SPLIT,
    image_size: int = SIZE,
    data_dir: str = DATA_DIR,
    prepared_dir: str = PREPARED_DIR,
    font: str = FONT,
    caption_feature: str = CAPTION_FEATURE,
    image_feature: str = IMAGE_FEATURE,
    framing: str = typer.Option("centre", help="centre, random or letterbox."),
    max_faulty: float = typer.Option(0.05, help="Share of pictures left out at most."),
    json: bool = JSON,
):
    """Prepare a split at one size, so that training starts at once.

    Example: aigc-keras datasets prepare noto_emoji --image-size 64
    """
    import_tensorflow()
    from aigc_keras.datasets import Options, load_dataset

    options = Options(data_dir, prepared_dir, font, caption_feature, image_feature)
    dataset = load_dataset(
        name,
        split,
        image_size,
        framing=framing,
        max_faulty=max_faulty,
        **dataclasses.asdict(options),
    )
    result = {"images": dataset.num_images, "faults": dataset.report.to_dict()}
    lines = [f"{dataset.num_images} pictures", *_fault_lines(result["faults"])]
    print_result(result, json, lines)


@app.command("build")
def build(
    name: str = NAME,
    data_dir: str = DATA_DIR,
    prepared_dir: str = PREPARED_DIR,
    font: str = FONT,
    file_format: str = typer.Option("tfrecord", help="tfrecord or array_record."),
    num_shards: int = typer.Option(None, help="Files a split [by size]."),
    processes: int = typer.Option(
        None, help="Processes that make it [one a core, for many pictures]."
    ),
    beam_runner: str = typer.Option(
        None,
        help="Of Apache Beam: DirectRunner, FlinkRunner, DataflowRunner.",
    ),
    beam_options: str = typer.Option(None, help="Flags for Beam, in quotes."),
    json: bool = JSON,
):
    """Write a data set as sharded records, in several processes or on a cluster.

    The folder that is printed is itself a `--dataset`, on any machine that sees it.

    Example: aigc-keras datasets build captioned_folder --data-dir pictures
    """
    import_tensorflow()
    from aigc_keras.datasets import Options
    from aigc_keras.datasets.building import build_records

    records = build_records(
        name,
        Options(data_dir, prepared_dir, font),
        file_format=file_format,
        num_shards=num_shards,
        processes=processes,
        beam_runner=beam_runner,
        beam_options=beam_options,
    )
    lines = [
        f"{split}: {part['examples']} examples, {part['bytes'] / 1e6:.1f} MB, files: "
        f"{part['shards']}"
        for split, part in records.splits.items()
    ]
    print_result(dataclasses.asdict(records), json, [*lines, records.path])


@app.command("preview")
def preview(
    name: str = NAME,
    output: str = typer.Option("preview.png", "-o", "--output", help="PNG to write."),
    number: int = typer.Option(24, help="Pictures."),
    split: str = SPLIT,
    image_size: int = SIZE,
    data_dir: str = DATA_DIR,
    prepared_dir: str = PREPARED_DIR,
    font: str = FONT,
    text_font: str = typer.Option(None, help="Font of the captions."),
    caption_feature: str = CAPTION_FEATURE,
    image_feature: str = IMAGE_FEATURE,
    json: bool = JSON,
):
    """Draw some pictures with their captions underneath.

    Example: aigc-keras datasets preview shapes -o grid.png
    """
    import_tensorflow()
    import numpy as np

    from aigc_keras.datasets import Options, load_dataset
    from aigc_keras.datasets.pictures import check_output, write_png
    from aigc_keras.datasets.preview import draw_preview

    check_output(output)
    if number < 1:
        raise ValueError(f"`--number` must be at least 1. Received: {number}")
    options = Options(data_dir, prepared_dir, font, caption_feature, image_feature)
    dataset = load_dataset(name, split, image_size, **dataclasses.asdict(options))
    count = min(number, dataset.num_images)
    rows = np.linspace(0, dataset.num_images - 1, count).astype(int)
    # Alternating first and last captions shows both languages.
    captions = [dataset.captions[row][-(i % 2)] for i, row in enumerate(rows)]
    picture = draw_preview(dataset.images[rows], captions, font=text_font)
    write_png(picture, output)
    print_result({"output": output, "pictures": count}, json, [output])


@app.command("check")
def check(
    folder: str = typer.Argument(help="Your own directory of pictures."),
    json: bool = JSON,
):
    """Read every picture and caption of a folder and report what is wrong.

    Exit status 1 if anything is.

    Example: aigc-keras datasets check path/to/pictures
    """
    import_tensorflow()
    from aigc_keras.datasets import CaptionRules, Options, open_source
    from aigc_keras.datasets.framing import CentreCrop
    from aigc_keras.datasets.prepared import check_elements
    from aigc_keras.progress import progress_bar

    name = "coco_folder" if _is_coco(folder) else "captioned_folder"
    source = open_source(name, Options(data_dir=folder))
    reports = {}
    for split, total in source.splits.items():
        with progress_bar(f"{split} is checked") as update:
            reports[split] = check_elements(
                source.elements(split),
                CentreCrop(64),
                CaptionRules(),
                lambda done, total=total, update=update: update(done, total),
            ).to_dict()
    lines = []
    for split, report in reports.items():
        lines += [f"{split}: {report['num_images']} pictures", *_fault_lines(report)]
    print_result(reports, json, lines)
    if any(report["num_faulty"] for report in reports.values()):
        raise typer.Exit(1)


def _is_coco(folder):
    return any(pathlib.Path(folder, "annotations").glob("captions_*.json"))


def _fault_lines(report):
    lines = [f"  left out: {n} {reason}" for reason, n in report["reasons"].items()]
    lines += [
        f"  captions dropped: {n} {reason}"
        for reason, n in report["captions_dropped"].items()
    ]
    return lines + [f"  {message}" for message in report["messages"]]
