"""Weights in half precision, in files as small as they can be."""

import h5py
import numpy as np

from aigc_keras.models.half_precision import halve_file, read_halves, write_halves


def test_arrays_come_back_as_the_nearest_halves(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "part/0": rng.normal(0, 0.1, (3, 3, 64, 64)).astype("float32"),
        "part/1": np.array([0.0, -0.0, 65504, 6e-8, -2.5, np.inf], "float32"),
        "scalar": np.float32(1.1),
        "none": np.zeros((0, 4), "float32"),
    }
    write_halves(tmp_path / "weights.npz", arrays)
    read = read_halves(tmp_path / "weights.npz")
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == np.float32
        expected = np.asarray(array, "float16").astype("float32")
        np.testing.assert_array_equal(read[name], expected)
        np.testing.assert_array_equal(np.signbit(read[name]), np.signbit(expected))
    # Smaller than halves as they lie, compressed.
    np.savez_compressed(
        tmp_path / "plain.npz", **{n: np.float16(a) for n, a in arrays.items()}
    )
    small, large = (
        (tmp_path / name).stat().st_size for name in ("weights.npz", "plain.npz")
    )
    assert small < 0.95 * large
    # Which earlier packaged models have.
    for name, array in read_halves(tmp_path / "plain.npz").items():
        np.testing.assert_array_equal(array, read[name])


def test_halved_files_hold_the_same_in_less_space(tmp_path):
    rng = np.random.default_rng(0)
    values = {
        "large": rng.normal(0, 0.1, (256, 256)).astype("float32"),
        "small": rng.normal(size=5).astype("float32"),
        "scalar": np.float32(2.5),
        "counts": np.arange(9),
    }
    with h5py.File(tmp_path / "file.h5", "w") as file:
        group = file.create_group("layers/one")
        group.attrs["name"] = "one"
        for name, value in values.items():
            group[name] = value
    halve_file(tmp_path / "file.h5")
    with h5py.File(tmp_path / "file.h5") as file:
        group = file["layers/one"]
        assert group.attrs["name"] == "one"
        for name, value in values.items():
            kind = "int64" if name == "counts" else "float16"
            assert group[name].dtype == kind
            np.testing.assert_array_equal(group[name][()], value.astype(kind))
    # Noise loses a tenth of its two bytes a number, and headers are few.
    size = (tmp_path / "file.h5").stat().st_size
    assert size < 0.93 * 2 * values["large"].size + 4000
