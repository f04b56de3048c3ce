import json
import random
import subprocess
import sys
import textwrap

import keras_nlp
import numpy as np
import pytest
import tensorflow as tf
import tokenizers
from tensorflow.core.protobuf import saved_model_pb2

from aigc_keras.datasets.shapes import captions as captions_lib
from aigc_keras.datasets.shapes import render
from aigc_keras.language.graph_tokenizer import GraphTokenizer, byte_symbols

END = "<|endoftext|>"
LONG = 5000  # Tokens; longer than any text here.
TEXTS = [
    "a small red circle",
    "supercalifragilistic zyzzyva Quetzalcoatl",
    "红色背景上的一个小圆形，左边是大方块。",
    "从没见过的汉字：龘靐齉",
    "balloon 🎈 👩‍🚀 🏳️‍🌈 👍🏽",
    "café naïve Ångström e\u0301 ÀÉÎ straße",
    "0 12 123 1234 1234567 3.14 ٣٤ Ⅷ ² １２",
    "wait... what?! (snow-white) [red] #1 $5 & \\ / \"quoted\" ''",
    "it's we'll they've I'm you're he'd don't 's 'll IT'S it’s ''s !'s",
    "two  spaces   three    four",
    "  leading",
    "trailing  ",
    " ",
    "     ",
    "tab\tnew\nline\r\nform\ffeed\v \t \n\n end\n",
    "\u3000wide\u3000\u3000spaces \u3000 end\u3000",
    "no\xa0break \xa0 space\xa0",
    "\u2009thin\u2003em\u2028line\u205f\u1680\u0085",
    "",
    "\x01\x02 \x1f control \x7f\x00 \ufeff \ufffd \uffff \U0010ffff \u200b",
    f"end{END} of{END}{END}  {END}  text <|end",
    "word " * 800,
    "a" * 4000,
    "红色圆形" * 1000,
]


@pytest.fixture(scope="module")
def shape_captions():
    captions = []
    for seed in range(150):
        config = ("single", "scenes")[seed % 2]
        _, scene, rng = render.make_example(seed, config, image_size=8)
        captions += captions_lib.write_captions(scene, rng, 2)[0]
    return captions


@pytest.fixture(scope="module")
def library(shape_captions):
    """The `tokenizers` library's own GPT-2 tokenizer, an independent reference."""
    pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=[END],
        initial_alphabet=pre_tokenizer.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(shape_captions, trainer)
    return tokenizer


@pytest.fixture(scope="module")
def keras_tokenizer(library):
    merges = json.loads(library.to_str())["model"]["merges"]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
    return keras_nlp.models.GPT2Tokenizer(vocabulary=library.get_vocab(), merges=merges)


@pytest.fixture(scope="module")
def unpacked(keras_tokenizer):
    return GraphTokenizer.from_tokenizer(keras_tokenizer, LONG)


@pytest.fixture(scope="module")
def packed(keras_tokenizer):
    end = keras_tokenizer.end_token_id
    return GraphTokenizer.from_tokenizer(
        keras_tokenizer, 16, start_token_id=end, end_token_id=end
    )


def test_models_of_one_vocabulary_share_a_graph(keras_tokenizer):
    first, again, shorter = (
        GraphTokenizer.from_tokenizer(keras_tokenizer, length, end_token_id=0)
        for length in (9, 9, 8)
    )
    assert first is again and first is not shorter
    assert shorter(["a red ring"])[0].shape == (1, 8)


