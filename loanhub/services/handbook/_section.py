"""What a chapter of the handbook is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One task, in steps. ``roles`` are role codes, empty for everybody; ``link`` is (label, address)."""

    anchor: str
    title: str
    steps: tuple[str, ...]
    roles: frozenset[str] = frozenset()
    link: tuple[str, str] = ("", "")
    tip: str = ""

    @property
    def text(self) -> str:
        """Return everything a search looks through."""
        return "\n".join((self.title, *self.steps, self.tip)).casefold()


@dataclass(frozen=True)
class Chapter:
    """Sections under one title, in reading order."""

    title: str
    sections: tuple[Section, ...]
