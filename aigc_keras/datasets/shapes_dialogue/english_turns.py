"""How people talk in English about a picture of shapes.

What asks for another colour, shape, size, position or background is in
`shapes.english_instructions`; here is the rest. Slots: `{it}` names an object (in a
question the subject), `{other}` another one; `{noun}` and `{scene}` say what to draw
with an article, `{relation}` how one thing lies to another, `{number}` how many;
`{value}` is what a question supposes, `{plural}` several of a shape.

The templates of `"test"` are never seen in training.
"""

from aigc_keras.datasets.shapes_dialogue import english_questions

TURNS = {
    **english_questions.TURNS,
    "draw": {
        "train": (
            "draw {scene}",
            "draw me {scene}",
            "please draw {scene}",
            "show me {scene}",
            "paint {scene}",
            "create {scene}",
            "can you draw {scene}",
            "make a picture of {scene}",
            "i want a picture of {scene}",
            "a new picture: {scene}",
            "start again with {scene}",
            "draw {scene} please",
            "now draw {scene}",
            "i would like to see {scene}",
            "picture {scene}",
            "let us have {scene}",
            "can i see {scene}",
            "could we have a picture of {scene}",
            "how about a picture of {scene}",
            "please create {scene}",
            "sketch {scene}",
            "let me look at {scene}",
        ),
        "test": (
            "could you draw {scene}",
            "sketch {scene} for me",
            "please paint {scene}",
            "let me see {scene}",
            "give me a picture of {scene}",
        ),
    },
    "add": {
        "train": (
            "add {noun}",
            "add {noun} {relation} it",
            "add {noun} {relation} {it}",
            "put {noun} {relation} it",
            "put {noun} {relation} {it}",
            "draw {noun} {relation} it",
            "and {noun} {relation} it",
            "now add {noun}",
            "also {noun} {relation} {it}",
            "i want {noun} {relation} it",
            "there should be {noun} {relation} {it}",
            "place {noun} {relation} {it}",
            "can you add {noun} {relation} it",
            "let there be {noun} {relation} {it}",
            "give me {noun} {relation} it",
            "bring {noun} {relation} {it}",
            "please add {noun}",
            "could we have {noun} {relation} {it}",
        ),
        "test": (
            "could you add {noun}",
            "could you add {noun} {relation} it",
            "insert {noun} {relation} {it}",
            "set {noun} {relation} it",
            "can i have {noun} {relation} {it}",
        ),
    },
    "count": {
        "train": (
            "make it {number}",
            "{number} of them",
            "i want {number} of them",
            "draw {number} of them",
            "there should be {number}",
            "make {number} of it",
            "no, {number}",
            "turn it into {number}",
            "let there be {number} of them",
            "change the number to {number}",
            "how about {number} of them",
            "give me {number} of them",
            "can there be {number}",
            "there could be {number}",
        ),
        "test": (
            "have {number} of them",
            "what about {number} of them",
            "could there be {number}",
        ),
    },
    "one_more": {
        "train": (
            "one more",
            "add one more",
            "add another one",
            "another one",
            "and one more of those",
            "one more of the same",
        ),
        "test": ("yet another one", "could you add another", "give me one more"),
    },
    "one_less": {
        "train": (
            "one less",
            "one fewer",
            "remove one",
            "take one away",
            "delete one of them",
            "take away one",
            "erase one",
        ),
        "test": ("drop one of them", "one of them should go", "one less please"),
    },
    "relate": {
        "train": (
            "put {it} {relation} {other}",
            "move {it} {relation} {other}",
            "place {it} {relation} {other}",
            "{it} should be {relation} {other}",
            "i want {it} {relation} {other}",
            "draw {it} {relation} {other}",
            "{it} belongs {relation} {other}",
            "no, {it} {relation} {other}",
            "bring {it} {relation} {other}",
            "let {it} be {relation} {other}",
            "can {it} be {relation} {other}",
            "set {it} right now {relation} {other}",
            "how about {it} {relation} {other}",
            "{it} could be {relation} {other}",
            "show {it} {relation} {other}",
        ),
        "test": (
            "set {it} {relation} {other}",
            "could {it} be {relation} {other}",
            "have {it} {relation} {other}",
        ),
    },
    "swap": {
        "train": (
            "swap them",
            "swap the two",
            "exchange them",
            "let them change places",
            "swap their places",
            "the other way round",
            "swap both",
            "change places",
            "swap the positions",
            "swap these two",
            "let them trade",
            "switch them",
            "exchange the two of them",
        ),
        "test": ("switch their places", "trade places", "swap the two of them"),
    },
    "remove": {
        "train": (
            "remove {it}",
            "delete {it}",
            "take {it} away",
            "erase {it}",
            "take away {it}",
            "i do not want {it}",
            "without {it}",
            "get {it} out",
            "away with {it}",
            "leave {it} out",
            "let {it} go",
            "rid me of {it}",
            "throw {it} away",
            "cut {it}",
            "{it} must go",
        ),
        "test": ("get rid of {it}", "{it} should go", "drop {it}"),
    },
    "undo": {
        "train": (
            "undo",
            "undo that",
            "undo it",
            "go back",
            "back",
            "take that back",
            "one step back",
            "back to the last one",
            "revert that",
            "i liked the old one better",
            "the previous picture again",
            "undo the change",
            "one back",
            "return",
            "return to the one before",
            "get the last picture back",
            "please go back",
            "undo this step",
            "take the last step back",
        ),
        "test": (
            "undo the last step",
            "go back one step",
            "please undo",
            "return to the last picture",
        ),
    },
    "redo": {
        "train": (
            "redo",
            "redo it",
            "redo that",
            "forward again",
            "go forward",
            "undo the undo",
            "one step forward",
            "do that again after all",
            "redo the change",
            "please go forward",
            "one forward",
            "forward",
        ),
        "test": ("please redo", "redo the last step", "go forward one step"),
    },
    "more": {
        "train": (
            "show me four more",
            "four more",
            "four more like this",
            "more like this",
            "show me some variations",
            "other versions",
            "again with another seed",
            "draw it again differently",
            "some more of the same kind",
            "variations",
        ),
        "test": (
            "can i see more versions",
            "show me more like that",
            "some variations please",
        ),
    },
    "save": {
        "train": (
            "save",
            "save it",
            "save the picture",
            "keep it",
            "store this picture",
            "download it",
            "write it to a file",
            "keep this picture",
            "please save it",
            "save this",
            "save that one",
            "please store the picture",
            "i want to save it",
            "save the image",
        ),
        "test": ("please save this one", "save this picture", "store it"),
    },
    "hello": {
        "train": (
            "hello",
            "hi",
            "hi there",
            "good morning",
            "good evening",
            "hey",
            "good afternoon",
            "hello you",
            "greetings",
        ),
        "test": ("hello there", "good day"),
    },
    "thanks": {
        "train": (
            "thanks",
            "thank you",
            "thanks a lot",
            "great, thank you",
            "nice",
            "thank you so much",
            "thanks, nice",
            "many thank yous",
            "very good, thanks",
        ),
        "test": ("many thanks", "thank you very much"),
    },
    "help": {
        "train": (
            "help",
            "what can you do",
            "what can you draw",
            "how does this work",
            "what may i say",
            "i need help",
            "please help",
            "what can i ask",
        ),
        "test": ("help me", "what do you know how to draw"),
    },
}

