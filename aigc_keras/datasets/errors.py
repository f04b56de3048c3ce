"""What can be wrong with data."""


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
