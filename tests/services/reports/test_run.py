"""The figures of reports against SQL, their records, their file; conditions, scope and totals."""

from __future__ import annotations

import io
import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.analytics.measures import How, measures
from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.regions import province_of
from loanhub.domain.reports import SPANS, ReportTable
from loanhub.services import exports, reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.reports import _conditions, _periods
from loanhub.services.reports._known import GROUPS, specs
from tests.analytics.random_book import fill
from tests.analytics.truth import TRUTH
from tests.builders import NOON, TODAY, bare_actor, make_company, make_user
from tests.copies import made_once

ALL_TIME = {"code": "custom", "first": "2026-01-01", "last": TODAY.isoformat()}
LENT = "mode = 'own' AND disbursed_date IS NOT NULL AND status <> 'pending'"
SQL = {
    "disbursed_amount": ("loan", "principal_fen", "disbursed_date", LENT),
    "disbursed_count": ("loan", "1", "disbursed_date", LENT),
    "new_customers": ("customer", "1", "created_at", "deleted_at IS NULL"),
    "new_leads": ("lead", "1", "created_at", "deleted_at IS NULL"),
    "channel_cost": ("lead", "cost_fen", "created_at", "deleted_at IS NULL"),
    "application_count": ("application", "1", "submitted_at", "submitted_at IS NOT NULL"),
}  # fmt: skip
COLUMNS = {
    "channel": "channel_code", "product": "product_code", "owner": "owner_id", "department": "department_id",
    "city": "city", "status": "status", "grade": "risk_grade",
}  # fmt: skip
BY = {
    "disbursed_amount": ("channel", "product", "owner", "department", "day", "month", "quarter", "week", "year"),
    "disbursed_count": ("channel", "product", "owner", "department", "month"),
    "new_customers": ("channel", "owner", "department", "city", "province", "month", "week"),
    "new_leads": ("channel", "product", "owner", "department", "city", "province", "status", "month"),
    "channel_cost": ("channel", "product", "owner", "city", "status", "quarter"),
    "application_count": ("product", "owner", "department", "grade", "month"),
}  # fmt: skip


@pytest.fixture
def firm(database: Engine) -> dict[str, Actor]:
    return made_once("firm of run", _firm)


def _firm() -> dict[str, Actor]:
    make_company()
    people = {
        "first": make_user(RoleCode.SALES, name="林若溪"),
        "second": make_user(RoleCode.SALES, team="华东二组", name="周子昂"),
        "lead": make_user(RoleCode.TEAM_LEAD),
        "manager": make_user(RoleCode.MANAGER, team="上海分公司"),
    }
    fill([people["first"], people["second"]])
    return people


def span(code: str, day: date) -> date:
    """Return the first day of a span, by hand."""
    if code == "week":
        return day - timedelta(days=day.weekday())
    if code == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[code]


def truth(code: str, dimensions: tuple[str, ...], first: date, last: date) -> dict[tuple[str, ...], int]:
    """Return a measure by group with nothing but SQL rows and a dictionary."""
    table, value, day, where = SQL[code]
    wanted = ["city" if one == "province" else COLUMNS[one] for one in dimensions if one not in SPANS]
    chosen = ", ".join([f"{value} AS part", f"{day} AS moment", *dict.fromkeys(wanted)])
    with reading() as db:
        rows = db.execute(sa.text(f"SELECT {chosen} FROM {table} WHERE {where}")).mappings().all()
    found: dict[tuple[str, ...], int] = defaultdict(int)
    for row in rows:
        on = local_day(row["moment"])
        if not first <= on <= last:
            continue
        key = []
        for one in dimensions:
            if one in SPANS:
                key.append(f"={span(one, on)}")
            elif one == "province":
                key.append(f"={province_of(row['city'])}")
            else:
                cell = row[COLUMNS[one]]
                key.append(f"={'' if cell is None else cell}")
        found[tuple(key)] += row["part"]
    return dict(found)


def local_day(value: Any) -> date:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    text = str(value)
    if len(text) <= 10:
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("UTC"))
    return aware.astimezone(ZoneInfo("Asia/Shanghai")).date()


def figures(table: ReportTable, code: str) -> dict[tuple[str, ...], Any]:
    place = next(i for i, one in enumerate(table.columns) if one.code == code)
    return {key: row[place] for key, row in zip(table.keys, table.rows, strict=True)}


