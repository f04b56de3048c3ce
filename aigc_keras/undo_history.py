"""What was, what is, and what was taken back."""


class UndoHistory:
    """A line of states in which one can go back and forth.

    Args:
        first: The state to begin with; any object.

    Example:
    >>> from aigc_keras.undo_history import UndoHistory
    >>> history = UndoHistory("a")
    >>> history.push("b")
    >>> history.undo(), history.current
    (True, 'a')
    """

    def __init__(self, first=None):
        self._states = [first]
        self._place = 0

    @property
    def current(self):
        """The state that holds now."""
        return self._states[self._place]

    def push(self, state):
        """Make a state the one that holds; what was taken back is forgotten."""
        self._states[self._place + 1 :] = [state]
        self._place += 1

    def undo(self):
        """Go back by one; returns whether there was one to go back to."""
        return self._move(-1)

    def redo(self):
        """Go forward again by one; returns whether there was one."""
        return self._move(1)

    def _move(self, step):
        if not 0 <= self._place + step < len(self._states):
            return False
        self._place += step
        return True
