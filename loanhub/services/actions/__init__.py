"""The registry of actions, and the one way to run them: from a list, a rule, a flow or the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from loanhub.discovery import discover
from loanhub.domain.catalogue import Catalogue
from loanhub.domain.catalogue.spec import EntitySpec
from loanhub.domain.errors import InvalidInput, LoanHubError, NotFound
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.actions._action import Action

AT_ONCE = 500


@cache
def registry() -> dict[str, Action]:
    """Return every action by code."""
    return discover("loanhub.services.actions", "ACTION")


def offered(actor: Actor, entity: str) -> list[Action]:
    """Return the actions this actor may run on records of ``entity``."""
    return [a for a in registry().values() if entity in a.entities and actor.can(a.permission)]


@dataclass(frozen=True)
class Outcome:
    """How a run over many records went: each failure has its own sentence, each success what an undo needs."""

    done: int
    failures: tuple[tuple[int, str], ...]
    results: tuple[tuple[int, Mapping[str, object]], ...] = ()

    def plus(self, other: Outcome) -> Outcome:
        """Return both together: a long run goes in steps."""
        return Outcome(
            self.done + other.done, (*self.failures, *other.failures), (*self.results, *other.results)
        )


def run(
    actor: Actor,
    code: str,
    *,
    entity: str,
    record_ids: Sequence[int],
    raw: Mapping[str, object],
    key: str = "",
    now: datetime,
) -> Outcome:
    """Run an action on records, one transaction each; with ``key`` no record is acted on twice.

    Raises:
        NotFound: no such action for this entity.
        NotPermitted: the actor lacks the action's permission.
        InvalidInput: a parameter is at fault, or there are none or over 500 records.
    """
    action = registry().get(code)
    if action is None or entity not in action.entities:
        raise NotFound("没有这个动作")
    actor.require(action.permission)
    if not 1 <= len(record_ids) <= AT_ONCE:
        raise InvalidInput(f"一次可处理 1 到 {AT_ONCE} 条")
    forms = Catalogue([EntitySpec("action", action.label, action.parameters)])
    with reading() as db:
        values, errors = forms.validate_record(
            "action", raw, partial=False, now=now, sources=catalogue.sources(db)
        )
    if errors:
        raise InvalidInput(fields=errors)
    failures: list[tuple[int, str]] = []
    results: list[tuple[int, Mapping[str, object]]] = []
    for record_id in dict.fromkeys(record_ids):
        try:
            with transaction() as db:

                def work(record_id: int = record_id) -> dict[str, object]:
                    return dict(action.run(actor, entity, record_id, values, now) or {})

                one = f"{key}:{record_id}" if key else ""
                request = [entity, record_id, dict(raw)]
                made = once(db, actor, f"action.{code}", one, request, now=now, work=work)
            results.append((record_id, made))
        except LoanHubError as refusal:
            failures.append((record_id, refusal.sentence))
    return Outcome(len(results), tuple(failures), tuple(results))
