"""Captions from class names, for data sets that have labels and no sentences."""

import dataclasses

GENERIC_ENGLISH = ("a photo of {a}", "a picture of {a}", "{}")
GENERIC_CHINESE = ("一张{}的照片", "{}的图片", "{}")


@dataclasses.dataclass(frozen=True)
class ClassCaptions:
    """Writes the captions of a class.

    Args:
        english: Tuple of str. Names by label; empty: the data set's own.
        chinese: Tuple of str. Names by label; empty: no Chinese captions.
        english_templates: Tuple of str; `{}` is the name, `{a}` the name with its
            article.
        chinese_templates: Tuple of str with one `{}` each.
    """

    english: tuple = ()
    chinese: tuple = ()
    english_templates: tuple = GENERIC_ENGLISH
    chinese_templates: tuple = GENERIC_CHINESE

    def names(self, own):
        """Return the classes' English names, given the data set's own."""
        return list(self.english) or [plain_name(name) for name in own]

    def write(self, label, names):
        """Return the captions of a label.

        Args:
            label: int.
            names: List of str, see `names`.
        """
        name = names[label]
        captions = [
            template.format(name, a=_with_article(name))
            for template in self.english_templates
        ]
        if self.chinese:
            name = self.chinese[label]
            captions += [template.format(name) for template in self.chinese_templates]
        return captions


def plain_name(name):
    """Return a class name as words: `"001.Black_footed_Albatross"` and the like.

    Example:
    >>> from aigc_keras.datasets.class_captions import plain_name
    >>> plain_name("001.Black_footed_Albatross")
    'Black footed Albatross'
    """
    head, dot, tail = str(name).partition(".")
    name = tail if dot and head.isdigit() else str(name)
    return " ".join(name.replace("_", " ").split())


def _with_article(name):
    # Names that already say how many, or begin with an article, need none.
    if name.split(" ")[0].lower() in ("a", "an", "the"):
        return name
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


DIGITS = ClassCaptions(
    tuple("zero one two three four five six seven eight nine".split()),
    tuple("零 一 二 三 四 五 六 七 八 九".split()),
    ("a handwritten {}", "the digit {}", "the number {} written by hand"),
    ("手写数字{}", "数字{}", "一个手写的{}"),
)

FASHION = ClassCaptions(
    (
        "T-shirt",
        "pair of trousers",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    tuple("T恤 裤子 套头衫 连衣裙 外套 凉鞋 衬衫 运动鞋 包 短靴".split()),
    ("a product photo of {a}", "{a} on black", "{}"),
    ("一张{}的商品照片", "黑色背景上的{}", "{}"),
)

CIFAR10 = ClassCaptions(
    tuple("airplane automobile bird cat deer dog frog horse ship truck".split()),
    tuple("飞机 汽车 鸟 猫 鹿 狗 青蛙 马 船 卡车".split()),
)

CIFAR100 = ClassCaptions(
    tuple(
        name.replace("_", " ")
        for name in (
            "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl "
            "boy bridge bus butterfly camel can castle caterpillar cattle chair "
            "chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur "
            "dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard "
            "lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle "
            "mountain mouse mushroom oak_tree orange orchid otter palm_tree pear "
            "pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon "
            "ray road rocket rose sea seal shark shrew skunk skyscraper snail snake "
            "spider squirrel streetcar sunflower sweet_pepper table tank telephone "
            "television tiger tractor train trout tulip turtle wardrobe whale "
            "willow_tree wolf woman worm"
        ).split()
    ),
    tuple(
        (
            "苹果 观赏鱼 婴儿 熊 河狸 床 蜜蜂 甲虫 自行车 瓶子 碗 "
            "男孩 桥 公共汽车 蝴蝶 骆驼 罐头 城堡 毛毛虫 牛 椅子 "
            "黑猩猩 时钟 云 蟑螂 沙发 螃蟹 鳄鱼 杯子 恐龙 "
            "海豚 大象 比目鱼 森林 狐狸 女孩 仓鼠 房子 袋鼠 键盘 "
            "台灯 割草机 豹 狮子 蜥蜴 龙虾 男人 枫树 摩托车 "
            "山 老鼠 蘑菇 橡树 橙子 兰花 水獭 棕榈树 梨 "
            "皮卡车 松树 平原 盘子 罂粟花 豪猪 负鼠 兔子 浣熊 "
            "鳐鱼 道路 火箭 玫瑰 大海 海豹 鲨鱼 鼩鼱 臭鼬 摩天大楼 蜗牛 蛇 "
            "蜘蛛 松鼠 有轨电车 向日葵 甜椒 桌子 坦克 电话 "
            "电视 老虎 拖拉机 火车 鳟鱼 郁金香 乌龟 衣柜 鲸鱼 "
            "柳树 狼 女人 虫子"
        ).split()
    ),
)

FLOWERS = ClassCaptions(
    english_templates=("a photo of {a}, a flower", "a blooming {}", "{}")
)
BIRDS = ClassCaptions(english_templates=("a photo of {a}, a bird", "{}"))
GENERIC = ClassCaptions()


def imagenet_names():
    """Return the 1,000 class names of ImageNet-1k in label order, by KerasHub."""
    import keras_hub

    return [
        plain_name(keras_hub.utils.imagenet_id_to_name(label)) for label in range(1000)
    ]
