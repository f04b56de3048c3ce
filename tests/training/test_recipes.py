"""Which losses suit how many pictures."""

import pytest

from aigc_keras.training import TrainingConfig
from aigc_keras.training.recipes import FEW_PICTURES, RECIPES, choose_recipe


@pytest.mark.parametrize(
    ("name", "num_images", "expected"),
    [
        (None, FEW_PICTURES - 1, "few"),
        (None, FEW_PICTURES, "many"),
        ("many", 12, "many"),
        ("few", 50_000, "few"),
    ],
)
def test_the_number_of_pictures_decides_unless_a_name_does(name, num_images, expected):
    assert choose_recipe(name, num_images) is RECIPES[expected]


def test_only_few_pictures_are_drawn_after_their_captions_own():
    few, many = RECIPES["few"], RECIPES["many"]
    assert few.loss_weights.layout > many.loss_weights.layout
    assert few.diff_augment and not many.diff_augment
    assert few.text_noise > many.text_noise == 0
    assert few.warm_up_size > many.warm_up_size


def test_many_pictures_are_found_again_from_their_noise_and_few_from_afar():
    few, many = RECIPES["few"].loss_weights, RECIPES["many"].loss_weights
    assert many.reconstruction > 0 == few.reconstruction
    assert TrainingConfig(recipe="many").recipe == "many"
    assert TrainingConfig().recipe is None


def test_few_pictures_of_a_few_kinds_are_not_drawn_as_their_average():
    kinds = choose_recipe("kinds", 1000)
    assert kinds.loss_weights.layout == 0 < kinds.loss_weights.diversity
    assert kinds.loss_weights.difference > RECIPES["many"].loss_weights.difference
    assert kinds.diff_augment and "color" not in kinds.diff_augment


def test_noise_is_standardized_where_many_pictures_are_learned_from():
    standard = {name for name, recipe in RECIPES.items() if recipe.standard_noise}
    assert standard == {"many"}
    assert choose_recipe(None, 50_000).standard_noise
    assert not choose_recipe(None, 500).standard_noise
