"""The handbook inside the app 使用手册: what to do, step by step, for each role."""

from __future__ import annotations

from dataclasses import replace

from loanhub.services._actor import Actor
from loanhub.services.handbook import (
    _archive,
    _back,
    _capture,
    _cockpit,
    _duplicates,
    _follow_up,
    _front,
    _messages,
    _signing,
    _templates,
)
from loanhub.services.handbook._section import Chapter, Section

__all__ = ["CHAPTERS", "Chapter", "Section", "find"]

CHAPTERS: tuple[Chapter, ...] = (
    *_front.CHAPTERS,
    *_follow_up.CHAPTERS,
    *_capture.CHAPTERS,
    *_duplicates.CHAPTERS,
    *_messages.CHAPTERS,
    *_templates.CHAPTERS,
    *_signing.CHAPTERS,
    *_archive.CHAPTERS,
    *_cockpit.CHAPTERS,
    *_back.CHAPTERS,
)


def find(actor: Actor, *, text: str = "", everything: bool = False) -> list[Chapter]:
    """Return the chapters of the actor's own roles, or of all, whose words hold every word of ``text``.

    A link is kept only where the reader's role works with the page behind it.
    """
    words = text.casefold().split()
    found = []
    for chapter in CHAPTERS:
        sections = []
        for section in chapter.sections:
            own = not section.roles or bool(section.roles & actor.roles)
            if (own or everything) and all(word in section.text for word in words):
                sections.append(section if own else replace(section, link=("", "")))
        if sections:
            found.append(Chapter(chapter.title, tuple(sections)))
    return found
