"""Writes English and Chinese captions for a `Scene`."""

LANGUAGES = ("en", "zh")

ENGLISH_WORDS = {
    "small": ("small", "small", "little", "tiny"),
    "large": ("large", "large", "big", "huge"),
    "red": ("red", "red", "crimson", "scarlet"),
    "green": ("green", "green", "emerald"),
    "blue": ("blue", "blue", "cobalt"),
    "yellow": ("yellow", "yellow", "golden"),
    "purple": ("purple", "purple", "violet"),
    "orange": ("orange", "orange", "tangerine"),
    "white": ("white", "white", "snow-white"),
    "black": ("black", "black", "jet-black"),
    "circle": ("circle", "circle", "disc"),
    "square": ("square", "square", "box"),
    "triangle": ("triangle",),
    "star": ("star", "star", "five-pointed star"),
    "cross": ("cross", "cross", "plus sign"),
    "ring": ("ring", "ring", "hoop"),
    "grey": ("grey", "grey", "gray"),
    "pink": ("pink", "pink", "rose"),
    "cyan": ("cyan", "cyan", "aqua"),
    "brown": ("brown", "brown", "chestnut"),
}
ENGLISH_PLACES = {
    "left": ("on the left of", "on the left side of", "to the left on"),
    "right": ("on the right of", "on the right side of", "to the right on"),
    "top": ("at the top of", "in the upper part of", "near the top of"),
    "bottom": ("at the bottom of", "in the lower part of", "near the bottom of"),
    "centre": ("in the centre of", "in the middle of", "at the center of"),
}
ENGLISH_SHORT_PLACES = {
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
    "centre": "in the middle",
}
ENGLISH_RELATIONS = {
    "left of": ("to the left of", "left of"),
    "right of": ("to the right of", "right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}
ENGLISH_NUMBERS = {2: "two", 3: "three"}

CHINESE_WORDS = {
    "small": ("小", "小", "小小的"),
    "large": ("大", "大", "大大的"),
    "red": ("红色", "红色", "红"),
    "green": ("绿色", "绿色", "绿"),
    "blue": ("蓝色", "蓝色", "蓝"),
    "yellow": ("黄色", "黄色", "金黄色"),
    "purple": ("紫色", "紫色", "紫"),
    "orange": ("橙色", "橙色", "橘色"),
    "white": ("白色", "白色", "雪白色"),
    "black": ("黑色", "黑色", "漆黑色"),
    "circle": ("圆形", "圆形", "圆"),
    "square": ("正方形", "正方形", "方块"),
    "triangle": ("三角形",),
    "star": ("五角星", "星形", "星星"),
    "cross": ("十字", "十字形", "加号"),
    "ring": ("圆环", "圆环", "圆圈"),
    "grey": ("灰色", "灰色", "灰"),
    "pink": ("粉色", "粉红色", "粉红"),
    "cyan": ("青色", "青色", "浅青色"),
    "brown": ("棕色", "棕色", "褐色"),
}
CHINESE_PLACES = {
    "left": ("左边", "左侧"),
    "right": ("右边", "右侧"),
    "top": ("上方", "顶部"),
    "bottom": ("下方", "底部"),
    "centre": ("中间", "中央"),
}
CHINESE_RELATIONS = {
    "left of": ("左边", "左侧"),
    "right of": ("右边", "右侧"),
    "above": ("上面", "上方"),
    "below": ("下面", "下方"),
}
CHINESE_NUMBERS = {2: "两", 3: "三"}


def write_captions(scene, rng, per_language=3):
    """Write different captions of one scene.

    Every caption states every attribute: background, position or relation, and each
    object's size, colour and shape.

    Args:
        scene: `Scene`.
        rng: `random.Random` that chooses templates and synonyms.
        per_language: int. Captions in each of `LANGUAGES`, default 3.

    Returns:
        Tuple `(captions, languages)` of equally long lists of str, English first.
    """
    captions, languages = [], []
    for language, write in (("en", write_english), ("zh", write_chinese)):
        seen = []
        for _ in range(per_language * 8):
            caption = write(scene, rng)
            if caption not in seen:
                seen.append(caption)
            if len(seen) == per_language:
                break
        captions += seen
        languages += [language] * len(seen)
    return captions, languages


def write_english(scene, rng):
    """Write one English caption; see `write_captions`."""
    ground = rng.choice(ENGLISH_WORDS[scene.background])
    first = scene.objects[0]
    if len(scene.objects) == 1:
        return _english_single(first, ground, rng)
    if len({item.kind for item in scene.objects}) == 1:
        noun = _english_noun(first, rng, len(scene.objects))
        return _english_on(noun, ground, rng)
    relation = rng.choice(ENGLISH_RELATIONS[scene.relation])
    second = _english_noun(scene.objects[1], rng)
    phrase = f"{_english_noun(first, rng)} {relation} {second}"
    return _english_on(phrase, ground, rng)


def _article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def _english_noun(item, rng, number=1):
    size, colour, shape = (rng.choice(ENGLISH_WORDS[word]) for word in item.kind)
    if number == 1:
        return _article(f"{size} {colour} {shape}")
    return f"{ENGLISH_NUMBERS[number]} {size} {colour} {plural(shape)}"


def plural(shape):
    """Return the plural of one of the words for shapes."""
    return {"cross": "crosses", "box": "boxes"}.get(shape, shape + "s")


def _english_single(item, ground, rng):
    noun = _english_noun(item, rng)
    place = rng.choice(ENGLISH_PLACES[item.position])
    short = ENGLISH_SHORT_PLACES[item.position]
    background = _article(f"{ground} background")
    return rng.choice(
        (
            f"{noun} {place} {background}",
            f"{noun} {place} {background}",
            f"{background} with {noun} {short}",
            f"{short}, {noun} against {background}",
            f"there is {noun} {place} {background}",
            f"a picture of {noun} {short}, {ground} background",
        )
    )


def _english_on(phrase, ground, rng):
    background = _article(f"{ground} background")
    return rng.choice(
        (
            f"{phrase} on {background}",
            f"{phrase} against {background}",
            f"{background} with {phrase}",
            f"a picture of {phrase}, {ground} background",
        )
    )


def write_chinese(scene, rng):
    """Write one Chinese caption; see `write_captions`."""
    ground = rng.choice(CHINESE_WORDS[scene.background])
    first = scene.objects[0]
    if len(scene.objects) == 1:
        return _chinese_single(first, ground, rng)
    if len({item.kind for item in scene.objects}) == 1:
        count = CHINESE_NUMBERS[len(scene.objects)]
        return _chinese_on(count + "个" + _chinese_noun(first, rng), ground, rng)
    relation = rng.choice(CHINESE_RELATIONS[scene.relation])
    noun, other = _chinese_noun(first, rng), _chinese_noun(scene.objects[1], rng)
    phrase = rng.choice(
        (
            f"一个{noun}在一个{other}的{relation}",
            f"一个{other}{relation}的一个{noun}",
        )
    )
    return _chinese_on(phrase, ground, rng)


def _chinese_noun(item, rng):
    size, colour, shape = (rng.choice(CHINESE_WORDS[word]) for word in item.kind)
    if size.endswith("的"):
        return f"{size}{colour}{shape}"
    if not colour.endswith("色"):
        return f"{size}{colour}{shape}"
    return rng.choice((f"{colour}的{size}{shape}", f"{size}{colour}{shape}"))


def _chinese_single(item, ground, rng):
    noun = _chinese_noun(item, rng)
    place = rng.choice(CHINESE_PLACES[item.position])
    return rng.choice(
        (
            f"{ground}背景{place}的一个{noun}",
            f"一个{noun}在{ground}背景的{place}",
            f"{ground}背景,{place}有一个{noun}",
            f"图中{place}有一个{noun},背景是{ground}的",
        )
    )


def _chinese_on(phrase, ground, rng):
    return rng.choice(
        (
            f"{ground}背景上有{phrase}",
            f"{ground}背景,{phrase}",
            f"{phrase},背景是{ground}的",
        )
    )
