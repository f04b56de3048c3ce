"""Puts what is meant in a dialogue about shapes into words."""

import functools
import re

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import edits
from aigc_keras.datasets.shapes import scene as scene_lib
from aigc_keras.datasets.shapes_dialogue.phrases import PHRASES
from aigc_keras.datasets.shapes_dialogue.scene_state import MIRRORED
from aigc_keras.datasets.shapes_dialogue.variety import MORE_WORDS_SHARE, vary_verb

INSTRUCTIONS = edits.PHRASES
WORDS = {"en": words.ENGLISH_WORDS, "zh": words.CHINESE_WORDS}
PLACES = {"en": words.ENGLISH_PLACES, "zh": words.CHINESE_PLACES}
WRAPPED_SHARE = 0.2
# How often a sentence to train on holds words besides that mean nothing.
NOISY_SHARE = 0.4
# How often a training sentence stands beside others that mean nothing.
ASIDE_SHARE = 0.2
_ASIDES = {
    "en": ("{}, ", "{}: ", "{} ", "{}; ", "{}! "),
    "zh": ("{},", "{}:", "{}!", "{}"),
}
# How often a pair is told as two things, not as one that lies somehow to the other.
SIDE_BY_SIDE_SHARE = 0.3
# Fillers that would mean something in a dialogue.
_MEANINGFUL = {
    "en": frozenset(
        "no not one first other all more again new same or and then any most still "
        "last draw show swap colour color shape size place position object picture "
        "image drawing thing figure different".split()
    ),
    "zh": frozenset(
        "画 再 又 还 还是 一个 一些 一点 一次 个 次 不要 不是 不对 别 没 没有 其他 "
        "另外 全部 所有 新 同 同样 不同 重新 去 来 图 图片 图像 画面 颜色 形状 位置 "
        "东西 物体 图形 和 与 跟 从 到 好 好的 漂亮 好看 喜欢 谢谢 点 金 土 石 比较 "
        "换 拿 几 多少 什么 怎么 哪 谁 大 小".split()
    ),
}
# In training these stand in whole captions, and where their meaning is asked, alone.
TESTED_WORDS = {
    language: frozenset(t[-1] for t in table.values() if len(set(t)) > 1)
    for language, table in WORDS.items()
}
# Topics of which there are several tables.
PARTS_OF = {
    "draw_whole": ("draw",),
    "draw_partly": ("draw",),
    "ask_attribute": ("ask_colour", "ask_shape", "ask_size"),
    "ask_count": ("ask_count", "ask_count_of"),
}
# Topics whose sentences are instructions.
_CHANGES = ("change", "change_several", "change_whole", "absent", "other_ground")
_LETTERS = {
    "en": "abcdefghijklmnopqrstuvwxyz",
    "zh": "的一是不了人我在有他这中来上国们到说时要就出会可也你对生能而子那得于着下",
}
_ARTICLE = re.compile(r"\ban? (?=([a-z0-9]))")


