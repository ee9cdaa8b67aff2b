"""A choice: a fixed set of codes, each with the Chinese label people read."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Choice(StrEnum):
    """An enumeration whose members carry a Chinese label; the value is the code that is stored.

    >>> class Answer(Choice):
    ...     YES = "yes", "是"
    >>> Answer.YES.label, Answer("yes")
    ('是', <Answer.YES: 'yes'>)
    """

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        """Make a member from its code and label."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label or code
        return member

    @classmethod
    def options(cls) -> list[tuple[str, str]]:
        """Return (code, label) pairs in the order of declaration, for selects."""
        return [(member.value, member.label) for member in cls]

    @classmethod
    def find(cls, text: str) -> Self | None:  # type: ignore[override]  # str.find is not for codes
        """Return the member with this code or this label, or None."""
        return next((m for m in cls if text in (m.value, m.label)), None)
