"""What was, what is, and what was taken back."""

from aigc_keras.undo_history import UndoHistory


def test_one_goes_back_and_forth():
    history = UndoHistory()
    assert history.current is None and not history.undo() and not history.redo()
    history.push("a")
    history.push("b")
    assert history.undo() and history.current == "a"
    assert history.redo() and history.current == "b" and not history.redo()
    assert history.undo() and history.undo() and history.current is None
    history.push("c")
    assert not history.redo() and history.current == "c"
