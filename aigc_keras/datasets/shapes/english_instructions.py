"""How people ask in English for one thing of a picture to be otherwise.

A template's slots: `{it}` names the object, `{new}` and `{old}` are words for the
value asked for and for the one that is there, `{a_new}` and `{an_old}` have an article.
Of a size `{newer}` is the comparative and `{verb}` what brings it about; of a position
`{to}` says where to, `{at}` where, and `{way}` which way.
"""

# Those that are tried were never seen in training, only their words were.
TEMPLATES = {
    "colour": {
        "train": (
            "make {it} {new}",
            "turn {it} {new}",
            "paint {it} {new}",
            "change {it} to {new}",
            "change the colour to {new}",
            "change the color of {it} to {new}",
            "set its color to {new}",
            "{it} should be {new}",
            "i want it in {new}",
            "i want a {new} one",
            "the same in {new}",
            "a {new} one",
            "not {old} but {new}",
            "no, {new}",
            "in {new}",
            "{new}",
            "colour {it} {new}",
            "let {it} be {new}",
            "give {it} a {new} colour",
            "switch the colour to {new}",
            "i would like {it} to be {new}",
            "{new} instead of {old}",
            "rather {new}",
        ),
        "test": (
            "could its colour be {new}",
            "have {it} {new}",
            "recolour {it} as {new}",
            "what about {new}",
            "{new} would be nicer",
            "get rid of the {old} and use {new}",
            "{it} in {new} please",
        ),
    },
    "shape": {
        "train": (
            "turn {it} into {a_new}",
            "make {it} {a_new}",
            "change {it} to {a_new}",
            "change {it} into {a_new}",
            "change the shape to {a_new}",
            "replace {it} with {a_new}",
            "{it} should be {a_new}",
            "i want {a_new}",
            "draw {a_new} there",
            "not {an_old} but {a_new}",
            "no, {a_new}",
            "{a_new}",
            "{new}",
            "swap {it} for {a_new}",
            "transform {it} into {a_new}",
            "let {it} be {a_new}",
            "i would like {a_new}",
            "{a_new} instead of {an_old}",
            "rather {a_new}",
        ),
        "test": (
            "could it be {a_new}",
            "have {a_new} there",
            "redraw {it} as {a_new}",
            "what about {a_new}",
            "{a_new} would be nicer",
            "exchange {it} for {a_new}",
        ),
    },
    "size": {
        "train": (
            "make {it} {newer}",
            "make {it} {new}",
            "make {it} a bit {newer}",
            "make {it} much {newer}",
            "turn {it} into a {new} one",
            "change the size to {new}",
            "{it} should be {newer}",
            "{it} should be {new}",
            "i want it {newer}",
            "i want a {new} one",
            "a {newer} one",
            "{it} is too {old}",
            "{verb} {it}",
            "no, {newer}",
            "{newer}",
            "{new}",
            "let {it} be {newer}",
            "i would like {it} {newer}",
            "{newer} than that",
            "draw {it} {newer}",
            "a {new} one instead of the {old} one",
            "rather {newer}",
        ),
        "test": (
            "could it be {newer}",
            "have {it} {newer}",
            "redraw {it} {newer}",
            "what about {newer}",
            "{newer} would be nicer",
            "somewhat {newer} please",
        ),
    },
    "position": {
        "train": (
            "move {it} {to}",
            "move {it} {way}",
            "shift {it} {to}",
            "put {it} {at}",
            "place {it} {at}",
            "{it} should be {at}",
            "i want it {at}",
            "{it} belongs {at}",
            "draw {it} {at}",
            "change its place {to}",
            "no, {at}",
            "no, {to}",
            "{to}",
            "{at}",
            "{way}",
            "bring {it} {to}",
            "drag {it} {to}",
            "let {it} be {at}",
            "i would like {it} {at}",
            "set {it} {at}",
            "push {it} {way}",
            "rather {at}",
        ),
        "test": (
            "could it be {at}",
            "have {it} {at}",
            "redraw {it} {at}",
            "what about {at}",
            "{at} would be nicer",
            "carry {it} {to}",
            "slide {it} {way}",
        ),
    },
    "background": {
        "train": (
            "put {it} on {a_new} background",
            "place {it} against {a_new} background",
            "make the background {new}",
            "paint the background {new}",
            "change the background to {new}",
            "change the background colour to {new}",
            "set the background to {new}",
            "the background should be {new}",
            "i want {a_new} background",
            "draw it on {new}",
            "with {a_new} background",
            "{a_new} background",
            "not on {old} but on {new}",
            "no, {a_new} background",
            "on {new}",
            "{new} background",
            "turn the background {new}",
            "give it {a_new} background",
            "let the background be {new}",
            "i would like {a_new} background",
            "replace the {old} background with {a_new} one",
            "show {it} on {a_new} background",
            "rather on {new}",
        ),
        "test": (
            "could the background be {new}",
            "have {a_new} background",
            "redraw it on {a_new} background",
            "what about {a_new} background",
            "{a_new} background would be nicer",
            "colour the background {new}",
            "use {new} behind {it}",
        ),
    },
}

