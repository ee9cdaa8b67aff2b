"""The cap table 上限表: rows entered by one, reviewed by another, replaced and never edited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.caps import HIGHEST_MULTIPLE, Cap, CapAction, CustomerKind, LenderType
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.cost import CapMeasure
from loanhub.models import RateCap
from loanhub.repositories import rates as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.rates import _dual
from loanhub.services.rates.checks import cap_of
from loanhub.services.rates.lpr import lpr_on, read_percent, require_reader

_MULTIPLE = re.compile(r"\d(\.\d{1,4})?")
_MONTHS = re.compile(r"\d{1,3}")


class AlreadyReplaced(Conflict):
    """Another row has taken the place of the one this row would replace."""

    def __init__(self) -> None:
        super().__init__("原来那一行已被别的行替换，请撤回后按最新的一行重新录入")


@dataclass(frozen=True, kw_only=True)
class CapForm:
    """A row as typed; ``limit`` in percent or ``lpr_multiple``, exactly one of them."""

    label: str = ""
    lender_type: str = ""
    customer_kind: str = ""
    measure: str = CapMeasure.SIMPLE.value
    limit: str = ""
    lpr_multiple: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    action: str = CapAction.BLOCK.value
    source: str = ""
    exempt_months: str = ""
    covers_penalty: bool = False


@dataclass(frozen=True)
class CapRow:
    """A row as the table shows it; ``state`` is pending, future, in_force, past or replaced.

    ``standard`` says the limit in words, with today's LPR counted in; ``scope`` whom and what it concerns.
    """

    id: int
    version: int
    label: str
    lender: str
    scope: str
    measure: str
    standard: str
    action: str
    action_label: str
    days: str
    source: str
    entered_by: str
    reviewed_by: str
    entered_by_id: int | None
    state: str
    replaces: str
    form: CapForm


def _read(form: CapForm) -> Cap:
    refused: dict[str, str] = {}
    lender = LenderType.find(form.lender_type)
    if lender is None:
        refused["lender_type"] = "选择适用的出借主体"
    kind = CustomerKind.ANY if not form.customer_kind else CustomerKind.find(form.customer_kind)
    measure, action = CapMeasure.find(form.measure), CapAction.find(form.action)
    for key, found in (("customer_kind", kind), ("measure", measure), ("action", action)):
        if found is None:
            refused[key] = "请从列表中选择"
    limit = read_percent(form.limit, "limit", refused) if form.limit.strip() else None
    multiple = None
    if text := form.lpr_multiple.strip().removesuffix("倍").strip():
        if _MULTIPLE.fullmatch(text):
            multiple = Decimal(text)
        else:
            refused["lpr_multiple"] = f"填写倍数，例如 4，不超过 {HIGHEST_MULTIPLE}"
    if form.valid_from is None:
        refused["valid_from"] = "填写生效日"
    months = form.exempt_months.strip() or "0"
    if not _MONTHS.fullmatch(months):
        refused["exempt_months"] = "填写月数，没有豁免填 0"
        months = "0"
    try:
        cap = Cap(
            label=" ".join(form.label.split()), lender_type=lender or LenderType.MICROLOAN,
            customer_kind=kind or CustomerKind.ANY, measure=measure or CapMeasure.SIMPLE, limit_rate=limit,
            lpr_multiple=multiple, valid_from=form.valid_from or date.min, valid_to=form.valid_to,
            action=action or CapAction.BLOCK, source=" ".join(form.source.split()), exempt_months=int(months),
            covers_penalty=form.covers_penalty,
        )  # fmt: skip
    except InvalidInput as fault:
        named = {("limit" if key == "limit_rate" else key): text for key, text in fault.fields.items()}
        raise InvalidInput(fields={**named, **refused}) from None
    if refused:
        raise InvalidInput(fields=refused)
    return cap


def enter_cap(actor: Actor, *, form: CapForm, replaces_id: int | None = None, now: datetime) -> int:
    """Enter a row, or one that will take the place of another; return its id. In force once reviewed.

    Raises:
        NotFound: there is no row to replace.
        NotPermitted: the actor lacks rates:edit.
        AlreadyReplaced: see the class.
        InvalidInput: naming each field of the form at fault.
    """
    with transaction() as db:
        old = db.get(RateCap, replaces_id, with_for_update=True) if replaces_id else None
        if replaces_id and old is None:
            raise NotFound("没有这一行上限")
        actor.require(Permission.RATES_EDIT)
        if old is not None and (old.reviewed_at is None or _replacement(db, old.id or 0, any_state=True)):
            raise AlreadyReplaced
        cap = _read(form)
        row = RateCap(
            label=cap.label, lender_type=cap.lender_type.value, customer_kind=cap.customer_kind.value,
            measure=cap.measure.value, limit_rate=cap.limit_rate, lpr_multiple=cap.lpr_multiple,
            valid_from=cap.valid_from, valid_to=cap.valid_to, action=cap.action.value, source=cap.source,
            exempt_months=cap.exempt_months, covers_penalty=cap.covers_penalty,
            replaces_id=old.id if old else None, entered_by_id=actor.actor_id, entered_at=now,
        )  # fmt: skip
        db.add(row)
        db.flush()
        _record(db, actor, row, "rate.entered", now=now, old=old)
        return row.id or 0


def review_cap(actor: Actor, *, cap_id: int, expected_version: int | None = None, now: datetime) -> None:
    """Review a row that somebody else entered; from then on it counts, and the one it names no longer does.

    Raises:
        NotFound: no such row.
        NotPermitted: the actor lacks rates:review.
        OwnEntry, StaleRate, AlreadyReplaced: see the classes.
    """

    def record(db: Session, row: RateCap) -> None:
        old = db.get(RateCap, row.replaces_id, with_for_update=True) if row.replaces_id else None
        if old is not None and _replacement(db, old.id or 0, but=row.id):
            raise AlreadyReplaced
        _record(db, actor, row, "rate.reviewed", now=now, old=old)

    _dual.review(RateCap, actor, row_id=cap_id, expected_version=expected_version, now=now, record=record)


def withdraw_cap(actor: Actor, *, cap_id: int, expected_version: int | None = None, now: datetime) -> None:
    """Take back a row that nobody has reviewed yet: by who may enter one, or by a reviewer who declines it.

    Raises:
        NotFound: no such row.
        NotPermitted: the actor lacks both rates:edit and rates:review.
        StaleRate: it changed or is in force.
    """
    _dual.withdraw(
        RateCap, actor, row_id=cap_id, expected_version=expected_version,
        record=lambda db, row: _record(db, actor, row, "rate.withdrawn", now=now),
    )  # fmt: skip


def _replacement(db: Session, cap_id: int, *, any_state: bool = False, but: int | None = None) -> int | None:
    query = sa.select(col(RateCap.id)).where(
        col(RateCap.replaces_id) == cap_id, col(RateCap.id) != (but or 0)
    )
    if not any_state:
        query = query.where(col(RateCap.reviewed_at).is_not(None))
    found: int | None = db.execute(query.limit(1)).scalar_one_or_none()
    return found


def list_caps(actor: Actor, *, now: datetime) -> list[CapRow]:
    """Return every row: what waits for review first, then what is in force, to come, past and replaced.

    Raises:
        NotPermitted: the actor holds neither rates:edit nor rates:review.
    """
    require_reader(actor)
    today = local(now).date()
    with reading() as db:
        lpr = lpr_on(db, today)
        found = repository.list_caps(db)
        labels = {row.id: row.label for row, _, _ in found}
        replaced = {row.replaces_id for row, _, _ in found if row.reviewed_at is not None}
        rows = []
        for row, entered_by, reviewed_by in found:
            cap = cap_of(row)
            state = (
                "pending"
                if row.reviewed_at is None
                else "replaced"
                if row.id in replaced
                else "future"
                if row.valid_from > today
                else "in_force"
                if cap.holds_on(today)
                else "past"
            )
            rows.append(
                CapRow(
                    id=row.id or 0, version=row.version, label=row.label, lender=cap.lender_type.label,
                    scope=_scope(cap), measure=cap.measure.label, standard=cap.standard(lpr), action=row.action,
                    action_label=cap.action.label, days=formats.day_range(row.valid_from, row.valid_to),
                    source=row.source, entered_by=entered_by or "随系统提供", reviewed_by=reviewed_by,
                    entered_by_id=row.entered_by_id, state=state,
                    replaces=labels.get(row.replaces_id, "") if row.replaces_id else "", form=_form(cap),
                )
            )  # fmt: skip
        return sorted(rows, key=lambda row: (_ORDER.index(row.state), row.lender, row.days, row.id))


_ORDER = ("pending", "in_force", "future", "past", "replaced")


def _scope(cap: Cap) -> str:
    parts = ["不限借款人" if cap.customer_kind is CustomerKind.ANY else cap.customer_kind.label]
    if cap.exempt_months:
        parts.append(f"{cap.exempt_months} 个月以内的除外")
    if cap.covers_penalty:
        parts.append("含罚息")
    return " · ".join(parts)


def _form(cap: Cap) -> CapForm:
    def plain(value: Decimal | None) -> str:
        return "" if value is None else format(value.normalize(), "f")

    return CapForm(
        label=cap.label, lender_type=cap.lender_type.value, customer_kind=cap.customer_kind.value,
        measure=cap.measure.value, limit=plain(None if cap.limit_rate is None else cap.limit_rate * 100),
        lpr_multiple=plain(cap.lpr_multiple), valid_from=cap.valid_from, valid_to=cap.valid_to,
        action=cap.action.value, source=cap.source, exempt_months=str(cap.exempt_months),
        covers_penalty=cap.covers_penalty,
    )  # fmt: skip


def _words(row: RateCap) -> dict[str, str]:
    cap = cap_of(row)
    return {
        "名称": cap.label, "出借主体": cap.lender_type.label, "范围": _scope(cap), "口径": cap.measure.label,
        "上限": cap.standard(), "期间": formats.day_range(cap.valid_from, cap.valid_to), "处理": cap.action.label,
        "依据": cap.source,
    }  # fmt: skip


def _record(
    db: Session, actor: Actor, row: RateCap, event_type: str, *, now: datetime, old: RateCap | None = None
) -> None:
    before, after = _words(old) if old else {}, _words(row)
    changed = [key for key in after if before.get(key) != after[key]]
    events.record(
        db, actor, event_type, now=now, entity="rate_cap", entity_id=row.id,
        summary=f"{row.label}：{after['上限']}，{after['期间']}",
        before={key: before[key] for key in changed if key in before}, after={key: after[key] for key in changed},
    )  # fmt: skip