class Speaker:
    """One who talks about a picture, in one language and the words of one split.

    In `"test"` the templates are others than in `"train"`, and so is the last synonym
    of each word, which `"train"` knows from whole captions and their explanations.

    Args:
        rng: `random.Random`. The only source of chance.
        language: str, `"en"` or `"zh"`.
        split: str, `"train"` or `"test"`.
    """

    def __init__(self, rng, language, split="train"):
        self.rng = rng
        self.language = language
        self.split = split
        self.phrases = PHRASES[language]
        self.instructions = INSTRUCTIONS[language]

    def word(self, name):
        """Return a word for one of the names of `shapes.scene`."""
        texts = WORDS[self.language][name]
        if self.split == "train":
            if self.rng.random() < MORE_WORDS_SHARE:
                texts = self.phrases.more_words[name]
            texts = [t for t in texts if t not in TESTED_WORDS[self.language]]
        return self.rng.choice(texts)

    def say(self, topic, many=False, **slots):
        """Return a sentence of a topic of `TURNS`, its slots filled.

        Args:
            topic: str, a name in `TURNS`.
            many: bool. Whether `{it}` is several things.
            **slots: Words for the template's slots; one that has them all is preferred.
        """
        texts = self.phrases.turns[topic][self.split]
        fit = [text for text in texts if _slots_of(text) <= set(slots)]
        whole = [text for text in fit if _slots_of(text) == set(slots)]
        text = self.vary(self.rng.choice(whole or fit), topic)
        if many:
            for one, all_ in (
                ("is {it}", "are {it}"),
                ("does {it}", "do {it}"),
                ("has {it}", "have {it}"),
                ("was {it}", "were {it}"),
                ("{it} is", "{it} are"),
                ("{it} has", "{it} have"),
            ):
                text = text.replace(one, all_)
        return self.wrap(text.format(**slots))

    def vary(self, template, topic):
        """Return a template of a topic, in training now and then with another verb."""
        if self.split != "train":
            return template
        return vary_verb(template, topic, self.language, self.rng)

    def wrap(self, sentence):
        """Return a sentence, now and then in a polite wrapping.

        In training some sentences hold words besides, so that a reader learns to hear
        what matters in a sentence that it has never heard.
        """
        if self.split == "train" and self.rng.random() < NOISY_SHARE:
            sentence = self._mix_in_fillers(sentence)
        if self.rng.random() < WRAPPED_SHARE:
            texts = self.instructions.wrappings[self.split]
            sentence = self.rng.choice(texts).format(sentence)
        if self.split == "train" and self.rng.random() < ASIDE_SHARE:
            sentence = self._put_beside(sentence)
        return _ARTICLE.sub(lambda found: article(found[1]), sentence)

    def _mix_in_fillers(self, sentence):
        english = self.language == "en"
        # Chinese words are not told apart by spaces: only the ends are safe.
        words_ = sentence.split(" ") if english else [sentence]
        for _ in range(self.rng.randint(1, 3)):
            filler = self.rng.choice(_fillers(self.language))
            place = self.rng.randint(0, len(words_))
            if self.rng.random() < 0.25:
                filler = self.nonsense()
                place = self.rng.choice((0, len(words_)))
            words_.insert(place, filler)
        return (" " if english else "").join(words_)

    def _put_beside(self, sentence):
        """Return a sentence with a few words without meaning before or after it."""
        joint = " " if self.language == "en" else ""
        fillers = self.rng.choices(_fillers(self.language), k=self.rng.randint(1, 4))
        if self.rng.random() < 0.3:
            fillers[-1] = self.nonsense()
        aside = joint.join(fillers)
        if self.rng.random() < 0.25:
            return f"{sentence}{self.rng.choice((',', ''))}{joint}{aside}"
        return self.rng.choice(_ASIDES[self.language]).format(aside) + sentence

    def is_tried(self, topic, sentence):
        """Return whether a sentence is one of the topic's that `"test"` says.

        A polite wrapping may make one of another template.
        """
        pattern = _tried(self.language, topic)
        return pattern.fullmatch(sentence.replace("color", "colour")) is not None

    def may_mean_a_shape(self, text):
        """Return whether the name of a thing is tested, or holds `more_words`."""
        more = self.phrases.more_words.values()
        tested = text in TESTED_WORDS[self.language]
        return tested or any(word in text for texts in more for word in texts)

    def nonsense(self):
        """Return a word that there is not."""
        english = self.language == "en"
        letters = _LETTERS[self.language]
        number = self.rng.randint(2, 9 if english else 4)
        return "".join(self.rng.choices(letters, k=number))

    def relation(self, name):
        """Return words for one of `scene.RELATIONS`."""
        return self.rng.choice(self.phrases.relations[name])

    def number(self, count):
        """Return a word for a number of things from 1 to 4; 5 stands for any more."""
        return self.rng.choice(self.phrases.numbers[count - 1])

    def noun(self, kind, number=1):
        """Return words for some things of a kind, with an article or their number.

        Args:
            kind: Tuple `(size, colour, shape)`; None in it is left unsaid.
            number: int from 1 to 3.
        """
        size, colour, shape = (name and self.word(name) for name in kind)
        if self.language == "zh":
            count = {1: "一", **words.CHINESE_NUMBERS}[number] + "个"
            if size and colour and not size.endswith("的") and self.rng.random() < 0.5:
                return f"{count}{colour}的{size}{shape}"
            return count + "".join(filter(None, (size, colour, shape)))
        shape = shape if number == 1 else words.plural(shape)
        text = " ".join(filter(None, (size, colour, shape)))
        if number == 1:
            return article(text) + text
        return f"{self.number(number)} {text}"

    def scene(self, state, kinds, position, ground):
        """Return words for what is to be drawn.

        Args:
            state: `SceneState`.
            kinds: Its kinds; None in one is left unsaid.
            position: Its position, or None: left unsaid.
            ground: Words for its background, or None: left unsaid.
        """
        place = position and self.rng.choice(PLACES[self.language][position])
        if state.form == "pair":
            phrase = self._pair(*kinds, state.relation)
        else:
            phrase = self.noun(kinds[0], state.count)
        if self.language == "zh":
            return self._chinese_scene(phrase, place, ground)
        if position:
            phrase += " " + words.ENGLISH_SHORT_PLACES[position]
        if ground:
            forms = (f" on {article(ground)}{ground} background", f" on {ground}")
            phrase += self.rng.choice(forms)
        return phrase

    def _pair(self, first, second, relation):
        first, second = self.noun(first), self.noun(second)
        if self.rng.random() < SIDE_BY_SIDE_SHARE:
            return self.rng.choice(self.phrases.pairs[relation]).format(first, second)
        relation = self.relation(relation)
        if self.language == "en":
            return f"{first} {relation} {second}"
        return f"{first}在{second}的{relation}"

    def _chinese_scene(self, phrase, place, ground):
        forms = {
            (False, False): ("{0}",),
            (True, False): ("{0}在{1}", "{1}的{0}"),
            (False, True): ("{2}背景上的{0}", "{0},{2}背景"),
            (True, True): ("{2}背景{1}的{0}", "{0}在{2}背景的{1}"),
        }[bool(place), bool(ground)]
        return self.rng.choice(forms).format(phrase, place, ground)

    def reference(self, state, index, subject=False, pronoun=True):
        """Return what one thing in a picture is called, so that it is clear which.

        Args:
            state: `SceneState`.
            index: int. Which of `kinds`; None: all.
            subject: bool. Whether it stands as the subject of its sentence.
            pronoun: bool. Whether it may be "it", which is the first.
        """
        phrases = self.phrases
        if state.form == "single":
            texts = self.instructions.references
            texts = texts if pronoun else [t for t in texts if "{shape}" in t]
        elif state.form == "group":
            many = phrases.pronouns["many_subject" if subject else "many"]
            texts = (many, many, *phrases.references["group"])
        elif index is None:
            texts = phrases.references["all"]
        else:
            texts = self._of_two(state, index, pronoun)
        size, colour, shape = map(self.word, state.kinds[index or 0])
        plural = words.plural(shape) if self.language == "en" else shape
        slots = {"size": size, "colour": colour, "shape": shape, "plural": plural}
        text = self.rng.choice(texts).format(**slots)
        return text.replace("的的", "的") if self.split == "train" else text

    def _of_two(self, state, index, pronoun):
        """Return templates that hold of one of two alone."""
        known = self.phrases.references
        texts = [*known["kind"], *known["number"][index]]
        for place, part in enumerate(("size", "colour", "shape")):
            if state.kinds[0][place] != state.kinds[1][place]:
                texts += known[part]
        relation = state.relation if index == 0 else MIRRORED[state.relation]
        texts.append(known["relation"][relation])
        if index == 0 and pronoun:
            texts += [self.phrases.pronouns["one"]] * len(texts)
        return texts

    def answer(self, name, *texts, **slots):
        """Return one of `ANSWERS`."""
        return self.phrases.answers[name].format(*texts, **slots)


