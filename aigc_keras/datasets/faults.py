"""Counts what is wrong with a data set's pictures, and stops when it is too much."""

import collections
import dataclasses

from aigc_keras.datasets.errors import DatasetError

# Share of a data set's pictures, unless another is given.
MAX_FAULTY = 0.05
# Of these many offenders the messages are kept.
KEPT_MESSAGES = 20
SHOWN_MESSAGES = 5


@dataclasses.dataclass
class FaultReport:
    """What was looked at and what was left out.

    Args:
        num_images: int. Pictures looked at, good or bad.
        reasons: Counter from a reason in `ImageError.REASONS`, or "no caption", to the
            number of pictures left out.
        captions: Counter of captions dropped, see `CaptionRules.apply`.
        messages: List of str, the first offenders, a line each.
    """

    num_images: int = 0
    reasons: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    captions: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    messages: list = dataclasses.field(default_factory=list)

    def add(self, name, reason, message):
        """Note a picture that is left out."""
        self.reasons[reason] += 1
        if len(self.messages) < KEPT_MESSAGES:
            self.messages.append(f"{name}: {message}")

    @property
    def num_faulty(self):
        """Number of pictures left out."""
        return sum(self.reasons.values())

    def check(self, name, max_faulty):
        """Stop if too large a share is faulty, or nothing is left.

        Args:
            name: str. The data set's.
            max_faulty: float. Share from 0 to 1 that may be left out.

        Raises:
            DatasetError: In one line that counts by reason and lists the first.
        """
        if self.num_faulty <= max_faulty * self.num_images and (
            self.num_faulty < self.num_images or not self.num_images
        ):
            return
        counts = ", ".join(f"{n} {reason}" for reason, n in self.reasons.items())
        first = "; ".join(self.messages[:SHOWN_MESSAGES])
        first = f"; first: {first}" if first else ""
        raise DatasetError(
            f"At most {max_faulty:.0%} of the pictures may be faulty. Received: "
            f"{self.num_faulty} of {self.num_images} in {name} ({counts}){first}"
        )

    def to_dict(self):
        """Return the report as a plain dict."""
        return {
            "num_images": self.num_images,
            "num_faulty": self.num_faulty,
            "reasons": dict(self.reasons),
            "captions_dropped": dict(self.captions),
            "messages": self.messages,
        }

    @classmethod
    def from_dict(cls, values):
        """Read what `to_dict` gave."""
        return cls(
            values["num_images"],
            collections.Counter(values["reasons"]),
            collections.Counter(values["captions_dropped"]),
            list(values["messages"]),
        )
