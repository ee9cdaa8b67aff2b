"""What the import page draws, a line each."""

from __future__ import annotations

from dataclasses import dataclass, field

from loanhub.services.imports._beside import Beside
from loanhub.state.duplicates import side_of


@dataclass
class ImportColumn:
    """A column of the file on the mapping step."""

    place: int = 0
    letter: str = ""
    header: str = ""
    samples: str = ""
    target: str = ""
    reason: str = ""
    tone: str = ""


@dataclass
class PreviewLine:
    """A row of the preview."""

    number: int = 0
    cells: list[str] = field(default_factory=list)
    label: str = ""
    tone: str = ""
    sentence: str = ""


@dataclass
class Issue:
    """A remark on the result page."""

    number: int = 0
    field: str = ""
    sentence: str = ""
    before: str = ""
    after: str = ""
    label: str = ""
    tone: str = ""
    href: str = ""
    subject: str = ""


@dataclass
class ImportPair:
    """A row of the file beside the record it is, or resembles; ``known`` is a side as 查重 draws it."""

    row: int = 0
    name: str = ""
    facts: str = ""
    known: dict[str, str] = field(default_factory=dict)
    score: int = 0
    certainty: str = ""
    tone: str = ""
    reasons: list[dict[str, str]] = field(default_factory=list)
    left_out: bool = False


def pair_of(one: Beside) -> ImportPair:
    """Return a pair as the page draws it."""
    facts = " · ".join(text for text in (one.phone, one.id_number, one.city) if text not in ("", "—"))
    reasons = [
        {"label": label, "points": points, "against": "1" if points.startswith("-") else ""}
        for label, points in one.reasons
    ]
    return ImportPair(
        one.row,
        one.name,
        facts,
        side_of(one.known),
        one.score,
        one.certainty,
        one.tone,
        reasons,
        one.left_out,
    )
