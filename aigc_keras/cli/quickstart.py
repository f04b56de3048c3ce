"""`aigc-keras quickstart`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def quickstart(
    minutes: float = typer.Option(7.0, help="Minutes of GAN training."),
    run: str = typer.Option("saved_models/runs/quickstart", help="Run folder."),
    prepared_dir: str = typer.Option("data", help="Where prepared data are kept."),
    seed: int = typer.Option(0, help="Seeds everything."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Draw a data set, train GPT-2 and a GAN on it, measure, export.

    Takes about five minutes more than --minutes on two processor cores.

    Example: aigc-keras quickstart --minutes 15
    """
    import_tensorflow()
    import json as json_lib

    from aigc_keras.evaluation import evaluate_gan
    from aigc_keras.evaluation.tables import alignment_table
    from aigc_keras.progress import progress_bar
    from aigc_keras.serving import export
    from aigc_keras.training import TrainingConfig, share_threads, train
    from aigc_keras.training.run_folder import write_text

    share_threads()
    config = TrainingConfig(
        steps=None, minutes=minutes, prepared_dir=prepared_dir, seed=seed
    )
    gan, folder = train(config, run)
    with progress_bar("Unseen captions are drawn and read") as update:
        figures = evaluate_gan(gan, config.to_dict(), on_batch=update)
    write_text(folder.path / "evaluation.json", json_lib.dumps(figures, indent=2))
    version = export(gan, f"saved_models/{folder.path.name}")
    draw = (
        'aigc-keras generate "a small red circle on the left of a grey background" '
        f"--run {folder.path} --seed 7 -o red.png"
    )
    result = {
        "run": str(folder.path),
        "samples": str(folder.samples_path),
        "exported": str(version),
        "evaluation": figures,
        "draw": draw,
    }
    print_result(
        result,
        json,
        [
            *alignment_table(figures),
            "",
            f"Run:      {folder.path}",
            f"Samples:  {folder.samples_path}",
            f"Exported: {version}",
            f"Draw:     {draw}",
        ],
    )
