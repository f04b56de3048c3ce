"""`aigc-keras serve`."""

import pathlib
import socket

import typer

from aigc_keras.cli.quiet import import_tensorflow


def serve(
    folder: str = typer.Argument(
        help="Exported model, such as saved_models/shapes_64: its newest version."
    ),
    port: int = typer.Option(8501, min=1, max=65535, help="Port to listen at."),
    host: str = typer.Option(
        "127.0.0.1", help="Address to listen at; 0.0.0.0 is open to the network."
    ),
    name: str = typer.Option(None, help="The model's name [the folder's]."),
):
    """Serve an exported model on this machine by TensorFlow Serving's REST protocol.

    For a laptop, a class room and tests; for production take TensorFlow Serving, which
    reads the same folder. A new version in the folder takes over by itself.

    Example: aigc-keras serve saved_models/shapes_64 --port 8501
    """
    import_tensorflow()
    try:
        import uvicorn

        from aigc_keras.serving.server import make_app
    except ImportError as error:
        raise ValueError(
            "`serve` needs the extra serving: pip install 'aigc_keras[serving]'. "
            f"Received: no module {error.name}"
        ) from error
    from aigc_keras.serving.versions import ServedVersions

    with listen(host, port) as listening:
        versions = ServedVersions(folder)
        name = name or pathlib.Path(folder).resolve().name
        typer.echo(
            f"Serving {name}, version {versions.current.number}, at "
            f"http://{host}:{port}/v1/models/{name} (Ctrl-C ends it)"
        )
        settings = {"log_level": "warning", "timeout_graceful_shutdown": 30}
        server = uvicorn.Server(uvicorn.Config(make_app(versions, name), **settings))
        server.run(sockets=[listening])


def listen(host, port):
    """Return a socket that is bound to an address.

    Raises:
        OSError: If it is taken or not this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise OSError(
            "The server needs a free port of this machine; choose another --port or "
            f"--host. Received: {host}:{port} ({error.strerror})"
        ) from error
