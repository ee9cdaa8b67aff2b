"""A report as a file: the paper says what the page says, the workbook calculates with what the paper says."""

from __future__ import annotations

import io
import zipfile
from fractions import Fraction

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.reports import ChartKind, ReportTable
from loanhub.models import Event
from loanhub.services import files, reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.report_boards import edit as boards
from loanhub.services.report_delivery._tables import chart_of
from loanhub.services.report_delivery.take import take
from tests.analytics.random_book import fill
from tests.builders import NOON, bare_actor, make_company, make_user
from tests.copies import made_once

PIVOT = {
    "measures": ["disbursed_amount"], "rows": ["product"], "columns": ["month"], "period": {"code": "last_12_months"},
    "chart": "stacked",
}  # fmt: skip
MIXED = {
    "measures": ["disbursed_amount", "approval_rate", "new_leads"], "period": {"code": "year"}, "compare": "before",
}  # fmt: skip


@pytest.fixture
def people(sqlite_database: Engine) -> dict[str, Actor]:
    return made_once("people of take", _people)


def _people() -> dict[str, Actor]:
    make_company()
    found = {
        role.value: make_user(role, name=f"甲{role.value}")
        for role in (RoleCode.MANAGER, RoleCode.SALES, RoleCode.TEAM_LEAD)
    }
    fill([found["sales"], make_user(RoleCode.SALES, team="华东二组", name="周子昂")], leads=120)
    return found


def content(actor: Actor, document_id: int) -> bytes:
    _, pieces = files.open_file(actor, document_id=document_id, now=NOON)
    return b"".join(pieces)


def paper(actor: Actor, target: str) -> str:
    number, name = take(actor, target=target, form="pdf", now=NOON)
    assert name.endswith(".pdf")
    pages = PdfReader(io.BytesIO(content(actor, number))).pages
    return "".join(page.extract_text() for page in pages).replace(" ", "").replace("\n", "")


def book(actor: Actor, target: str) -> list[list[list[object]]]:
    number, _ = take(actor, target=target, form="xlsx", now=NOON)
    found = CalamineWorkbook.from_filelike(io.BytesIO(content(actor, number)))
    return [found.get_sheet_by_index(place).to_python() for place in range(len(found.sheet_names))]


def made(actor: Actor, definition: dict[str, object], name: str = "各产品月度放款") -> str:
    return str(reports.create(actor, name=name, definition=definition, key="", now=NOON))


def said(table: ReportTable) -> list[str]:
    cells = [reports.text_of(column, cell) for row in (*table.rows, table.totals)
             for column, cell in zip(table.columns, row, strict=True)]  # fmt: skip
    return [one.replace(" ", "") for one in cells if one]


class TestPaper:
    @pytest.mark.parametrize("definition", [PIVOT, MIXED], ids=["pivot", "compared"])
    def test_says_every_cell_of_the_table_and_what_it_was_asked(
        self, people: dict[str, Actor], definition: dict[str, object]
    ) -> None:
        manager = people["manager"]
        key = made(manager, definition)
        table = reports.run(manager, key, now=NOON)

        text = paper(manager, f"report:{key}")

        assert len(said(table)) >= 3
        assert [one for one in said(table) if one not in text] == []
        assert "各产品月度放款" in text and "全公司" in text and "数据截至" in text
        assert manager.name.replace(" ", "") in text

    @pytest.mark.parametrize("key", list(reports.READY))
    def test_every_ready_report_can_be_printed(self, people: dict[str, Actor], key: str) -> None:
        table = reports.run(people["manager"], key, now=NOON)

        text = paper(people["manager"], f"report:{key}")

        assert [one for one in said(table) if one not in text] == []

    def test_a_stack_is_made_of_its_columns_and_not_of_their_total_too(
        self, people: dict[str, Actor]
    ) -> None:
        table = reports.run(people["manager"], made(people["manager"], PIVOT), now=NOON)

        drawn = chart_of(table, ChartKind.STACKED)

        assert drawn is not None and "合计" not in [one.name for one in drawn.series]
        assert sum(value or 0 for one in drawn.series for value in one.values) == table.totals[-1]

    def test_shows_each_reader_their_own_scope(self, people: dict[str, Actor]) -> None:
        whole, own = (reports.run(people[one], "monthly_lending", now=NOON) for one in ("manager", "sales"))

        assert whole.totals != own.totals
        assert said(own)[-2] in paper(people["sales"], "report:monthly_lending")


