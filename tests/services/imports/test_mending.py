"""A faulty cell corrected in the preview: imported as typed, kept apart from the file, and only while nothing has begun."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.models import ImportRow
from loanhub.services._transaction import reading
from loanhub.services.imports import prepare, preview, result, run
from loanhub.services.imports.mend import mend
from tests.builders import make_company, make_phone, make_user
from tests.services.imports.test_imports import import_events, imported, prepared, stored_leads, workbook

NOW = datetime(2026, 5, 21, 2, 0, tzinfo=UTC)
HEAD = ("姓名", "手机号", "意向金额(万)")


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company(NOW)


def test_a_corrected_cell_is_imported_and_the_others_stay_as_they_were() -> None:
    rep, phone = make_user(RoleCode.SALES), make_phone()
    batch = prepared(rep, workbook(HEAD, ("孙立", "1380013", 30), ("李明", make_phone(), "很多")))
    (refused, unclear) = preview.preview(rep, batch_id=batch, now=NOW).faulty
    assert (refused.row, refused.header, refused.value, refused.kind) == (2, "手机号", "1380013", "refused")
    assert (unclear.row, unclear.header, unclear.kind) == (3, "意向金额(万)", "warning")

    found = mend(rep, batch_id=batch, row_number=2, place=refused.place, text=f" {phone} ", now=NOW)

    assert (found.standing, found.cells) == ("fresh", ())
    shown = preview.preview(rep, batch_id=batch, now=NOW)
    assert (shown.counts["refused"], shown.counts["wanted"]) == (0, 2)
    prepare.set_options(rep, batch_id=batch, raw={"duplicates": "skip"})
    run.start(rep, batch_id=batch, now=NOW)
    run.run(rep, batch_id=batch, clock=lambda: NOW, chunk_rows=1)
    assert next((one.name, one.phone, one.amount_fen) for one in stored_leads()) == (
        "孙立",
        f"+86{phone}",
        30_000_000,
    )
    with reading() as db:
        rows = list(db.execute(sa.select(ImportRow).order_by(col(ImportRow.row_number))).scalars())
        raw = db.execute(sa.text("select raw from import_row where row_number = 2")).scalar_one()
    assert [one.outcome for one in rows] == ["ok", "warning"]
    assert rows[0].issues[-1]["sentence"] == "导入前在预览里改过"
    assert phone not in raw


def test_a_row_still_refused_says_why_and_a_known_person_is_told() -> None:
    rep, phone = make_user(RoleCode.SALES), make_phone()
    imported(rep, workbook(HEAD, ("孙立", phone, 30)))
    batch = prepared(rep, workbook(HEAD, ("孙立", "138", 30)))

    still = mend(rep, batch_id=batch, row_number=2, place=1, text="139", now=NOW)
    known = mend(rep, batch_id=batch, row_number=2, place=1, text=phone, now=NOW)

    assert still.standing == "refused" and still.cells[0].value == "139"
    assert known.standing == "known" and "跟进" in known.sentence


def test_what_goes_on_after_a_stop_reads_the_corrected_cells() -> None:
    rep, phone = make_user(RoleCode.SALES), make_phone()
    batch = prepared(rep, workbook(HEAD, ("孙立", "138", 30), ("李明", make_phone(), 1), ("孙立", phone, 30)))
    mend(rep, batch_id=batch, row_number=2, place=1, text=phone, now=NOW)
    run.start(rep, batch_id=batch, now=NOW)

    class Killed(Exception):
        pass

    def killed(_progress: run.Progress) -> None:
        raise Killed

    with pytest.raises(Killed):
        run.run(rep, batch_id=batch, clock=lambda: NOW, chunk_rows=1, on_progress=killed)
    run.run(rep, batch_id=batch, clock=lambda: NOW.replace(hour=3), chunk_rows=1)

    assert [one.name for one in stored_leads()] == ["孙立", "李明"]
    assert result.show(rep, batch_id=batch, now=NOW).groups["duplicate"] == 1


def test_nothing_is_corrected_in_what_is_not_there_or_has_begun() -> None:
    rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
    batch = prepared(rep, workbook(HEAD, ("孙立", "138", 30), ("李明", make_phone(), 1)))
    for actor, row, place in ((other, 2, 1), (rep, 9, 1), (rep, 2, 3), (rep, 2, -1)):
        with pytest.raises(NotFound):
            mend(actor, batch_id=batch, row_number=row, place=place, text="1", now=NOW)
    with pytest.raises(InvalidInput):
        mend(rep, batch_id=batch, row_number=2, place=1, text="1" * 2_001, now=NOW)
    run.start(rep, batch_id=batch, now=NOW)
    with pytest.raises(Conflict):
        mend(rep, batch_id=batch, row_number=2, place=1, text=make_phone(), now=NOW)


def test_each_correction_is_one_event_that_names_the_cell_and_not_what_it_says() -> None:
    rep, phone = make_user(RoleCode.SALES), make_phone()
    batch = prepared(rep, workbook(HEAD, ("孙立", "138", 30), ("李明", make_phone(), 1)), owner="pool")
    mend(rep, batch_id=batch, row_number=2, place=1, text=phone, now=NOW)
    with pytest.raises(InvalidInput):
        mend(rep, batch_id=batch, row_number=2, place=1, text="9" * 100_000, now=NOW)
    prepare.leave_out(rep, batch_id=batch, row_number=3, out=True, now=NOW)
    run.start(rep, batch_id=batch, now=NOW)

    mended, left_out, started = import_events(batch)

    assert (mended.type, mended.summary) == ("leads.import_mended", "名单.xlsx，第 2 行「手机号」")
    assert phone not in f"{mended.before}{mended.after}"
    assert left_out.type == "leads.import_left_out"
    assert started.after["改过的行"] == "1 行：2" and started.after["不带的行"] == "1 行：3"
    assert started.after["归属"] == "放入公海" and "手机号→手机号" in str(started.after["列"])
    assert started.after["名单来源"] == "已确认合规、已取得客户授权"
