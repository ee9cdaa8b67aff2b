"""One chunk of rows becomes leads in a few statements: the same validation, indexes, tokens and events as by hand."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue import Catalogue
from loanhub.domain.formats import local
from loanhub.domain.leads import LeadDoor, LeadOrigin, LeadStatus, lead_number
from loanhub.domain.names import number_tokens
from loanhub.domain.permissions import Permission
from loanhub.domain.rank import between, spread
from loanhub.models import Channel, ImportBatch, ImportRow, Lead, LeadTouch, User
from loanhub.repositories import bulk
from loanhub.repositories import imports as repository
from loanhub.repositories import leads as lead_repository
from loanhub.repositories.imports import ATTACHED
from loanhub.services import assignment, events, search
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services.imports import _batch
from loanhub.services.imports._known import Finder, Match
from loanhub.services.imports._plan import Customers, Duplicates, Options, Ownership
from loanhub.services.imports._ready import SEALED, TABLE, Places, Ready, ReadyRow, places_of
from loanhub.services.leads._entry import Entry


@dataclass(frozen=True)
class Context:
    """What is the same for every row of a run."""

    catalogue: Catalogue
    places: Places
    options: Options
    costs: Mapping[str, int]
    channels: Mapping[str, str]
    owners: tuple[tuple[int, int | None], ...]
    """(user id, department id) in turn; empty for the public pool."""


@dataclass
class Tally:
    """What became of a chunk's rows."""

    outcomes: dict[str, int] = field(default_factory=dict)
    created: int = 0

    def add(self, outcome: str) -> None:
        """Count one row."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


def context_of(db: Session, actor: Actor, options: Options) -> Context:
    """Return what every chunk of a run needs."""
    channels = db.execute(
        sa.select(col(Channel.code), col(Channel.label), col(Channel.cost_per_lead_fen))
    ).all()
    catalogue = catalogues.current(db)
    return Context(
        catalogue=catalogue, options=options, places=places_of(catalogue),
        costs={code: cost for code, _, cost in channels}, channels={code: label for code, label, _ in channels},
        owners=_owners(db, actor, options),
    )  # fmt: skip


def _owners(db: Session, actor: Actor, options: Options) -> tuple[tuple[int, int | None], ...]:
    if options.owner is Ownership.ME:
        return ((actor.user_id, actor.department_id),)
    if options.owner in (Ownership.POOL, Ownership.RULES):
        return ()
    from loanhub.models import Role, UserRole

    homes = set(actor.department_ids)
    if not homes and actor.department_id is not None:
        homes.add(actor.department_id)
    query = (
        sa.select(col(User.id), col(User.department_id))
        .join(UserRole, col(UserRole.user_id) == col(User.id))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(User.active), col(User.department_id).in_(homes), col(Role.code) == "sales")
        .distinct()
        .order_by(col(User.id))
    )
    found = tuple((int(user_id or 0), department) for user_id, department in db.execute(query).all())
    return found or ((actor.user_id, actor.department_id),)


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
    ids = _insert(db, actor, batch, fresh, context, now=now)
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


def _insert(
    db: Session,
    actor: Actor,
    batch: ImportBatch,
    rows: Sequence[tuple[ReadyRow, Match | None]],
    context: Context,
    *,
    now: datetime,
) -> list[int]:
    """Insert new leads and all that belongs to them; returns their ids in order.

    A lead of a known customer goes to the customer's owner; without one it is given out as the others are.
    """
    if not rows:
        return []
    same = _defaults(db, actor, batch, context, now)
    brings = [row.ready for row, _ in rows if row.ready is not None]
    placed = _placed(db, rows, brings, same, context, done=batch.created_count, now=now)
    day = local(now).date()
    first = next_number(db, f"lead:{day:%Y%m%d}", count=len(rows))
    numbers = [lead_number(day, first + place) for place in range(len(rows))]
    ids = bulk.next_ids(db, Lead, len(rows))
    channels = [one.columns.get("channel_code", "") for one in brings]
    columns: dict[str, list[Any]] = {"id": ids, "number": numbers}
    columns["cost_fen"] = [context.costs.get(code, 0) for code in channels]
    for name in sorted(set().union(*(one.columns for one in brings))):
        if name in SEALED:
            columns[name] = [one.sealed.get(name) for one in brings]
        else:
            usual = same[name]
            columns[name] = [one.columns.get(name, usual) for one in brings]
    for name in sorted(set().union(*placed)):
        usual = same[name]
        columns[name] = [one.get(name, usual) for one in placed]
    bulk.insert_columns(
        db, Lead, columns, written=SEALED, same={name: value for name, value in same.items() if name not in columns}
    )  # fmt: skip
    search.write_token_lists(
        db, "lead",
        ((lead_id, _with(one.tokens, number_tokens(number))) for lead_id, one, number in zip(ids, brings, numbers, strict=True)),
    )  # fmt: skip
    labels = context.channels
    entries = [
        events.Entry(
            lead_id, f"{number} {labels.get(code, '')}".rstrip(), {"文件": batch.file_name, "行": row.number, **_why(values, context)},
            customer_id=values.get("customer_id"),
        )
        for lead_id, number, code, values, (row, _) in zip(ids, numbers, channels, placed, rows, strict=True)
    ]  # fmt: skip
    events.record_many(db, actor, "lead.imported", entries, now=now, entity="lead", key=f"import:{batch.id}")
    return ids


def _with(tokens: str, more: set[str]) -> str:
    """Return the text of a JSON array with more tokens, plain letters and digits, at its end."""
    listed = ",".join(f'"{token}"' for token in sorted(more))
    return f"[{listed}]" if tokens == "[]" else f"{tokens[:-1]},{listed}]"


def _placed(
    db: Session, rows: Sequence[tuple[ReadyRow, Match | None]], brings: Sequence[Ready], same: Mapping[str, Any],
    context: Context, *, done: int, now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return by column whose each new lead becomes, why, and where on the board it stands."""
    first_step_at = assignment.first_step_at(db, now)
    placed = [_keeping(match, first_step_at, now) for _, match in rows]
    if context.options.owner is Ownership.RULES:
        with assignment.open_engine(db, now=now) as engine:
            for kept, ready in zip(placed, brings, strict=True):
                if "owner_id" not in kept:
                    record = {**same, **ready.columns, **kept} if engine.asks else same
                    kept |= assignment.columns_of(engine, engine.place(record), now=now)
    elif context.owners:
        turn = itertools.islice(itertools.cycle(context.owners), done, None)
        for kept, (owner_id, department_id) in zip(placed, turn, strict=False):
            if "owner_id" not in kept:
                kept["owner_id"], kept["department_id"] = owner_id, department_id
    entry = Entry(db, now=now)
    usual = None if entry.asks else entry.board_of(None)
    for kept, ready in zip(placed, brings, strict=True):
        board = usual or entry.board_of(SimpleNamespace(**{**same, **ready.columns, **kept}))
        kept["pipeline_id"], kept["stage_code"] = board
    _rank(db, placed)
    return placed