# What the one who draws says.
ANSWERS = {
    "hello": "hello, what shall i draw",
    "thanks": "you are welcome",
    "help": "say a size, a colour, a shape, a place and a background",
    "yes": "yes",
    "no": "no, {}",
    "one": "it is {}",
    "many": "they are {}",
    "place": "it is {}",
    "relation": "it is {relation} {other}",
    "together": "they are next to each other",
    "background": "the background is {}",
    "count": ("there are none", "there is one", "there are two", "there are three"),
}
REFUSALS = {
    "nothing_yet": "there is no picture yet, say what to draw",
    "three_large": "sorry, three large shapes do not fit",
    "too_many": "sorry, so many shapes do not fit",
    "nothing_left": "sorry, one shape must stay",
    "no_place": "sorry, several shapes stay where they are",
    "absent": "sorry, that is not in the picture",
    "no_colour": "sorry, i do not have that colour for it",
    "unknown": "sorry, i only know simple shapes",
}

PRONOUNS = {"one": "it", "many": "them", "many_subject": "they"}
# How one of two is told from the other: by its shape, colour, size, or its number.
REFERENCES = {
    "shape": ("the {shape}", "the {shape}", "that {shape}"),
    "colour": ("the {colour} one", "the {colour} {shape}"),
    "size": ("the {size} one", "the {size} {shape}"),
    "kind": ("the {size} {colour} {shape}",),
    "number": (("the first one", "the first"), ("the second one", "the other one")),
    "relation": {
        "left of": "the left one",
        "right of": "the right one",
        "above": "the upper one",
        "below": "the lower one",
    },
    "all": ("both", "both of them", "all of them", "everything"),
    "group": ("the {plural}", "the {colour} {plural}", "all of them"),
}
RELATIONS = {
    "left of": ("to the left of", "left of"),
    "right of": ("to the right of", "right of", "next to", "beside"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}
NUMBERS = {
    1: ("one", "1", "a single one"),
    2: ("two", "2"),
    3: ("three", "3"),
    4: ("four", "five", "4", "5"),
    # And any more.
    5: ("six", "7", "a hundred", "ten", "20"),
}
# Colours that nothing has.
COLOURS = {
    "train": (
        "turquoise magenta beige silver gold olive maroon navy teal lavender ivory "
        "salmon coral khaki indigo lime ochre bronze copper transparent rainbow "
        "striped dotted"
    ).split(),
    "test": "amber mauve lilac burgundy mint apricot plaid".split(),
}
