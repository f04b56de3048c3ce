"""Squares that cover a picture, and the picture joined from them."""

import numpy as np
import pytest

from aigc_keras.datasets.tiles import Tiles


@pytest.mark.parametrize("size", [(16, 16), (16, 17), (40, 33), (5, 50), (61, 100)])
def test_joining_what_was_cut_gives_the_picture_back(size):
    picture = np.random.default_rng(0).random((*size, 3)).astype("float32")
    tiles = Tiles(picture, 16)
    for place in tiles.places:
        tiles.add(tiles.cut([place]), [place])
    np.testing.assert_allclose(tiles.join(), picture, atol=1e-6)


def test_neighbours_start_at_odd_distances_and_the_last_one_fits():
    lefts = [left for top, left in Tiles(np.zeros((32, 95, 1)), 32).places]
    assert lefts == [*range(0, 63, 7), 63]
    assert Tiles(np.zeros((32, 32, 1)), 32).places == [(0, 0)]


def test_a_square_counts_less_at_its_edges():
    tiles = Tiles(np.zeros((16, 19, 1)), 16)
    tiles.add(np.stack([np.zeros((16, 16, 1)), np.ones((16, 16, 1))]), tiles.places)
    row = tiles.join()[8, :, 0]
    assert row[0] == 0 and row[-1] == 1 and (np.diff(row) >= 0).all()
    # Column 9 is the first square's 7th from its end, the second one's 7th.
    assert row[9] == pytest.approx(0.5)
