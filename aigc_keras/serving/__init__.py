"""SavedModels that take text and return pictures."""

from aigc_keras.serving.client import Client
from aigc_keras.serving.export import ExportError, export
from aigc_keras.serving.transports import ServingError

__all__ = ["Client", "ExportError", "ServingError", "export"]
