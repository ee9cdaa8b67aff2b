"""One chunk of rows and what becomes of each: a new lead, a repeated enquiry, a filled gap, or a remark."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain.permissions import Permission
from loanhub.models import ImportBatch, ImportRow, Lead, LeadTouch
from loanhub.repositories import bulk
from loanhub.repositories import imports as repository
from loanhub.repositories.imports import ATTACHED
from loanhub.services import catalogue as catalogues
from loanhub.services import events, search
from loanhub.services._actor import Actor
from loanhub.services.imports import _batch, _new_leads
from loanhub.services.imports._context import Context
from loanhub.services.imports._known import Finder, Match
from loanhub.services.imports._plan import Customers, Duplicates
from loanhub.services.imports._ready import ReadyRow


@dataclass
class Tally:
    """What became of a chunk's rows."""

    outcomes: dict[str, int] = field(default_factory=dict)
    created: int = 0

    def add(self, outcome: str) -> None:
        """Count one row."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


def write_chunk(
    db: Session,
    actor: Actor,
    batch: ImportBatch,
    rows: Sequence[ReadyRow],
    context: Context,
    *,
    now: datetime,
) -> Tally:
    """Write the rows of one chunk: leads, touches, fillings, and what became of each row."""
    mended = context.options.mended.intersection(row.number for row in rows)
    if mended:
        repository.drop_mended(db, batch.id or 0, mended)
    finder = Finder(db, actor, rows, not_of_batch=batch.id)
    tally = Tally()
    stored: list[tuple[Any, ...]] = []
    fresh: list[tuple[ReadyRow, Match | None]] = []
    touched: list[tuple[Match, ReadyRow]] = []
    for row in rows:
        if row.refused:
            stored.append(_row(row, "refused", raw=True))
        elif row.repeat is not None:
            sentence = f"与第 {row.repeats} 行{row.repeat.key.label}"
            stored.append(_row(row, "duplicate", remark=sentence))
        elif row.number in context.options.left_out:
            stored.append(_row(row, "duplicate", remark="预览时选择不导入"))
        elif (match := finder.find(row, now=now)) is not None:
            outcome = _meet(db, actor, row, match, finder, context, now=now)
            if outcome == ATTACHED:
                fresh.append((row, match))
                continue
            if outcome in ("touched", "told"):
                touched.append((match, row))
            stored.append(_row(row, outcome, remark=_remark(finder, match), match=match))
        else:
            fresh.append((row, None))
            continue
        tally.add(stored[-1][1])
    _touch(db, actor, batch, touched, context, now=now)
    ids = _new_leads.insert(db, actor, batch, fresh, context, now=now)
    for (row, match), lead_id in zip(fresh, ids, strict=True):
        outcome = row.outcome if match is None else ATTACHED
        remark = "" if match is None else _remark(finder, match)
        stored.append(_row(row, outcome, lead_id=lead_id, remark=remark, match=match))
        tally.add(outcome)
    tally.created = len(ids)
    if mended:
        by_number = {row.number: row for row in rows if row.number in mended}
        stored = [_as_mended(by_number[one[0]], one) if one[0] in mended else one for one in stored]
    bulk.insert_many(
        db, ImportRow, _ROW_COLUMNS, stored, same={"batch_id": batch.id}, written=frozenset({"issues"})
    )
    return tally


def _remark(finder: Finder, match: Match) -> str:
    return f"{match.key.label}：{finder.sentence(match)}"


_ROW_COLUMNS = (
    "row_number", "outcome", "raw", "issues", "lead_id", "duplicate_of_id", "duplicate_customer_id",
)  # fmt: skip


def _row(
    row: ReadyRow, outcome: str, *, lead_id: int | None = None, remark: str = "", match: Match | None = None,
    raw: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """Return what became of a row, in the order of :data:`_ROW_COLUMNS`."""
    issues = row.issues
    if remark:
        first = {"field": "", "kind": "duplicate", "sentence": remark, "before": "", "after": ""}
        issues = json.dumps([first, *json.loads(issues)], ensure_ascii=False)
    # Refused rows are kept as they came, encrypted: people download them, mend them and send them again.
    kept = _kept(row) if raw else None
    known_lead = match.lead_id or None if match else None
    known_customer = match.customer.id if match and match.customer else None
    return row.number, outcome, kept, issues, lead_id, known_lead, known_customer


def _kept(row: ReadyRow) -> str:
    return json.dumps([_batch.plain_cell(cell) for cell in row.cells], ensure_ascii=False)


def _as_mended(row: ReadyRow, stored: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what became of a row with the remark that it was corrected, and its cells: a resumed run reads them again."""
    number, outcome, _raw, issues, *rest = stored
    told = {"field": "", "kind": "cleaned", "sentence": "导入前在预览里改过", "before": "", "after": ""}
    return number, outcome, _kept(row), json.dumps([*json.loads(issues), told], ensure_ascii=False), *rest


