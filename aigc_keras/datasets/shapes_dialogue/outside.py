"""What a painter of shapes is asked and cannot do."""

import functools
import pathlib

from aigc_keras.datasets.noto_emoji.names import list_emoji
from aigc_keras.datasets.sentences import read_sentences
from aigc_keras.datasets.shapes_dialogue.requests import refuse

SENTENCES = read_sentences(__file__, "outside")
HELD_OUT_FILE = pathlib.Path(__file__).with_name("out_of_scope.txt")
# Things that have one of these in their name are shapes after all.
_SHAPES = {
    "en": (
        "circle",
        "square",
        "triang",
        "star",
        "cross",
        "ring",
        "disc",
        "box",
        "plus",
    ),
    "zh": ("圆", "方", "三角", "星", "十字", "环", "圈", "加号"),
}


def ask_outside(speaker, state):
    """Say something that asks for no picture of shapes, and tells nothing of one."""
    rng, sentences = speaker.rng, SENTENCES[speaker.language]
    chance = rng.random()
    if chance < 0.1:
        sentence = speaker.nonsense()
    elif chance < 0.2:
        joint = " " if speaker.language == "en" else ""
        fillers = speaker.instructions.fillers
        sentence = joint.join(rng.choices(fillers, k=rng.randint(2, 7)))
    elif chance < 0.35 and state is not None:
        it = speaker.reference(state, 0, subject=True)
        sentence = speaker.wrap(rng.choice(sentences.outside_about).format(it=it))
    else:
        text = rng.choice(sentences.outside)
        while "{thing}" in text:
            text = text.replace("{thing}", _thing(speaker), 1)
        sentence = speaker.wrap(text)
    return sentence, refuse(speaker, "unknown")


def held_out_sentences():
    """Return the 200 sentences that are kept from every training, a list of str."""
    lines = HELD_OUT_FILE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _thing(speaker):
    rng = speaker.rng
    if rng.random() < 0.15:
        return speaker.nonsense()
    text = rng.choice(_things()[speaker.language])
    if speaker.language == "en" and rng.random() < 0.6:
        return rng.choice(("a ", "a ", "the ", "my ")) + text
    return text


@functools.cache
def _things():
    """Return a dict from language to the names of emoji, things of every kind."""
    names = {"en": [], "zh": []}
    for one in list_emoji():
        if one.has_skin_tone:
            continue
        names["en"].append(one.english[0].lower())
        names["zh"].append(one.chinese.split("，")[0])
    return {
        language: sorted(
            {
                text
                for text in texts
                if not any(word in text for word in _SHAPES[language])
                and len(text) < 30
            }
        )
        for language, texts in names.items()
    }
