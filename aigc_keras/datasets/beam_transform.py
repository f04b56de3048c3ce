"""Examples of a tfds builder, made by Apache Beam (the extra `beam`)."""

import apache_beam as beam

from aigc_keras.datasets.errors import ImageError
from aigc_keras.datasets.faults import FaultReport

NAMESPACE = "aigc_keras"
LOOKED_AT = "looked at"


def make_through_beam(items, make, split):
    """Return the `PTransform` that makes an example of each item.

    Args:
        items: Sequence. What each example is made from.
        make: Function of a module, from an item to `(key, example)` or None; raises
            `ImageError` for what is faulty.
        split: int. The split whose counters these are.
    """
    return beam.Create(items) | beam.ParDo(_Make(make, split))


def read_report(pipeline_result, split):
    """Return the `FaultReport` of a split, after its pipeline has ended.

    Workers far away count what they leave out; messages stay in their logs.

    Args:
        pipeline_result: `beam.runners.runner.PipelineResult`.
        split: int. As given to `make_through_beam`.
    """
    report = FaultReport()
    query = beam.metrics.MetricsFilter().with_namespace(f"{NAMESPACE}/{split}")
    for counter in pipeline_result.metrics().query(query)["counters"]:
        name, number = counter.key.metric.name, counter.result
        if name == LOOKED_AT:
            report.num_images += number
        else:
            report.reasons[name] += number
    return report


class _Make(beam.DoFn):
    def __init__(self, make, split):
        super().__init__()
        self._make, self._namespace = make, f"{NAMESPACE}/{split}"

    def process(self, item):
        self._count(LOOKED_AT)
        try:
            made = self._make(item)
        except ImageError as error:
            self._count(error.reason)
            return
        if made is not None:
            yield made

    def _count(self, name):
        beam.metrics.Metrics.counter(self._namespace, name).inc()
