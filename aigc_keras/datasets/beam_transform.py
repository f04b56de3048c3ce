"""Examples of a tfds builder, made by Apache Beam (the extra `beam`)."""

import apache_beam as beam

from aigc_keras.datasets.errors import ImageError
from aigc_keras.datasets.faults import FaultReport

NAMESPACE = "aigc_keras"
LOOKED_AT = "looked at"


def make_through_beam(items, make):
    """Return the `PTransform` that makes an example of each item.

    Args:
        items: Sequence. What each example is made from.
        make: Function of a module, from an item to `(key, example)` or None; raises
            `ImageError` for what is faulty.
    """
    return beam.Create(items) | beam.Reshuffle() | beam.ParDo(_Make(make))


def read_report(pipeline_result):
    """Return the `FaultReport` of a pipeline that has ended.

    Workers far away count what they leave out; messages stay in their logs.

    Args:
        pipeline_result: `beam.runners.runner.PipelineResult`.
    """
    report = FaultReport()
    query = beam.metrics.MetricsFilter().with_namespace(NAMESPACE)
    for counter in pipeline_result.metrics().query(query)["counters"]:
        name, number = counter.key.metric.name, counter.result
        if name == LOOKED_AT:
            report.num_images += number
        else:
            report.reasons[name] += number
    return report


class _Make(beam.DoFn):
    def __init__(self, make):
        super().__init__()
        self._make = make

    def process(self, item):
        _count(LOOKED_AT)
        try:
            made = self._make(item)
        except ImageError as error:
            _count(error.reason)
            return
        if made is not None:
            yield made


def _count(name):
    beam.metrics.Metrics.counter(NAMESPACE, name).inc()
