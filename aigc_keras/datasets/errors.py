"""What can be wrong with data."""


def describe_fault(error):
    """Return why a file cannot be read, without the path that the user knows."""
    return getattr(error, "strerror", None) or str(error)


class DatasetError(ValueError):
    """A data set that cannot be read, in one line that says why and what to do."""


class ImageError(DatasetError):
    """An image file that cannot be used.

    Args:
        message: str. One line.
        reason: str. One of `REASONS`, for counting.
    """

    REASONS = (
        "missing",
        "unreadable",
        "truncated",
        "too large",
        "too small",
        "animated",
    )

    def __init__(self, message, reason="unreadable"):
        super().__init__(message)
        self.reason = reason