def _meet(
    db: Session, actor: Actor, row: ReadyRow, match: Match, finder: Finder, context: Context, *, now: datetime
) -> str:  # fmt: skip
    """Do with a known person's row what was chosen; returns the row's outcome. Touches are written together afterwards."""
    if match.customer is not None:
        return _OF_CUSTOMERS[context.options.customers]
    if context.options.duplicates is Duplicates.SKIP:
        return "duplicate"
    if (
        context.options.duplicates is Duplicates.FILL
        and finder.reachable(match)
        and actor.can(Permission.LEADS_EDIT)
    ):
        lead = db.get(Lead, match.lead_id)
        assert lead is not None
        return "filled" if _fill(db, actor, lead, row.values, context, now=now) else "duplicate"
    return "touched"


_OF_CUSTOMERS = {Customers.ATTACH: ATTACHED, Customers.TELL: "told", Customers.SKIP: "customer"}


def _touch(
    db: Session, actor: Actor, batch: ImportBatch, touched: Sequence[tuple[Match, ReadyRow]], context: Context,
    *, now: datetime,
) -> None:  # fmt: skip
    """Credit the channels of repeated enquiries, as :func:`loanhub.services.leads.touch` does for one; owners are told at the end."""
    rows = []
    entries: dict[str, list[events.Entry]] = {"lead": [], "customer": []}
    for match, row in touched:
        channel = str(row.values.get("channel_code") or "")
        entity, record_id = match.record
        if entity == "lead":
            rows.append((record_id, channel, str(row.values.get("note") or "")[:300]))
        said = f"再次从{context.channels.get(channel) or '其他渠道'}进线"
        customer_id = record_id if entity == "customer" else None
        entries[entity].append(events.Entry(record_id, said, {}, customer_id=customer_id))
    same = {"at": now, "import_batch_id": batch.id}
    bulk.insert_many(db, LeadTouch, ("lead_id", "channel_code", "note"), rows, same=same)
    for entity, told in entries.items():
        events.record_many(db, actor, f"{entity}.repeated", told, now=now, entity=entity)


def _fill(
    db: Session, actor: Actor, lead: Lead, values: Mapping[str, object], context: Context, *, now: datetime
) -> bool:
    """Write what the lead lacks; what it has stays as it is."""
    after: dict[str, object] = {}
    for key, value in values.items():
        spec = context.catalogue.find("lead", key)
        if spec is None or value in (None, "") or catalogues.read_value(lead, spec) not in (None, "", []):
            continue
        catalogues.write_value(lead, spec, value)
        after[spec.label] = "已补全" if spec.encrypted else spec.kind_object.format(value)
    if not after:
        return False
    lead.version += 1
    lead.updated_at = now
    db.flush()
    search.index(db, "lead", lead)
    events.record(
        db, actor, "lead.edited", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
        customer_id=lead.customer_id, before=dict.fromkeys(after, "—"), after=after, summary="导入时补全空白字段",
    )  # fmt: skip
    return True
