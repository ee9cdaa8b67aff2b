"""The rules of lead scores, read and made ready to ask a lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain import criteria as language
from loanhub.domain.errors import InvalidInput
from loanhub.domain.lead_scores import ScoreDocument, ScoreRule
from loanhub.domain.leads import Temperature
from loanhub.models import Lead, LeadScoreVersion
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import SYSTEM
from loanhub.services._segments import sources_for
from loanhub.services._versions import Versions

ENTITY = "lead"
LOCK = "lead_scores"
TOPIC = "lead_scores"


VERSIONS = Versions(LeadScoreVersion, LOCK, "评分草稿")


def published(db: Session) -> LeadScoreVersion | None:
    """Return the version in force, or None while scores are not switched on."""
    return VERSIONS.in_force(db)


def in_force(db: Session) -> Scorer | None:
    """Return the rules in force, ready to ask; None while scores are not switched on."""
    version = published(db)
    return None if version is None else Scorer(db, ScoreDocument.of_json(version.document))


class Overlay:
    """A record seen with some values of its own instead of the stored ones; the record is not written to."""

    def __init__(self, record: Any, values: Mapping[str, object]) -> None:
        self._record, self._values = record, values

    def __getattr__(self, name: str) -> Any:
        return self._values[name] if name in self._values else getattr(self._record, name)


@dataclass(frozen=True)
class Given:
    """What a lead comes to."""

    score: int
    temperature: Temperature
    met: tuple[ScoreRule, ...]


class Scorer:
    """The active rules of a document, each condition worked out once; a rule that no longer fits counts for nobody."""

    def __init__(self, db: Session, document: ScoreDocument) -> None:
        catalogue = catalogues.current(db)
        self.document = document
        self.sentences: dict[str, str] = {}
        self._tests: list[tuple[ScoreRule, Callable[[Any, datetime], bool]]] = []
        sources = sources_for(db, SYSTEM)
        for rule in document.rules:
            try:
                node = language.parse(dict(rule.criteria), catalogue, ENTITY)
            except InvalidInput:
                self.sentences[rule.key] = "条件已失效"
                continue
            self.sentences[rule.key] = language.to_sentence(node, catalogue, ENTITY, sources)
            if rule.active:
                self._tests.append((rule, language.compiled(node, catalogue, ENTITY)))

    def give(self, lead: Lead, now: datetime) -> Given:
        """Return what a lead comes to at a moment."""
        met = tuple(rule for rule, test in self._tests if test(lead, now))
        score = self.document.total(met)
        return Given(score, self.document.band(score), met)
