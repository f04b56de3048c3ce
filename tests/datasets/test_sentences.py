"""Tables of sentences lie beside their module."""

import pytest

from aigc_keras.datasets.sentences import read_sentences


def test_tables_are_read_by_language(tmp_path):
    (tmp_path / "words_en.toml").write_text('hello = ["hi"]\n[answers]\nyes = "yes"\n')
    text = 'hello = ["你好"]\n[answers]\nyes = "是的"\n'
    (tmp_path / "words_zh.toml").write_text(text, encoding="utf-8")
    tables = read_sentences(str(tmp_path / "module.py"), "words")
    assert set(tables) == {"en", "zh"}
    assert tables["en"].hello == ["hi"]
    assert tables["zh"].answers == {"yes": "是的"}


def test_a_table_that_lacks_a_language_is_missed(tmp_path):
    (tmp_path / "words_en.toml").write_text('hello = ["hi"]\n')
    with pytest.raises(FileNotFoundError, match="words_zh.toml"):
        read_sentences(str(tmp_path / "module.py"), "words")
