"""Named settings of the losses, for data sets of different sizes."""

import dataclasses

from aigc_keras.layers import DiffAugment
from aigc_keras.models import LossWeights
from aigc_keras.models.prior import PICTURE_SIZE

# A discriminator and a judge learn fewer pictures than these by heart (Zhao et al.,
# 2020, see 10% to 20% of CIFAR-10's 50,000).
FEW_PICTURES = 10_000


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a run's losses are made of.

    Args:
        loss_weights: `LossWeights`.
        diff_augment: Tuple of str. Policy of the `DiffAugment` through which the
            discriminator sees pictures; empty: none.
        text_noise: float. Deviation of the noise on the sentence vectors that are
            drawn. With few captions the space between them is empty: what is drawn for
            a new name is then smeared, with noise it is something near (Zhang et al.,
            2017, "StackGAN", sec. 3.2, conditioning augmentation).
        warm_up_size: int. Pixels a side that count while the generator warms up.
        standard_noise: bool. Whether noise is standardized at the end. Not from few
            pictures: of handwritten digits, 1,000 steps, 39% were drawn as asked before
            and 32% after.
    """

    loss_weights: LossWeights
    diff_augment: tuple = ()
    text_noise: float = 0.0
    warm_up_size: int = PICTURE_SIZE
    standard_noise: bool = False


RECIPES = {
    "many": Recipe(LossWeights(), standard_noise=True),
    # The judge is soon fooled where it has seen few pictures: it leads to textures, not
    # to things. There a caption's own picture, seen from afar, leads better.
    "few": Recipe(
        LossWeights(
            matching=0.1,
            judge_matching=0.3,
            judge_tokens=0.0,
            layout=20.0,
            reconstruction=0.0,
        ),
        diff_augment=DiffAugment.POLICIES,
        text_noise=0.5,
        # Whole pictures: seen from afar, they were drawn with a grid to begin with.
        warm_up_size=256,
    ),
    # Few pictures of a few kinds, such as handwritten digits: hundreds share a caption,
    # and the average of them is not one of them. No changes of colour: where the
    # discriminator saw drawings through them, those varied mostly in brightness.
    "kinds": Recipe(
        LossWeights(
            judge_matching=0.1,
            judge_tokens=0.0,
            layout=0.0,
            diversity=0.3,
            difference=0.15,
        ),
        diff_augment=("translation", "cutout"),
    ),
}


def choose_recipe(name, num_images):
    """Return a recipe by name, or the one that suits a number of pictures.

    Args:
        name: str, a name in `RECIPES`, or None.
        num_images: int.
    """
    return RECIPES[name or ("few" if num_images < FEW_PICTURES else "many")]
