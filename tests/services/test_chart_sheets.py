"""The numbers behind the charts of the LPR and of a segment: all of them, exact, for who may see them."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import SegmentCount
from loanhub.services import chart_sheets, files, rates, segments
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from tests.builders import NOON, TODAY, make_company, make_user


@pytest.fixture(autouse=True)
def firm(sqlite_database: Engine) -> None:
    make_company()


def rows_of(actor: Actor, document_id: int) -> list[tuple[Any, ...]]:
    _, pieces = files.open_file(actor, document_id=document_id, now=NOON)
    (sheet,) = openpyxl.load_workbook(io.BytesIO(b"".join(pieces))).worksheets
    return list(sheet.iter_rows(min_row=3, values_only=True))


def test_the_lpr_as_it_came_into_force() -> None:
    finance = make_user(RoleCode.FINANCE)

    number, name = chart_sheets.lpr(finance, now=NOON)

    rows = rows_of(finance, number)
    known = [one for one in rates.list_lpr(finance, now=NOON) if one.state in ("in_force", "past")]
    assert name.startswith("LPR 走势_") and len(rows) == len(known) > 10
    assert [row[1] for row in rows] == [float(one.one_year_rate) for one in reversed(known)]
    with pytest.raises(NotPermitted):
        chart_sheets.lpr(make_user(RoleCode.SALES), now=NOON)


def test_a_segments_counts_for_who_sees_every_customer() -> None:
    manager = make_user(RoleCode.MANAGER, team="上海分公司")
    condition = {"all": [{"field": "city", "op": "eq", "value": "上海"}]}
    number = segments.create(manager, name="上海客户", raw_criteria=condition, shared="all", now=NOON)
    auditor = make_user(RoleCode.AUDITOR)
    with pytest.raises(InvalidInput):
        chart_sheets.segment(auditor, number, now=NOON)
    with transaction() as db:
        for back, members in ((2, 4), (1, 6)):
            db.add(
                SegmentCount(
                    segment_id=number,
                    day=TODAY - timedelta(days=back),
                    members=members,
                    criteria_version=1,
                    counted_at=NOON,
                )
            )

    file, _ = chart_sheets.segment(auditor, number, now=NOON)

    assert [row[1] for row in rows_of(auditor, file)] == [4, 6]
    with pytest.raises(NotPermitted):
        chart_sheets.segment(make_user(RoleCode.SALES), number, now=NOON)
