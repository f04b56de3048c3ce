"""SavedModels that take text and return pictures."""

from aigc_keras.serving.export import ExportError, export

__all__ = ["ExportError", "export"]