@pytest.fixture(scope="module")
def saved_model(packed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved_model")
    module = tf.Module()
    module.tokenizer = packed

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(captions):
        token_ids, padding_mask = packed(captions)
        return {"token_ids": token_ids, "padding_mask": padding_mask}

    module.serve = serve
    tf.saved_model.save(module, str(folder), signatures={"serve": serve})
    return folder


def tokenize(tokenizer, texts):
    token_ids, mask = tokenizer(texts)
    return [
        row[real].tolist()
        for row, real in zip(token_ids.numpy(), mask.numpy(), strict=True)
    ]


def reference(library, texts):
    return [encoding.ids for encoding in library.encode_batch(texts)]


def graph_operations(graph):
    """Types of all operations of a `GraphDef`, its function library included."""
    nodes = list(graph.node)
    for function in graph.library.function:
        nodes += function.node_def
    return {node.op for node in nodes}


def test_training_captions_have_the_library_ids(
    unpacked, library, keras_tokenizer, shape_captions
):
    expected = reference(library, shape_captions)
    assert tokenize(unpacked, shape_captions) == expected
    assert keras_tokenizer.tokenize(shape_captions) == expected
    assert max(map(max, expected)) > 256  # The merges were used.


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_text_has_the_library_ids(unpacked, library, text):
    assert tokenize(unpacked, [text]) == reference(library, [text])


def test_texts_have_the_ids_of_the_keras_tokenizer(unpacked, keras_tokenizer):
    # In eager mode KerasNLP splits by Llama 3's expression and in a graph by an
    # emulation of GPT-2's, which cuts a text at NUL; on these texts they agree.
    texts = [text.replace("\0", "") for text in TEXTS if len(text) < 200]
    expected = tokenize(unpacked, texts)
    assert keras_tokenizer.tokenize(texts) == expected
    dataset = tf.data.Dataset.from_tensors(texts).map(keras_tokenizer.tokenize)
    assert next(iter(dataset)).to_list() == expected


def test_random_strings_have_the_library_ids(unpacked, library):
    rng = random.Random(0)
    alphabet = (
        list(" \t\n\r\v\f\x85\xa0\u3000\u2009\u200b\x00\x01\x1f\x7f") * 3
        + ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'", "’", "'S", END, "<|"] * 2
        + list("aberdctlsz") * 4
        + list("ABÉéñü１٣²Ⅷ१६Ĵ0123456789.,!?-_#$€，。！红色圆形的大小🎈\u200d\ufe0f")
        + ["red", "circle", " a", " on the", "\u0301", "\ufeff", "\U0010ffff"]
    )
    texts = ["".join(rng.choices(alphabet, k=rng.randint(0, 40))) for _ in range(500)]
    assert tokenize(unpacked, texts) == reference(library, texts)


@pytest.mark.parametrize("seed", range(2))
def test_random_merge_rules_have_the_library_ids(seed):
    # Untrained rules, in an order no training gives: a new token may be part of a
    # better pair, and two rules may make one token.
    rng = random.Random(seed)
    vocabulary = {symbol: n for n, symbol in enumerate(byte_symbols())}
    tokens, merges = list("abc"), []
    while len(merges) < 25:
        left, right = rng.choice(tokens), rng.choice(tokens)
        if len(left + right) <= 6 and (left, right) not in merges:
            merges.append((left, right))
            tokens.append(left + right)
            vocabulary.setdefault(left + right, len(vocabulary))
    rng.shuffle(merges)
    model = tokenizers.models.BPE(vocab=vocabulary, merges=merges)
    library = tokenizers.Tokenizer(model)
    library.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    texts = ["".join(rng.choices("abc", k=30)) for _ in range(200)] + ["a" * 99]
    tokenizer = GraphTokenizer(vocabulary, [" ".join(pair) for pair in merges], 99)
    assert tokenize(tokenizer, texts) == reference(library, texts)


def test_rows_do_not_depend_on_the_batch(packed, shape_captions):
    texts = TEXTS + shape_captions[:20]
    token_ids, mask = packed(texts)
    for row, text in enumerate(texts):
        alone_ids, alone_mask = packed([text])
        np.testing.assert_array_equal(alone_ids[0], token_ids[row])
        np.testing.assert_array_equal(alone_mask[0], mask[row])


@pytest.mark.parametrize(
    ("sequence_length", "start", "end"),
    [(3, None, None), (3, 0, 0), (12, 5, None), (12, None, 5)],
)
def test_packing_equals_start_end_packer(
    library, keras_tokenizer, sequence_length, start, end
):
    tokenizer = GraphTokenizer.from_tokenizer(
        keras_tokenizer,
        sequence_length,
        start_token_id=start,
        end_token_id=end,
        pad_token_id=9,
    )
    texts = ["", "a", "a red circle", "zyzzyva " * 9, "x" * 30]
    packer = keras_nlp.layers.StartEndPacker(
        sequence_length, start, end, pad_value=9, return_padding_mask=True
    )
    ids, mask = packer(tf.ragged.constant(reference(library, texts), dtype="int32"))
    token_ids, padding_mask = tokenizer(texts)
    assert token_ids.dtype == tf.int32 and padding_mask.dtype == tf.bool
    np.testing.assert_array_equal(token_ids, ids)
    np.testing.assert_array_equal(padding_mask, mask)


def test_no_rows_and_empty_strings(packed):
    token_ids, mask = packed(tf.constant([], tf.string))
    assert token_ids.shape == (0, 16) and mask.shape == (0, 16)
    assert tokenize(packed, ["", ""]) == [[0, 0], [0, 0]]


def test_invalid_utf8_is_read_as_replacement_characters(unpacked):
    assert tokenize(unpacked, [b"a\xff\xfe b"]) == tokenize(
        unpacked, ["a\ufffd\ufffd b"]
    )


def test_vocabulary_without_merges_or_special_token():
    vocabulary = {symbol: n for n, symbol in enumerate(byte_symbols())}
    tokenizer = GraphTokenizer(vocabulary, ["#version: 0.2"], 40)
    assert tokenize(tokenizer, ["é " + END]) == [list(("é " + END).encode())]


def test_byte_symbols_are_the_library_alphabet():
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    assert sorted(byte_symbols()) == sorted(alphabet)
    assert byte_symbols()[ord(" ")] == "Ġ"


def test_constructor_errors(keras_tokenizer):
    vocabulary = {symbol: n for n, symbol in enumerate(byte_symbols())}
    with pytest.raises(ValueError, match="without \\['Ġ'\\]"):
        GraphTokenizer({s: n for s, n in vocabulary.items() if s != "Ġ"}, [], 8)
    with pytest.raises(ValueError, match="Received: merges with \\['ab'\\]"):
        GraphTokenizer(vocabulary, ["a b"], 8)
    with pytest.raises(ValueError, match="Received: sequence_length=2"):
        GraphTokenizer(vocabulary, [], 2, start_token_id=0, end_token_id=0)
    prefixed = keras_nlp.models.GPT2Tokenizer(
        keras_tokenizer.vocabulary, keras_tokenizer.merges, add_prefix_space=True
    )
    with pytest.raises(ValueError, match="add_prefix_space=True"):
        GraphTokenizer.from_tokenizer(prefixed, 8)


def test_a_fresh_plain_tensorflow_process_gives_the_same_ids(
    packed, saved_model, shape_captions
):
    texts = TEXTS + shape_captions[:20]
    program = """
        import json, sys
        import tensorflow as tf
        model = tf.saved_model.load(sys.argv[1])
        texts = json.load(sys.stdin)
        outputs = model.signatures["serve"](tf.constant(texts))
        absent = ("tensorflow_text", "keras_hub", "keras_nlp", "aigc_keras")
        assert not any(name in sys.modules for name in absent)
        print(json.dumps({k: v.numpy().tolist() for k, v in outputs.items()}))
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(saved_model)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    outputs = json.loads(result.stdout.splitlines()[-1])
    token_ids, mask = packed(texts)
    assert outputs["token_ids"] == token_ids.numpy().tolist()
    assert outputs["padding_mask"] == mask.numpy().tolist()


def test_saved_graph_holds_only_stateless_core_operations(saved_model):
    message = saved_model_pb2.SavedModel()
    message.ParseFromString((saved_model / "saved_model.pb").read_bytes())
    operations = graph_operations(message.meta_graphs[0].graph_def)
    assert "StaticRegexReplace" in operations
    forbidden = ("RegexSplit", "HashTable", "LookupTable", "PyFunc", "Resource")
    assert not [o for o in operations if any(word in o for word in forbidden)]


def test_unseen_words_leave_no_state(unpacked):
    function = unpacked.__call__.get_concrete_function()
    assert not [t for t in function.graph.captures if t[0].dtype == tf.resource]
    assert not unpacked.variables
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefgh", k=12)) for _ in range(2000)]
    assert tokenize(unpacked, words) == tokenize(unpacked, words)
    assert unpacked.__call__.experimental_get_tracing_count() == 1