def _keeping(match: Match | None, first_step_at: datetime, now: datetime) -> dict[str, Any]:
    """Return what makes a new lead one of a known customer's: the link and, unless nobody is there, its owner."""
    if match is None or match.customer is None:
        return {}
    customer = match.customer
    found: dict[str, Any] = {"customer_id": customer.id}
    if customer.keeper_id is not None:
        found |= {
            "owner_id": customer.keeper_id, "department_id": customer.department_id, "status": LeadStatus.WAITING,
            "assigned_at": now, "assigned_reason": "导入时已是客户，归客户负责人", "pooled_at": None, "pool_reason": "",
            "next_step": "首次联系", "next_step_kind": "phone", "next_step_at": first_step_at,
        }  # fmt: skip
    return found


def _why(values: Mapping[str, Any], context: Context) -> dict[str, object]:
    """Return why a row went where it went, for its event."""
    if context.options.owner is not Ownership.RULES and "customer_id" not in values:
        return {}
    return {"依据": values.get("assigned_reason") or values.get("pool_reason") or "已是客户"}


def _defaults(
    db: Session, actor: Actor, batch: ImportBatch, context: Context, now: datetime
) -> dict[str, Any]:
    pooled = not context.owners
    first_step_at = assignment.first_step_at(db, now)
    lead = Lead(
        number="", name="", status=LeadStatus.NEW if pooled else LeadStatus.WAITING, origin=LeadOrigin.NEW_DATA,
        door=LeadDoor.IMPORT.value,
        created_at=now, updated_at=now, created_by_id=actor.actor_id, import_batch_id=batch.id,
        stage_entered_at=now,
        assigned_at=None if pooled else now,
        assigned_reason="" if pooled else f"导入时{context.options.owner.label}"[:200],
        pooled_at=now if pooled else None, pool_reason="导入" if pooled else "",
        next_step="" if pooled else "首次联系", next_step_kind="" if pooled else "phone",
        next_step_at=None if pooled else first_step_at,
    )  # fmt: skip
    if pooled:
        lead.department_id = actor.department_id
    return {c.name: getattr(lead, c.name) for c in TABLE.columns if c.name != "id"}


def _rank(db: Session, leads: list[dict[str, Any]]) -> None:
    """Put the new leads at the top of their columns, in the order of the file."""
    columns: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for values in leads:
        columns.setdefault((values["pipeline_id"], values["stage_code"]), []).append(values)
    for (pipeline_id, stage_code), found in columns.items():
        ranks = _ranks(lead_repository.first_rank(db, pipeline_id, stage_code), len(found))
        for values, rank in zip(found, ranks, strict=True):
            values["rank"] = rank


def _ranks(first: str | None, count: int) -> list[str]:
    """Return ``count`` ranks in order above ``first``, however many are already there."""
    if first is None:
        return spread(count)
    low = between(None, first)
    if not first.startswith(low):
        # Whatever continues ``low`` stands above it and below ``first``.
        return [low + one for one in spread(count)]
    ranks: list[str] = []

    def fill(below: str, above: str, number: int) -> None:
        if number <= 0:
            return
        middle = between(below, above)
        left = (number - 1) // 2
        fill(below, middle, left)
        ranks.append(middle)
        fill(middle, above, number - 1 - left)

    fill(low, first, count)
    return ranks
