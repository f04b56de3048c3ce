"""What people say of a picture of shapes: templates and words, as tables."""

from aigc_keras.datasets.sentences import read_sentences

PHRASES = read_sentences(__file__, "turns")