# What a sentence may be wrapped in.
WRAPPINGS = {
    "train": (
        "please {}",
        "{} please",
        "now {}",
        "{} now",
        "ok, {}",
        "{} instead",
        "could you {}",
        "well, {}",
        "{}, thank you",
        "then {}",
    ),
    "test": ("would you mind: {}", "hey, {}", "{} if you can", "let us see, {}"),
}

# `{shape}`, `{colour}` and `{size}` are those of the object that is there.
REFERENCES = (
    "it",
    "it",
    "it",
    "the {shape}",
    "the {shape}",
    "the {colour} {shape}",
    "the {size} {colour} {shape}",
    "the {size} {shape}",
    "the object",
    "this",
)

SIZES = {
    "small": {
        "newer": ("smaller", "smaller", "tinier"),
        "verb": ("shrink", "scale down", "reduce"),
    },
    "large": {
        "newer": ("larger", "bigger", "bigger"),
        "verb": ("enlarge", "scale up", "blow up"),
    },
}

PLACES = {
    "left": {
        "to": ("to the left", "to the left", "to the left side"),
        "at": ("on the left", "on the left", "on the left side"),
        "way": ("left", "to the left", "leftwards"),
    },
    "right": {
        "to": ("to the right", "to the right", "to the right side"),
        "at": ("on the right", "on the right", "on the right side"),
        "way": ("right", "to the right", "rightwards"),
    },
    "top": {
        "to": ("to the top", "to the top", "to the upper part"),
        "at": ("at the top", "at the top", "near the top", "in the upper part"),
        "way": ("up", "upwards"),
    },
    "bottom": {
        "to": ("to the bottom", "to the bottom", "to the lower part"),
        "at": (
            "at the bottom",
            "at the bottom",
            "near the bottom",
            "in the lower part",
        ),
        "way": ("down", "downwards"),
    },
    "centre": {
        "to": ("to the centre", "to the middle", "to the center", "into the middle"),
        "at": ("in the centre", "in the middle", "at the center"),
        "way": ("to the centre", "to the middle"),
    },
}

# Sentences that ask for no edit; `{background}` is a colour that only they have.
OTHERS = {
    "train": (
        "hello",
        "hi there",
        "thanks",
        "what is this?",
        "what do you see?",
        "what colour is it?",
        "where is the {shape}?",
        "describe the picture",
        "make it nicer",
        "make it better",
        "rotate it",
        "i like it",
        "nice",
        "add {thing}",
        "draw {thing}",
        "turn it into {thing}",
        "remove the {shape}",
        "delete it",
        "make the background {colour}",
        "make it {background}",
        "make the {shape} {background}",
        "why?",
        "who are you?",
        "what is the weather today?",
        "how big is it?",
        "mirror it",
        "well done",
        "replace it with {thing}",
        "good morning",
        "tell me a joke",
        "i want {thing}",
        "is it a {shape}?",
        "the {shape} is nice",
        "i see a {shape}",
        "put {thing} next to the {shape}",
    ),
    "test": (
        "good night",
        "how many objects are there?",
        "turn it upside-down",
        "not bad at all",
        "could it be {thing}",
        "what about {thing}",
        "sing me a song",
        "that {shape} is pretty",
    ),
}

THINGS = {
    "train": (
        "a cat",
        "a dog",
        "a house",
        "a tree",
        "a car",
        "the sun",
        "a bird",
        "a flower",
        "a fish",
        "a man",
        "a bicycle",
        "a mountain",
        "a boat",
    ),
    "test": ("a horse", "a train", "a cloud", "a banana"),
}

# What else a sentence may hold, in any order: it tells nothing of the edit.
FILLERS = (
    "the a it this that is was be are of in on at to for with as by so well "
    "ok okay yes no not but and or then now just only also very really "
    "maybe perhaps please thanks hey hm oh ah could would should can will "
    "might must do does did let lets give get take set try see look think "
    "like want need prefer rather instead once again still here there one "
    "some any all more most my your our me you we they i he she know mean "
    "say tell picture image drawing thing figure kind sort colour color "
    "shape size place position object new other different same good nice "
    "fine great lovely better best sorry wait first last time day way bit "
    "actually exactly simply kindly quickly about around how why when what "
    "who use show draw change switch swap turn make have pick choose select "
    "keep leave start stop go come bring drag push render "
).split()
