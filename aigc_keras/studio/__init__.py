"""A web page on which the models are used; needs the extra `studio` (Gradio)."""

from aigc_keras.studio.library import Library, LocalModel, ServedModel

__all__ = ["Library", "LocalModel", "ServedModel"]