class TestWorkbook:
    def test_holds_numbers_one_can_calculate_with(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        key = made(manager, MIXED)
        table = reports.run(manager, key, now=NOON)

        sheet = book(manager, f"report:{key}")[0]

        head, row = sheet[1], sheet[2]
        assert "（元）" in str(head[0])
        for column, cell, found in zip(table.columns, table.totals, row, strict=True):
            if cell is None:
                assert found == ""
                continue
            assert isinstance(cell, (int, Fraction))
            scale = Fraction(1, 100) if column.unit == "fen" else 100 if column.unit == "points" else 1
            assert isinstance(found, (int, float))
            assert abs(float(cell * scale) - found) < 1e-6, column.code

    def test_formats_say_money_and_percent(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        number, _ = take(manager, target=f"report:{made(manager, MIXED)}", form="xlsx", now=NOON)

        styles = zipfile.ZipFile(io.BytesIO(content(manager, number))).read("xl/styles.xml").decode()

        assert 'formatCode="#,##0.00"' in styles and 'formatCode="0.00%"' in styles

    def test_a_pivot_sums_to_its_last_line(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]

        sheet = book(manager, f"report:{made(manager, PIVOT)}")[0]

        rows, total = sheet[2:-1], sheet[-1]
        assert total[0] == "合计" and rows
        for place in range(1, len(total)):
            assert abs(sum(float(row[place] or 0) for row in rows) - float(total[place] or 0)) < 0.005


class TestBoard:
    def test_is_one_paper_and_a_sheet_a_tile(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        number = boards.create(manager, name="早会看板", now=NOON)
        version = 1
        for source, key, show in (("measure", "new_leads", "number"), ("report", "monthly_lending", "chart"),
                                  ("report", "channel_quality", "table")):  # fmt: skip
            version = boards.put(
                manager, board_id=number, version=version, source=source, key=key, show=show, now=NOON
            )

        text, sheets = paper(manager, f"board:{number}"), book(manager, f"board:{number}")

        assert "早会看板" in text and "放款月报" in text and "渠道质量" in text and "新增线索" in text
        assert len(sheets) == 3


class TestRights:
    def test_a_file_is_its_takers_alone_and_the_taking_is_recorded(self, people: dict[str, Actor]) -> None:
        number, _ = take(people["manager"], target="report:region", form="pdf", now=NOON)

        with pytest.raises(NotFound):
            content(people["team_lead"], number)
        with reading() as db:
            kinds = (
                db.execute(sa.select(col(Event.type)).where(col(Event.type) == "report.taken"))
                .scalars()
                .all()
            )
        assert len(kinds) == 1

    def test_nothing_of_anothers_private_report(self, people: dict[str, Actor]) -> None:
        key = made(people["manager"], PIVOT)

        with pytest.raises(NotFound):
            take(people["team_lead"], target=f"report:{key}", form="pdf", now=NOON)

    @pytest.mark.parametrize(
        "target", ["", "report:", "report:x", "board:", "board:９", "board:99", "else:1"]
    )
    def test_refuses_what_there_is_not(self, people: dict[str, Actor], target: str) -> None:
        with pytest.raises(NotFound):
            take(people["manager"], target=target, form="pdf", now=NOON)

    def test_refuses_another_form_and_who_reads_no_reports(self, people: dict[str, Actor]) -> None:
        with pytest.raises(InvalidInput):
            take(people["manager"], target="report:region", form="docx", now=NOON)
        with pytest.raises(NotPermitted):
            take(bare_actor(RoleCode.ADMIN), target="report:region", form="pdf", now=NOON)
