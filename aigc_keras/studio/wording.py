"""Gives the page's parts their words, and other words when the language changes."""

from aigc_keras.studio.texts import TEXTS


class Wording:
    """Remembers which words stand where.

    Args:
        language: str, a name in `texts.TEXTS`: the one the page begins with.

    Raises:
        ValueError: If there is no such language.
    """

    def __init__(self, language="en"):
        if language not in TEXTS:
            known = ", ".join(TEXTS)
            raise ValueError(
                f"The language must be one of {known}. Received: {language!r}"
            )
        self.language = language
        self._placed = []

    def make(self, kind, *args, **settings):
        """Make a component with words.

        Args:
            kind: Class of a Gradio component.
            *args: Passed to it.
            **settings: Passed to it; of `value`, `label` and `placeholder` those that
                are names in `TEXTS` with a leading underscore become the words.

        Returns:
            The component.
        """
        words = {
            name: text[1:]
            for name, text in settings.items()
            if isinstance(text, str) and text.startswith("_")
        }
        component = kind(*args, **settings | self._say(words, self.language))
        self._placed.append((component, words))
        return component

    @property
    def components(self):
        """The components with words, in the order of `change`'s updates."""
        return [component for component, _ in self._placed]

    def change(self, language):
        """Return an update of each component."""
        return [
            type(component)(**self._say(words, language))
            for component, words in self._placed
        ]

    def _say(self, words, language):
        return {name: TEXTS[language][text] for name, text in words.items()}
