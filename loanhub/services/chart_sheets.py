"""The numbers behind a chart as a workbook 图表数据: exact, kept seven days, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.services import events, files, rates, segments
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Figure, Shown, workbook
from loanhub.services._transaction import transaction
from loanhub.services.cockpit.drill import XLSX

DAY, COUNT, RATE = "yyyy-mm-dd", "#,##0", "0.00%"


def lpr(actor: Actor, *, now: datetime) -> tuple[int, str]:
    """Write the LPR as it came into force into a workbook only the actor may fetch; return its document's id and name.

    Raises:
        NotPermitted: the actor holds neither rates:edit nor rates:review.
        InvalidInput: there is none yet.
    """
    rows: list[list[Shown]] = [
        [Figure(one.effective_from, DAY), Figure(Fraction(one.one_year_rate), RATE), Figure(Fraction(one.five_year_rate), RATE)]
        for one in reversed(rates.list_lpr(actor, now=now)) if one.state in ("in_force", "past")
    ]  # fmt: skip
    return _keep(actor, "LPR 走势", ["生效日", "一年期", "五年期以上"], rows, now)


def segment(actor: Actor, segment_id: int, *, now: datetime) -> tuple[int, str]:
    """Write a segment's daily counts into a workbook only the actor may fetch; return its document's id and name.

    Raises:
        NotPermitted: the actor may not read customers, or sees only some of them while the counts are the firm's.
        NotFound: no such segment the actor may use.
        InvalidInput: it has not been counted yet.
    """
    found = segments.look(actor, segment_id, now=now)
    if not found.sees_all:
        raise NotPermitted("走势是全公司的人数，只给能看全部客户的人看")
    rows: list[list[Shown]] = [
        [Figure(date.fromisoformat(day), DAY), Figure(members, COUNT)] for day, members in found.trend
    ]
    return _keep(actor, f"分群「{found.row.name}」人数走势", ["日期", "人数"], rows, now)


def _keep(
    actor: Actor, label: str, head: Sequence[str], rows: Sequence[Sequence[Shown]], now: datetime
) -> tuple[int, str]:
    if not rows:
        raise InvalidInput("图里还没有数，没有可以导出的")
    safe = "".join("_" if mark in '/\\:*?"<>|' else mark for mark in label)
    name = f"{safe}_{formats.local(now):%Y%m%d-%H%M}.xlsx"
    content = workbook([("数据", f"{label} · {actor.name} 导出于 {formats.instant(now)}", head, rows)])
    with transaction() as db:
        document = files.store_generated(
            db, actor, content=content, file_name=name, media_type=XLSX, kind=files.EXPORT_KIND, label="图表数据", now=now,
            owner_id=actor.actor_id, department_id=actor.department_id,
        )  # fmt: skip
        events.record(db, actor, "chart.exported", now=now, entity="chart", summary=label)
        return document.id or 0, name
