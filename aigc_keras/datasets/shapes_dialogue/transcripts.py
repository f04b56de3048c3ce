"""Whole dialogues about pictures of shapes, with what is right after each sentence."""

import dataclasses

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import scene as scene_lib
from aigc_keras.datasets.shapes_dialogue import (
    outside,
    questions,
    requests,
    scene_state,
)
from aigc_keras.datasets.shapes_dialogue.requests import Reply
from aigc_keras.datasets.shapes_dialogue.scene_state import SceneState
from aigc_keras.datasets.shapes_dialogue.speaker import Speaker
from aigc_keras.datasets.shapes_dialogue.variety import vary_caption
from aigc_keras.undo_history import UndoHistory

TURNS = 5
# How often the next sentence is in the other language, in training.
OTHER_LANGUAGE_SHARE = 0.15
# How often training begins with a picture that is there, such as an uploaded one.
BEGUN_SHARE = 0.4
# How often that is one thing, several alike, or two.
BEGUN_FORMS = (1, 1, 2)
# How often a state is told in free words, as a captioner or a person may tell it.
FREE_WORDS_SHARE = 0.5


@dataclasses.dataclass(frozen=True)
class Turn:
    """One sentence of a dialogue, and what is right after it.

    Args:
        before: str. The caption of the picture that is there; empty: there is none.
        sentence: str. What is said.
        topic: str. What kind of sentence it is: a name in `TOPICS`.
        reply: `Reply`.
        after: `SceneState` of the picture that is there then, or None.
        language: str, `"en"` or `"zh"`, of the sentence.
    """

    before: str
    sentence: str
    topic: str
    reply: Reply
    after: SceneState | None
    language: str

    @property
    def text(self):
        """What the reply says: the caption of the new picture, or words."""
        if self.reply.kind == "draw":
            return self.reply.state.describe(self.language)
        return self.reply.text


def _control(name):
    return lambda speaker, state: (speaker.say(name), Reply(name))


def _chat(name):
    return lambda speaker, state: (
        speaker.say(name),
        Reply("say", text=speaker.phrases.answers[name]),
    )


TOPICS = {
    "draw_whole": requests.draw_whole,
    "draw_partly": requests.draw_partly,
    "change": requests.change,
    "change_several": requests.change_several,
    "change_whole": requests.change_whole,
    "add": requests.add,
    "count": requests.count,
    "one_more": requests.one_more,
    "one_less": requests.one_less,
    "remove": requests.remove,
    "relate": requests.relate,
    "swap": requests.swap,
    "absent": requests.refer_to_absent,
    "other_ground": requests.want_other_ground,
    "ask_attribute": questions.ask_attribute,
    "ask_whether": questions.ask_whether,
    "ask_place": questions.ask_place,
    "ask_relation": questions.ask_relation,
    "ask_background": questions.ask_background,
    "ask_count": questions.ask_count,
    "ask_word": questions.ask_word,
    "describe": questions.describe,
    "outside": outside.ask_outside,
    **{name: _control(name) for name in ("undo", "redo", "more", "save")},
    **{name: _chat(name) for name in ("hello", "thanks", "help")},
}
# Weights of the topics that make sense of each form of a picture.
_EVER = {
    "draw_whole": 4,
    "draw_partly": 6,
    "outside": 8,
    "undo": 4,
    "redo": 1.5,
    "hello": 0.5,
    "thanks": 0.5,
    "help": 0.5,
}
_SOMETHING = {
    **_EVER,
    "absent": 3,
    "other_ground": 2,
    "ask_attribute": 7,
    "ask_whether": 5,
    "ask_place": 3,
    "ask_background": 2,
    "ask_count": 3,
    "describe": 3,
    "more": 1.5,
    "save": 1.5,
}
WEIGHTS = {
    None: {
        **_EVER,
        "draw_whole": 25,
        "draw_partly": 45,
        "nothing_yet": 8,
        "other_ground": 2,
    },
    "single": {
        **_SOMETHING,
        "change": 30,
        "change_several": 7,
        "add": 6,
        "count": 3,
        "one_more": 1,
        "one_less": 0.5,
        "remove": 1,
    },
    "group": {
        **_SOMETHING,
        "change": 25,
        "add": 3,
        "count": 6,
        "one_more": 3,
        "one_less": 3,
        "remove": 1,
    },
    "pair": {
        **_SOMETHING,
        "change": 35,
        "add": 2,
        "remove": 5,
        "relate": 8,
        "swap": 2,
        "ask_relation": 4,
    },
}
# What is hard to learn is said more often to train on.
EMPHASIS = {
    # Some words are hardly said but in whole captions.
    "draw_whole": 2,
    "absent": 3,
    "add": 2.5,
    "change_several": 1.5,
    "ask_count": 1.5,
    "ask_place": 1.5,
    "ask_relation": 2,
    "ask_whether": 2,
    "one_less": 4,
    "one_more": 5,
    "other_ground": 1.5,
    "outside": 2,
    "relate": 1.5,
    "remove": 3,
    "swap": 2,
}
# What is said in training alone.
TRAINING_WEIGHTS = {
    None: {"ask_word": 15},
    "single": {"ask_word": 25, "change_whole": 40},
    "group": {"ask_word": 15},
    "pair": {"ask_word": 15},
}
_OF_A_PICTURE = ("change", "ask_attribute", "ask_count", "remove", "describe", "more")


