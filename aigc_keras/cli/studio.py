"""`aigc-keras studio`."""

import os

import typer

from aigc_keras.cli.quiet import import_tensorflow


def studio(
    preset: list[str] = typer.Option(
        None, help="Shipped model or a saved one's folder; may be repeated [all]."
    ),
    run: list[str] = typer.Option(
        None, help="Run folder of a trained GAN; may be repeated."
    ),
    server: str = typer.Option(
        None, help="Address of a server, such as http://localhost:8501."
    ),
    server_model: str = typer.Option("shapes_64", help="The name of its model."),
    port: int = typer.Option(7860, min=1, max=65535, help="Port of the page."),
    language: str = typer.Option("en", help="The page begins in en or zh."),
):
    """Open a web page on this machine: talk, draw, change, describe, train, compare.

    Example: aigc-keras studio --language zh
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import_tensorflow()
    try:
        from aigc_keras.studio.page import make_page, serve_page
    except ImportError as error:
        raise ValueError(
            "`studio` needs the extra studio: pip install 'aigc_keras[studio]'. "
            f"Received: no module {error.name}"
        ) from error
    from aigc_keras.studio import Library

    library = Library(preset or None, run or (), server, server_model)
    page = make_page(library, language)
    _, address, _ = serve_page(page, port, prevent_thread_lock=True)
    typer.echo(f"The studio is at {address} (Ctrl-C ends it)")
    library.warm_up()
    page.block_thread()