def total(table: ReportTable, code: str) -> Any:
    return table.totals[next(i for i, one in enumerate(table.columns) if one.code == code)]


class TestAgainstSql:
    @pytest.mark.parametrize("seed", range(12))
    def test_random_definitions_give_what_sql_gives(self, firm: dict[str, Actor], seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(6):
            code = dice.choice(list(SQL))
            dimensions = tuple(dice.sample(BY[code], dice.randint(1, min(3, len(BY[code])))))
            first = TODAY - timedelta(days=dice.randrange(10, 150))
            last = first + timedelta(days=dice.randrange(0, 160))
            raw = {"measures": [code], "rows": list(dimensions),
                   "period": {"code": "custom", "first": first.isoformat(), "last": last.isoformat()}}  # fmt: skip

            table = reports.answer(firm["manager"], raw, now=NOON)

            expected = truth(code, dimensions, first, last)
            shown = figures(table, code)
            assert {key: value for key, value in shown.items() if value or key in expected} == expected
            assert total(table, code) == sum(expected.values())

    @pytest.mark.parametrize("seed", range(4))
    def test_a_pivot_adds_up_both_ways(self, firm: dict[str, Actor], seed: int) -> None:
        dice = random.Random(100 + seed)
        code = dice.choice(list(SQL))
        row, column = dice.sample(BY[code], 2)
        raw = {"measures": [code], "rows": [row], "columns": [column], "period": ALL_TIME}

        table = reports.answer(firm["manager"], raw, now=NOON)

        expected = truth(code, (row, column), date(2026, 1, 1), TODAY)
        for place, one in enumerate(table.columns):
            if one.kind == "dimension":
                continue
            for key, cells in zip(table.keys, table.rows, strict=True):
                if one.key:
                    assert cells[place] == expected.get((key[0], one.key), 0)
                else:
                    assert cells[place] == sum(v for (r, _), v in expected.items() if r == key[0])
            down = sum(v for (_, c), v in expected.items() if not one.key or c == one.key)
            assert table.totals[place] == down

    def test_every_measure_without_rows_is_the_cockpits_number(self, firm: dict[str, Actor]) -> None:
        window, _ = _periods.windows(_days("quarter"), TODAY)
        for code in measures():
            table = reports.answer(
                firm["manager"], {"measures": [code], "period": {"code": "quarter"}}, now=NOON
            )

            assert table.totals == (TRUTH[code](window),), code
            assert table.rows == ()


def _days(code: str) -> Any:
    from loanhub.domain.reports import Days, Period

    return Days(Period(code))


class TestTotals:
    def test_a_rate_is_the_measure_over_all_and_not_a_sum(self, firm: dict[str, Actor]) -> None:
        raw = {"measures": ["lead_conversion", "new_leads"], "rows": ["channel"], "period": ALL_TIME}
        table = reports.answer(firm["manager"], raw, now=NOON)
        rates, counts = figures(table, "lead_conversion"), figures(table, "new_leads")

        weighed = sum(rate * counts[key] for key, rate in rates.items())

        assert total(table, "lead_conversion") == Fraction(weighed, sum(counts.values()))

    def test_the_rest_is_folded_into_one_row_and_the_totals_stay(self, firm: dict[str, Actor]) -> None:
        raw = {
            "measures": ["new_leads", "lead_conversion", "stage_hours"][:2],
            "rows": ["city"],
            "period": ALL_TIME,
        }
        whole = reports.answer(firm["manager"], raw, now=NOON)
        few = reports.answer(firm["manager"], {**raw, "top": 2}, now=NOON)

        counts = figures(whole, "new_leads")
        best = sorted(counts.values(), reverse=True)
        assert [row[1] for row in few.rows] == [best[0], best[1], sum(best[2:])]
        assert few.keys[-1] == ("*",) and few.rows[-1][0] == "其他"
        assert few.totals == whole.totals

    def test_a_median_of_the_rest_is_the_median_of_its_records(self, firm: dict[str, Actor]) -> None:
        raw = {"measures": ["approval_hours_median"], "rows": ["product"], "period": ALL_TIME, "top": 1}
        table = reports.answer(firm["manager"], raw, now=NOON)

        opened = reports.drill(firm["manager"], raw, row=("*",), column="approval_hours_median", now=NOON)

        assert reports.text_of(table.columns[1], table.rows[1][1]) == f"{opened.figure} {opened.unit}"


class TestRecords:
    def test_every_figure_is_its_list_and_their_file(self, firm: dict[str, Actor]) -> None:
        manager = firm["manager"]
        for raw in (
            {"measures": ["disbursed_amount", "average_ticket"], "rows": ["channel", "product"], "top": 3},
            {"measures": ["new_leads", "lead_conversion"], "rows": ["owner"], "columns": ["status"]},
            {"measures": ["collected_amount"], "rows": ["month"], "columns": ["product"]},
            {"measures": ["overdue_rate", "outstanding_principal"], "rows": ["bucket"]},
            {"measures": ["stage_hours"], "rows": ["stage"]},
        ):
            raw = {**raw, "period": ALL_TIME}
            table = reports.answer(manager, raw, now=NOON)
            for key, cells in zip((*table.keys, ()), (*table.rows, table.totals), strict=True):
                for column, cell in zip(table.columns, cells, strict=True):
                    if column.kind == "dimension":
                        continue
                    opened = reports.drill(manager, raw, row=key, column=column.code, now=NOON)
                    shown = f"{opened.prefix}{opened.figure}{'' if opened.unit in ('', '%') else ' '}{opened.unit}"
                    assert shown == reports.text_of(column, cell), (raw, key, column.code)
                    if measures()[column.measure].how is How.SUM and column.unit == "count":
                        assert opened.count == cell

    def test_the_file_holds_what_the_table_holds(self, firm: dict[str, Actor]) -> None:
        raw = {"measures": ["disbursed_amount", "disbursed_count"], "rows": ["channel"], "period": ALL_TIME}
        table = reports.answer(firm["manager"], raw, title="渠道", now=NOON)
        sheet = openpyxl.load_workbook(io.BytesIO(reports.workbook_of(table, by="顾明", now=NOON))).active

        lines = list(sheet.iter_rows(min_row=3, values_only=True))

        assert [round(line[1] * 100) for line in lines] == [*(row[1] for row in table.rows), table.totals[1]]
        assert [line[2] for line in lines] == [*(row[2] for row in table.rows), table.totals[2]]
        assert lines[-1][0] == "合计" and "范围：全公司" in sheet["A1"].value

    def test_comparing_shows_the_stretch_before(self, firm: dict[str, Actor]) -> None:
        raw = {"measures": ["disbursed_amount", "lead_conversion"], "rows": ["product"], "period": {"code": "last_30_days"},
               "compare": "before"}  # fmt: skip
        table = reports.answer(firm["manager"], raw, now=NOON)
        first = TODAY - timedelta(days=29)
        now = truth("disbursed_amount", ("product",), first, TODAY)
        then = truth("disbursed_amount", ("product",), first - timedelta(days=30), first - timedelta(days=1))

        assert Counter(figures(table, "disbursed_amount:before")) == Counter(then)
        for key, change in figures(table, "disbursed_amount:change").items():
            before = then.get(key, 0)
            assert change == (Fraction(now.get(key, 0) - before, before) if before else None)


class TestConditions:
    @pytest.mark.parametrize(
        ("entity", "tree"),
        [
            ("loan", {"field": "dpd", "op": "gt", "value": 0}),
            ("loan", {"field": "product_code", "op": "eq", "value": "payroll"}),
            ("loan", {"not": {"field": "product_code", "op": "in", "value": ["payroll"]}}),
            ("loan", {"field": "disbursed_date", "op": "gte", "value": "2026-10-01"}),
            ("lead", {"any": [{"field": "city", "op": "eq", "value": "上海"}, {"field": "cost_fen", "op": "gt", "value": 1000}]}),
            ("lead", {"field": "city", "op": "is_empty"}),
            ("customer", {"field": "city", "op": "ne", "value": "杭州"}),
            ("application", {"field": "risk_grade", "op": "lte", "value": 2}),
        ],
    )  # fmt: skip
    def test_the_book_judges_as_the_database_does(
        self, firm: dict[str, Actor], monkeypatch: pytest.MonkeyPatch, entity: str, tree: dict[str, Any]
    ) -> None:
        measure = {"loan": "disbursed_amount", "lead": "new_leads", "customer": "new_customers", "application": "application_count"}[entity]  # fmt: skip
        raw = {"measures": [measure], "rows": ["owner"], "criteria": {entity: tree}, "period": ALL_TIME}
        try:
            fast = reports.answer(firm["manager"], raw, now=NOON)
        except InvalidInput as refusal:
            pytest.fail(f"{refusal.fields}")
        monkeypatch.setattr(_conditions, "in_book", lambda *_: False)
        monkeypatch.setattr("loanhub.services.reports.answering.keeper", _fresh)

        slow = reports.answer(firm["manager"], raw, now=NOON)

        assert (fast.rows, fast.totals) == (slow.rows, slow.totals)
        assert (
            0
            < fast.totals[1]
            < total(reports.answer(firm["manager"], {**raw, "criteria": {}}, now=NOON), measure)
        )

    def test_what_the_book_lacks_is_asked_of_the_database(self, firm: dict[str, Actor]) -> None:
        raw = {
            "measures": ["new_leads"],
            "criteria": {"lead": {"field": "number", "op": "eq", "value": "L00003"}},
            "period": ALL_TIME,
        }

        table = reports.answer(firm["manager"], raw, now=NOON)

        assert table.totals == (1,) and "线索：" in table.note

    def test_a_condition_on_loans_holds_for_their_repayments(self, firm: dict[str, Actor]) -> None:
        raw = {"measures": ["collected_amount"], "period": ALL_TIME,
               "criteria": {"loan": {"field": "product_code", "op": "eq", "value": "payroll"}}}  # fmt: skip
        narrow = reports.answer(firm["manager"], raw, now=NOON)
        by = reports.answer(firm["manager"], {**raw, "criteria": {}, "rows": ["product"]}, now=NOON)

        assert narrow.totals[0] == figures(by, "collected_amount")[("=payroll",)]

    def test_a_field_hidden_from_the_reader_cannot_be_asked_about(self, firm: dict[str, Actor]) -> None:
        raw = {
            "measures": ["new_leads"],
            "criteria": {"lead": {"field": "nothing_such", "op": "eq", "value": 1}},
        }

        with pytest.raises(InvalidInput) as refused:
            reports.answer(firm["manager"], raw, now=NOON)

        assert refused.value.fields["criteria"].startswith("线索的条件：")


def _fresh() -> Any:
    from loanhub.services._transaction import engine
    from loanhub.services.cockpit.keeper import Keeper

    return Keeper(engine())


class TestScope:
    def test_each_reader_sees_the_own_part(self, firm: dict[str, Actor]) -> None:
        raw = {"measures": ["disbursed_amount"], "rows": ["owner"], "period": ALL_TIME}
        whole = figures(reports.answer(firm["manager"], raw, now=NOON), "disbursed_amount")
        team = reports.answer(firm["lead"], raw, now=NOON)

        mine = (f"={firm['first'].user_id}",)
        assert figures(team, "disbursed_amount") == {mine: whole[mine]}
        assert "范围：全公司" not in team.note

    @pytest.mark.parametrize("role", [RoleCode.ADMIN, RoleCode.SECURITY_ADMIN, RoleCode.CONTRACTS])
    def test_who_has_no_figures_opens_none(self, sqlite_database: Engine, role: RoleCode) -> None:
        make_company()

        with pytest.raises(NotPermitted):
            reports.run(bare_actor(role), "channel_quality", now=NOON)

    def test_who_has_figures_alone_opens_what_is_shared_but_asks_nothing_new(
        self, firm: dict[str, Actor]
    ) -> None:
        sales = firm["first"]
        assert reports.run(sales, "monthly_lending", now=NOON).rows
        assert reports.drill(sales, "monthly_lending", row=(), column="disbursed_count", now=NOON).count

        with pytest.raises(NotPermitted):
            reports.answer(sales, {"measures": ["new_leads"]}, now=NOON)
        with pytest.raises(NotPermitted):
            reports.drill(sales, {"measures": ["new_leads"]}, row=(), column="new_leads", now=NOON)
        with pytest.raises(NotPermitted):
            exports.ask(sales, "report", {"source": "monthly_lending"}, now=NOON)


class TestReady:
    def test_each_runs_and_shows_something(self, firm: dict[str, Actor]) -> None:
        for key in reports.READY:
            table = reports.run(firm["manager"], key, now=NOON)

            assert table.rows, key
            assert table.title == reports.READY[key].name

    def test_every_measure_stands_in_one_group(self) -> None:
        codes = [code for _, group in GROUPS for code in group]
        assert sorted(codes) == sorted(specs()) == sorted(set(codes))
