"""What can be wrong with a user's data, each in one clear line."""


class DatasetError(ValueError):
    """A data set that cannot be found, read or prepared."""


class ImageError(DatasetError):
    """A picture that cannot be read."""