def plain_noun(kind, language):
    """Return "the large red star", always in the same words."""
    size, colour, shape = (WORDS[language][word][0] for word in kind)
    if language == "zh":
        return f"{colour}的{size}{shape}"
    return f"the {size} {colour} {shape}"


def plain_value(name, language, many=False):
    """Return what a thing is, as it stands after "it is" or "they are"."""
    text = WORDS[language][name][0]
    if name in scene_lib.SHAPES:
        if language == "zh":
            return text
        return words.plural(text) if many else article(text) + text
    return text + "的" if language == "zh" else text


def article(text):
    """Return "a " or "an "."""
    return "an " if text[0] in "aeiou" else "a "


@functools.cache
def _fillers(language):
    fillers = INSTRUCTIONS[language].fillers
    return [word for word in fillers if word not in _MEANINGFUL[language]]


@functools.cache
def _tried(language, topic):
    """Return a pattern of all that `"test"` says of a topic of `transcripts`."""
    if topic in _CHANGES:
        tables = INSTRUCTIONS[language].templates.values()
    else:
        turns = PHRASES[language].turns
        tables = [
            turns[name] for name in PARTS_OF.get(topic, (topic,)) if name in turns
        ]
    texts = [text for table in tables for text in table["test"]]
    parts = (map(re.escape, re.split(r"{\w+}", text)) for text in texts)
    return re.compile("|".join(".+".join(part) for part in parts) or "(?!)")


@functools.cache
def _slots_of(template):
    return set(re.findall(r"{(\w+)}", template))
