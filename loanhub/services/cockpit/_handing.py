"""A panel handed out 图表导出: as a picture with its table, or as a workbook; kept for its taker alone and recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from loanhub.analytics.measures import Unit
from loanhub.documents.chart_drawing import Chart, Series
from loanhub.documents.preview import page_picture
from loanhub.documents.report import Heading, Part, ReportPaper, build
from loanhub.domain import formats
from loanhub.services import events, files, shell
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Sheet, sheet_name, workbook
from loanhub.services._transaction import transaction
from loanhub.services.cockpit._parts import NoSuchNumber
from loanhub.services.cockpit._present import Told, cell_of, tick_of
from loanhub.services.cockpit.drill import XLSX

PICTURE_DPI = 200
PNG, SHEET = "png", "xlsx"
Rows = Sequence[Mapping[str, Any]]
Columns = tuple[tuple[str, str], ...]
FUNNEL: Columns = (("label", "阶段"), ("count", "到达"), ("rate", "转化"), ("overall", "总转化"))
AGEING: Columns = (
    ("code", "账龄"),
    ("note", "天数"),
    ("amount", "余额"),
    ("loans", "笔数"),
    ("share", "占比"),
)
STAGE_TIMES: Columns = (("label", "阶段"), ("time", "停留中位数"), ("moves", "离开"), ("target", "目标"))


@dataclass(frozen=True)
class Table:
    """A panel as it is taken: the texts that are shown, each knowing its number; ``drawn`` is the column drawn as bars."""

    label: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    drawn: int | None = None
    named: int = 0

    def sheet(self, line: str, taken: set[str]) -> Sheet:
        """Return the table as a sheet of numbers, under ``line``; ``taken`` are the names of other sheets."""
        heads = [
            f"{head}（元）" if any(_unit(row[place]) is Unit.FEN for row in self.rows) else head
            for place, head in enumerate(self.heads)
        ]
        return (
            sheet_name(self.label, taken),
            line,
            heads,
            [[cell_of(text) for text in row] for row in self.rows],
        )


@dataclass(frozen=True)
class Given:
    """What a table is of: whose numbers, over which time, taken by whom and when."""

    actor: Actor
    scope: str
    span: str
    now: datetime

    @property
    def line(self) -> str:
        """The line above a sheet."""
        return f"{self.scope} · {self.span} · {self.actor.name} 导出于 {formats.instant(self.now)}"


def table_of(label: str, rows: Rows, columns: Columns, *, drawn: str = "") -> Table:
    """Return rows of a view as a table of these columns (key, head), ``drawn`` the key that is drawn as bars."""
    keys = [key for key, _ in columns]
    named = next((place for place, key in enumerate(keys) if key in ("label", "name", "code")), 0)
    return Table(
        label, tuple(head for _, head in columns), tuple(tuple(row.get(key, "") for key in keys) for row in rows),
        keys.index(drawn) if drawn else None, named,
    )  # fmt: skip


def hand_out(table: Table, form: str, given: Given) -> tuple[int, str]:
    """Write a table (``form`` png or xlsx) to a file only the actor may fetch; return its document's id and name.

    Raises:
        NoSuchNumber: no such form.
    """
    if form not in (PNG, SHEET):
        raise NoSuchNumber
    if form == SHEET:
        content, media = workbook([table.sheet(f"{table.label} · {given.line}", set())]), XLSX
    else:
        content, media = picture(table, given), "image/png"
    actor, now = given.actor, given.now
    name = f"{table.label.replace(' ', '').replace('/', '／')}_{formats.local(now):%Y%m%d-%H%M}.{form}"
    with transaction() as db:
        made = files.store_generated(
            db, actor, content=content, file_name=name, media_type=media, kind=files.EXPORT_KIND,
            label=f"图表：{table.label}"[:60], now=now, owner_id=actor.actor_id, department_id=actor.department_id,
        )  # fmt: skip
        events.record(
            db, actor, "chart.exported", now=now, entity="chart", summary=f"{table.label} · {form.upper()}"
        )
        return made.id or 0, name


def picture(table: Table, given: Given) -> bytes:
    """Return a table as a picture: its bars, and below them every line."""
    facts = (("时间", given.span), ("数据范围", given.scope), ("数据截至", formats.instant(given.now)))
    columns = tuple(Heading(label, "left" if at == 0 else "right") for at, label in enumerate(table.heads))
    part = Part(
        chart=chart_of(table), columns=columns, rows=table.rows, after="" if table.rows else "期内没有数据"
    )
    paper = ReportPaper(
        title=table.label, facts=facts, parts=(part,), company=shell.brand(now=given.now),
        reader=f"{given.actor.name} · {formats.instant(given.now)}", issued_at=given.now,
    )  # fmt: skip
    return page_picture(build(paper), dpi=PICTURE_DPI)


def chart_of(table: Table) -> Chart | None:
    """Return the bars of a table, None where it is not drawn or there is nothing to draw."""
    if table.drawn is None or not table.rows:
        return None
    values = [row[table.drawn] for row in table.rows]
    told = tuple(Fraction(one.value) if isinstance(one, Told) else None for one in values)
    unit = next((found for found in map(_unit, values) if found), Unit.COUNT)
    labels = tuple(row[table.named] for row in table.rows)
    return Chart("horizontal", labels, (Series(table.heads[table.drawn], told),), tick_of(unit))


def _unit(text: str) -> Unit | None:
    return text.unit if isinstance(text, Told) else None
