"""Skips what is tested here where the extra `studio` is missing."""

import warnings

import pytest

with warnings.catch_warnings():
    # Gradio's own imports.
    warnings.simplefilter("ignore")
    pytest.importorskip("gradio", reason="needs the extra studio")
