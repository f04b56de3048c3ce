import numpy as np
import pytest

from aigc_keras.datasets.pipeline import CaptionedDataset, CaptionTable
from aigc_keras.datasets.sharding import replica_rows, shared_batch_size


def test_replicas_share_each_half_of_a_batch():
    shares = [replica_rows(4, replica, 3).numpy() for replica in range(3)]
    assert shares[1].tolist() == [2, 3, 8, 9]
    assert sorted(np.concatenate(shares)) == list(range(12))


@pytest.mark.parametrize("pipelines", [1, 2])
def test_replicas_together_see_what_one_sees_and_nothing_twice(pipelines):
    images = np.zeros((16, 32, 32, 3), "uint8")
    images[:, 0, 0, 0] = np.arange(16)
    data = CaptionedDataset("some", "train", images, [["a", "b"]] * 16, 8)
    table = CaptionTable(np.arange(64).reshape(32, 2), np.ones((32, 2), bool))

    def read(steps, share=(range(1), 1)):
        batches = data.training_batches(table, 8, 5, 0, None, share).take(steps)
        return [(x["image"].numpy(), x["token_ids"].numpy()) for x in batches]

    alone = read(2)
    local = 2 // pipelines
    parts = [[], []]
    for pipeline in range(pipelines):
        first = pipeline * local
        elements = read(2 * local, (range(first, first + local), 2))
        for number, element in enumerate(elements):
            parts[first + number % local].append(element)
    seen = []
    for step, whole in enumerate(alone):
        for replica in range(2):
            rows = replica_rows(4, replica, 2).numpy()
            for ours, theirs in zip(whole, parts[replica][step], strict=True):
                np.testing.assert_array_equal(ours[rows], theirs)
            pixels = parts[replica][step][0][:, 0, 0, 0]
            seen += np.round((pixels + 1) * 127.5).astype(int).tolist()
    assert sorted(seen) == list(range(16))


def test_a_batch_that_cannot_be_shared_is_refused():
    assert shared_batch_size(8, 6, 1) == 6
    assert shared_batch_size(8, 15, 2) == 8
    assert shared_batch_size(64, 15, 2) == 12
    with pytest.raises(ValueError, match="multiple of 4 for 2 replicas"):
        shared_batch_size(6, 15, 2)
    with pytest.raises(ValueError, match="3 images"):
        shared_batch_size(8, 3, 2)
