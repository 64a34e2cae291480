"""The API key: it can be sent, and it cannot be seen."""

from typing import NoReturn

REMOVED = "[API key removed]"

# A shorter string is no secret, and would be found by chance in ordinary text.
SHORTEST_SECRET = 8


class ApiKey:
    """Holds a key so that no repr, pickle or copy of whatever holds it shows the key.

    Raises ValueError, without the key in its text, unless the key is made of visible ASCII
    characters: anything else would either break the header or be a slip, such as the newline at
    the end of a secret file.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value:
            raise ValueError("The API key is empty.")
        if not all("!" <= character <= "~" for character in value):
            raise ValueError(
                "The API key holds a character that is not visible ASCII: "
                "look for a space, a line break or a full-width character."
            )
        self._value = value

    def authorization(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self._value}"

    def cut_from(self, text: str) -> str:
        """The text without the key, for answers that echo the request."""
        if len(self._value) < SHORTEST_SECRET:
            return text
        text = text.replace(self._value, REMOVED)
        # A body that was cut short may end in the middle of the key.
        for length in range(len(self._value) - 1, SHORTEST_SECRET - 1, -1):
            if text.endswith(self._value[:length]):
                return text[:-length] + REMOVED
        return text

    def __repr__(self) -> str:
        return "ApiKey(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An API key is neither pickled nor copied.")
