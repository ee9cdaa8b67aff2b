"""Lead score and temperature 线索评分: points of the rules a lead meets, and the temperature their sum gives. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loanhub.domain.errors import InvalidInput
from loanhub.domain.leads import Temperature

LOWEST, HIGHEST = 0, 100
MAX_RULES = 40
MAX_NAME = 30
_POINTS = re.compile(r"[+\-−]?[0-9]{1,3}", re.ASCII)


@dataclass(frozen=True)
class ScoreRule:
    """A condition, and the points a lead gets that meets it (negative takes away)."""

    key: str
    name: str
    points: int
    criteria: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True

    def as_json(self) -> dict[str, object]:
        """Return the rule as it is stored."""
        return {"key": self.key, "name": self.name, "points": self.points, "criteria": dict(self.criteria),
                "active": self.active}  # fmt: skip


@dataclass(frozen=True)
class ScoreDocument:
    """All rules, what a lead begins with, and the bands.

    ``high_from`` and more is 高意向, ``watch_from`` and more 待观察, less is 无效.
    """

    rules: tuple[ScoreRule, ...] = ()
    base: int = 40
    high_from: int = 60
    watch_from: int = 25

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> ScoreDocument:
        """Return a stored document."""
        rules = tuple(
            ScoreRule(
                str(one["key"]), str(one["name"]), int(one["points"]), dict(one.get("criteria") or {}),
                bool(one.get("active", True)),
            )
            for one in raw.get("rules", ())
        )  # fmt: skip
        return cls(
            rules, int(raw.get("base", 40)), int(raw.get("high_from", 60)), int(raw.get("watch_from", 25))
        )

    def as_json(self) -> dict[str, object]:
        """Return the document as it is stored."""
        return {"rules": [one.as_json() for one in self.rules], "base": self.base, "high_from": self.high_from,
                "watch_from": self.watch_from}  # fmt: skip

    def total(self, met: Sequence[ScoreRule]) -> int:
        """Return the score of a lead that meets these rules, held between 0 and 100."""
        return max(LOWEST, min(HIGHEST, self.base + sum(one.points for one in met)))

    def band(self, score: int) -> Temperature:
        """Return the temperature of a score."""
        if score >= self.high_from:
            return Temperature.HIGH
        return Temperature.WATCH if score >= self.watch_from else Temperature.INVALID


def read_bands(base: str, high_from: str, watch_from: str) -> tuple[int, int, int]:
    """Return what was typed.

    Raises:
        InvalidInput: by field.
    """
    found: dict[str, int] = {}
    faults: dict[str, str] = {}
    for key, text in (("base", base), ("high_from", high_from), ("watch_from", watch_from)):
        plain = text.strip()
        if plain.isascii() and plain.isdigit() and int(plain) <= HIGHEST:
            found[key] = int(plain)
        else:
            faults[key] = "填 0 到 100 的整数"
    if not faults and found["high_from"] <= found["watch_from"]:
        faults["high_from"] = "高意向的分要比待观察高"
    if faults:
        raise InvalidInput(fields=faults)
    return found["base"], found["high_from"], found["watch_from"]


def read_rule(
    *, key: str, name: str, points: str, criteria: Mapping[str, Any], active: bool, taken: Sequence[str]
) -> ScoreRule:
    """Return a rule from what was typed.

    Raises:
        InvalidInput: by field.
    """
    faults: dict[str, str] = {}
    words = " ".join(name.split())
    if not words or len(words) > MAX_NAME:
        faults["name"] = f"起个名字，最多 {MAX_NAME} 个字"
    elif words in taken:
        faults["name"] = "已有同名的规则"
    text = points.strip()
    value = int(text.replace("−", "-")) if _POINTS.fullmatch(text) else 0
    if not value or abs(value) > HIGHEST:
        faults["points"] = "填 −100 到 100 的整数，0 除外"
    if not criteria:
        faults["criteria"] = "至少加一个条件"
    if faults:
        raise InvalidInput(fields=faults)
    return ScoreRule(key, words, value, criteria, active)