def sample_turn(speaker, state, topic=None):
    """Draw a sentence that may be said of a picture, and its reply.

    Args:
        speaker: `Speaker`.
        state: `SceneState`, or None: there is no picture yet.
        topic: str, or None: drawn by its weight.

    Returns:
        Tuple `(topic, sentence, Reply)`.
    """
    rng = speaker.rng
    weights = WEIGHTS[state and state.form]
    if speaker.split == "train":
        weights = {name: of * EMPHASIS.get(name, 1) for name, of in weights.items()}
        weights |= TRAINING_WEIGHTS.get(state and state.form, {})
    while True:
        name = topic or rng.choices(tuple(weights), tuple(weights.values()))[0]
        if name == "nothing_yet":
            imagined = requests.sample_state(rng)
            asked = TOPICS[rng.choice(_OF_A_PICTURE)]
            sentence = asked(speaker, imagined)[0]
            return name, sentence, requests.refuse(speaker, "nothing_yet")
        sentence, reply = TOPICS[name](speaker, state)
        train = speaker.split == "train"
        if not (speaker.is_tried(name, sentence) if train else _shows_held_out(reply)):
            return name, sentence, reply


def sample_transcript(rng, split="train", turns=TURNS, language=None):
    """Draw a dialogue.

    A dialogue to be tried begins with a sentence that asks for a picture, stays in one
    language, and never comes to one of the held-out (colour, shape) pairs, which no
    model of `shapes` has seen. One to train on may begin with a picture, may change
    languages, and tells the state in free words now and then.

    Args:
        rng: `random.Random`. The only source of chance.
        split: str. `"train"` or `"test"`: whose templates and words.
        turns: int. Sentences.
        language: str, `"en"` or `"zh"`; None draws one.

    Returns:
        List of `Turn`.
    """
    train = split == "train"
    language = language or rng.choice(words.LANGUAGES)
    begun = train and rng.random() < BEGUN_SHARE
    history = UndoHistory(requests.sample_state(rng, BEGUN_FORMS) if begun else None)
    told = language
    transcript = []
    for number in range(turns):
        if train and rng.random() < OTHER_LANGUAGE_SHARE:
            language = "zh" if language == "en" else "en"
        state = history.current
        topic = None
        if not train and number == 0:
            topic = rng.choice(("draw_whole", "draw_partly"))
        speaker = Speaker(rng, language, split)
        topic, sentence, reply = sample_turn(speaker, state, topic)
        before = _tell(rng, state, told, train)
        if reply.kind == "draw":
            history.push(reply.state)
            told = language
        elif reply.kind in ("undo", "redo"):
            getattr(history, reply.kind)()
        elif reply.kind in ("more", "save") and state is None:
            reply = requests.refuse(speaker, "nothing_yet")
        transcript.append(
            Turn(before, sentence, topic, reply, history.current, language)
        )
    return transcript


def _tell(rng, state, language, train):
    if state is None:
        return ""
    if train and rng.random() < FREE_WORDS_SHARE:
        write = {"en": words.write_english, "zh": words.write_chinese}[language]
        while True:
            caption = write(state.to_scene(), rng)
            # Some name the other one of two first, and that is what "it" would mean.
            if scene_state.read_state(caption) == state:
                if rng.random() < 0.5:
                    return vary_caption(caption, language, rng)
                return caption
    return state.describe(language)


def _shows_held_out(reply):
    kinds = () if reply.state is None else reply.state.kinds
    return any(kind[1:] in scene_lib.HELD_OUT_PAIRS for kind in kinds)
