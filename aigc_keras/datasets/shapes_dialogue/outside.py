"""What a painter of shapes is asked and cannot do."""

import pathlib

from aigc_keras.datasets.sentences import read_sentences
from aigc_keras.datasets.shapes_dialogue.requests import refuse
from aigc_keras.datasets.shapes_dialogue.things import name_things

SENTENCES = read_sentences(__file__, "outside")
HELD_OUT_FILE = pathlib.Path(__file__).with_name("out_of_scope.txt")


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
        texts = sentences.outside
        if speaker.split == "train":
            texts = texts + sentences.outside_more
        text = rng.choice(texts)
        if "{do}" in text:
            text = text.replace("{do}", rng.choice(sentences.doings))
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
    text = rng.choice(name_things()[speaker.language])
    while speaker.split == "train" and speaker.may_mean_a_shape(text):
        text = rng.choice(name_things()[speaker.language])
    if speaker.language == "en" and rng.random() < 0.6:
        return rng.choice(("a ", "a ", "the ", "my ")) + text
    return text
