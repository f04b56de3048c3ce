"""What is wrong is said in one line."""

import pytest

from aigc_keras.datasets.captioned_dialogue import read_dialogues
from aigc_keras.datasets.errors import DatasetError, describe_fault


def test_a_fault_is_told_without_its_path(tmp_path):
    with pytest.raises(DatasetError) as caught:
        read_dialogues(tmp_path / "none.jsonl")
    assert str(caught.value).count("none.jsonl") == 1
    assert str(caught.value).endswith("(No such file or directory)")


def test_other_faults_are_told_in_their_own_words():
    assert describe_fault(ValueError("not a number")) == "not a number"
