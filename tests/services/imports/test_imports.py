"""Import of leads: the sample file end to end, duplicates, undo, resuming, hostile files."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, ImportRow, Lead, LeadTouch, SearchToken
from loanhub.services import events, files, leads, search
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.imports import UnreadableTable, prepare, preview, result, run
from loanhub.services.imports._sheet import read_sheet
from tests.builders import bare_actor, make_company, make_id_number, make_phone, make_user

SAMPLE = Path(__file__).parents[3] / "samples" / "leads.xlsx"
NOW = datetime(2026, 5, 21, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company(NOW)


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def prepared(actor: Actor, content: bytes, *, name: str = "名单.xlsx", **options: object) -> int:
    stored = files.upload(actor, source=io.BytesIO(content), file_name=name, kind=files.IMPORT_KIND, now=NOW)
    batch_id = prepare.create(actor, file_id=stored.id, now=NOW)
    prepare.set_options(actor, batch_id=batch_id, raw={"consent": True, **options})
    return batch_id


def imported(actor: Actor, content: bytes, *, name: str = "名单.xlsx", **options: object) -> int:
    batch_id = prepared(actor, content, name=name, **options)
    run.start(actor, batch_id=batch_id, now=NOW)
    run.run(actor, batch_id=batch_id, clock=lambda: NOW)
    return batch_id


def import_events(batch_id: int) -> list[Event]:
    with reading() as db:
        query = sa.select(Event).where(col(Event.entity) == "import", col(Event.entity_id) == batch_id)
        return list(db.execute(query.order_by(col(Event.id))).scalars())


def stored_leads() -> list[Lead]:
    with reading() as db:
        query = sa.select(Lead).where(col(Lead.deleted_at).is_(None)).order_by(col(Lead.id))
        return list(db.execute(query).scalars())


class TestSample:
    def test_ends_as_the_readme_says(self) -> None:
        rep = make_user(RoleCode.SALES)

        batch_id = imported(rep, SAMPLE.read_bytes(), name="leads.xlsx")

        shown = result.show(rep, batch_id=batch_id, now=NOW)
        assert (shown.status, shown.row_count, shown.created) == ("done", 500, 436)
        assert (shown.groups["refused"], shown.groups["duplicate"]) == (24, 40)
        numbers = [lead.number for lead in stored_leads()]
        assert numbers == [f"L20260521{n:03d}" for n in range(1, 437)]

    def test_leads_are_like_those_made_by_hand(self) -> None:
        rep = make_user(RoleCode.SALES)
        imported(rep, SAMPLE.read_bytes(), name="leads.xlsx")

        with reading() as db:
            rows = list(db.execute(sa.select(Lead).order_by(col(Lead.id))).scalars())
            types = db.execute(sa.select(col(Event.type), sa.func.count()).group_by(col(Event.type))).all()
            tokens = db.execute(sa.select(sa.func.count(col(SearchToken.entity_id).distinct()))).scalar_one()
            clear = db.execute(sa.text("select phone from lead limit 1")).scalar_one()
        assert {(lead.owner_id, lead.stage_code, lead.status.value) for lead in rows} == {
            (rep.user_id, "lead", "waiting")
        }
        assert [lead.rank for lead in rows] == sorted({lead.rank for lead in rows})
        counts = dict(tuple(t) for t in types)
        assert (counts["lead.imported"], counts["leads.import_started"], counts["leads.import_finished"]) == (
            436,
            1,
            1,
        )
        assert tokens == 436
        assert "154" not in clear[:8]
        assert search.find(rep, rows[0].name)

    def test_preview_says_the_same_and_writes_nothing(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = prepared(rep, SAMPLE.read_bytes(), name="leads.xlsx")

        shown = preview.preview(rep, batch_id=batch_id, now=NOW)

        assert (shown.counts["wanted"], shown.counts["refused"], shown.counts["repeats"]) == (436, 24, 40)
        assert stored_leads() == []
        assert not any(len(digits) > 8 for row in shown.rows for digits in row.cells if digits.isdigit())

    def test_a_second_import_touches_the_known_and_creates_none(self) -> None:
        rep = make_user(RoleCode.SALES)
        imported(rep, SAMPLE.read_bytes(), name="leads.xlsx")

        again = imported(rep, SAMPLE.read_bytes(), name="leads.xlsx")

        shown = result.show(rep, batch_id=again, now=NOW)
        assert (shown.created, shown.groups["duplicate"], shown.groups["refused"]) == (0, 476, 24)
        assert len(stored_leads()) == 436
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(LeadTouch)).scalar_one() == 436


class TestPermission:
    @pytest.mark.parametrize("role", [RoleCode.MANAGER, RoleCode.FINANCE, RoleCode.ADMIN, RoleCode.AUDITOR])
    def test_others_may_not_import(self, role: RoleCode) -> None:
        with pytest.raises(NotPermitted):
            result.list_recent(bare_actor(role), now=NOW)

    def test_the_batch_of_another_is_not_found(self) -> None:
        batch_id = prepared(make_user(RoleCode.SALES), workbook(("姓名", "手机号"), ("孙立", make_phone())))
        other = make_user(RoleCode.SALES)

        for step in (
            lambda: prepare.show(other, batch_id=batch_id),
            lambda: preview.preview(other, batch_id=batch_id, now=NOW),
            lambda: run.start(other, batch_id=batch_id, now=NOW),
            lambda: run.cancel(other, batch_id=batch_id),
            lambda: result.undo(other, batch_id=batch_id, now=NOW),
            lambda: result.refused_workbook(other, batch_id=batch_id, now=NOW),
        ):
            with pytest.raises(NotFound):
                step()

    def test_only_who_may_assign_shares_out(self) -> None:
        rep, lead = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        content = workbook(("姓名", "手机号"), *[("孙立", make_phone()) for _ in range(4)])
        with pytest.raises(NotPermitted):
            prepared(rep, content, owner="team")
        second = make_user(RoleCode.SALES)

        imported(lead, content, owner="team")

        owners = [one.owner_id for one in stored_leads()]
        assert owners == [rep.user_id, second.user_id] * 2

    def test_a_new_field_needs_the_right_to_make_fields(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = prepared(rep, workbook(("姓名", "手机号", "微信昵称"), ("孙立", make_phone(), "老孙")))
        with pytest.raises(NotPermitted):
            prepare.set_mapping(rep, batch_id=batch_id, targets={2: "@new"}, now=NOW)

        both = make_user(RoleCode.SALES, RoleCode.ADMIN)
        content = workbook(("姓名", "手机号", "微信昵称"), ("李四", make_phone(), "老李"))
        own = prepared(both, content)
        prepare.set_mapping(both, batch_id=own, targets={2: "@new"}, now=NOW)
        run.start(both, batch_id=own, now=NOW)
        run.run(both, batch_id=own, clock=lambda: NOW)

        assert list(stored_leads()[-1].custom.values()) == ["老李"]


class TestRows:
    def test_unknown_columns_are_kept_in_the_note(self) -> None:
        rep = make_user(RoleCode.SALES)

        imported(rep, workbook(("姓名", "手机号", "微信昵称"), ("孙立", make_phone(), "老孙")))

        assert stored_leads()[0].note == "微信昵称：老孙"

    def test_no_formula_is_ever_computed(self) -> None:
        rep = make_user(RoleCode.SALES)

        imported(
            rep, workbook(("姓名", "手机号", "备注"), ("孙立", make_phone(), "=HYPERLINK(1)")), name="a.xlsx"
        )
        csv_text = f"姓名,手机号,备注\n李四,{make_phone()},=1+1\n"
        imported(rep, csv_text.encode("gb18030"), name="b.csv")

        assert [lead.note for lead in stored_leads()] == ["", "=1+1"]

    def test_a_couple_sharing_a_phone_stays_two(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        leads.create(rep, {"name": "孙立", "phone": phone, "id_number": make_id_number()}, now=NOW)

        imported(rep, workbook(("姓名", "手机号", "身份证号"), ("李梅", phone, make_id_number())))

        assert [lead.name for lead in stored_leads()] == ["孙立", "李梅"]

    def test_the_lead_of_another_is_told_blindly(self) -> None:
        phone = make_phone()
        leads.create(make_user(RoleCode.SALES, team="华东二组"), {"name": "孙立", "phone": phone}, now=NOW)
        rep = make_user(RoleCode.SALES)

        batch_id = imported(rep, workbook(("姓名", "手机号"), ("孙立", phone)), duplicates="fill")

        issue = result.list_issues(rep, batch_id=batch_id, group="duplicate")[0]
        assert issue.sentence == "手机号相同：已存在，跟进中（华东二组）"
        assert (issue.lead_id, issue.known_id, issue.subject) == (0, 0, "")

    def test_fill_writes_blanks_only(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        leads.create(rep, {"name": "孙立", "phone": phone, "city": "上海"}, now=NOW)

        imported(
            rep,
            workbook(("姓名", "手机号", "城市", "职业"), ("孙大立", phone, "杭州", "教师")),
            duplicates="fill",
        )

        lead = stored_leads()[0]
        assert (lead.name, lead.city, lead.occupation) == ("孙立", "上海", "教师")

    def test_the_pool_gets_leads_without_owner(self) -> None:
        rep = make_user(RoleCode.SALES)

        imported(rep, workbook(("姓名", "手机号"), ("孙立", make_phone())), owner="pool")

        lead = stored_leads()[0]
        assert (lead.owner_id, lead.status.value, lead.pooled_at is not None) == (None, "new", True)


class TestRunning:
    def test_needs_the_confirmed_origin(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = prepared(rep, workbook(("姓名", "手机号"), ("孙立", make_phone())), consent=False)

        with pytest.raises(InvalidInput, match="确认名单来源"):
            run.start(rep, batch_id=batch_id, now=NOW)

    def test_goes_on_where_it_was_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rep = make_user(RoleCode.SALES)
        content = workbook(("姓名", "手机号"), *[("孙立", make_phone()) for _ in range(25)])
        batch_id = prepared(rep, content)
        run.start(rep, batch_id=batch_id, now=NOW)

        def die(progress: run.Progress) -> None:
            if progress.done >= 20:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run.run(rep, batch_id=batch_id, clock=lambda: NOW, chunk_rows=10, on_progress=die)
        with pytest.raises(Conflict):
            run.run(rep, batch_id=batch_id, clock=lambda: NOW, chunk_rows=10)
        later = NOW + timedelta(minutes=5)
        assert run.list_interrupted(later) == [(batch_id, rep.user_id)]

        progress = run.run(rep, batch_id=batch_id, clock=lambda: later, chunk_rows=10)

        assert (progress.status, progress.created) == ("done", 25)
        assert len({lead.number for lead in stored_leads()}) == 25

    def test_a_failing_chunk_leaves_nothing_behind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = prepared(rep, workbook(("姓名", "手机号"), ("孙立", make_phone())))
        run.start(rep, batch_id=batch_id, now=NOW)
        monkeypatch.setattr(events, "record_many", lambda *_, **__: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            run.run(rep, batch_id=batch_id, clock=lambda: NOW)

        assert stored_leads() == []
        assert run.progress(rep, batch_id=batch_id).done == 0

    def test_stops_when_asked(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = prepared(rep, workbook(("姓名", "手机号"), *[("孙立", make_phone()) for _ in range(30)]))
        run.start(rep, batch_id=batch_id, now=NOW)

        progress = run.run(
            rep, batch_id=batch_id, clock=lambda: NOW, chunk_rows=10,
            on_progress=lambda p: run.cancel(rep, batch_id=batch_id) if p.status == "running" else None,
        )  # fmt: skip

        assert (progress.status, progress.created) == ("cancelled", 10)


class TestUndo:
    def test_takes_back_what_nobody_touched(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = imported(rep, workbook(("姓名", "手机号"), *[("孙立", make_phone()) for _ in range(3)]))
        worked = stored_leads()[1]
        leads.edit(rep, lead_id=worked.id or 0, raw={"city": "上海"}, expected_version=1, now=NOW)

        undone = result.undo(rep, batch_id=batch_id, now=NOW + timedelta(hours=3))

        assert (undone.removed, undone.kept) == (2, ((worked.id, worked.number, "孙立"),))
        assert [lead.id for lead in stored_leads()] == [worked.id]
        with pytest.raises(Conflict):
            result.undo(rep, batch_id=batch_id, now=NOW)

    def test_not_after_a_day(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = imported(rep, workbook(("姓名", "手机号"), ("孙立", make_phone())))

        with pytest.raises(Conflict, match="24 小时"):
            result.undo(rep, batch_id=batch_id, now=NOW + timedelta(hours=25))


class TestRefused:
    def test_come_back_as_their_sheet_with_a_reason(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = imported(
            rep,
            workbook(("姓名", "手机号", "备注"), ("孙立", "1380016", "+SUM(A1)"), ("李四", make_phone(), "")),
        )

        name, content = result.refused_workbook(rep, batch_id=batch_id, now=NOW)

        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
        assert name == "名单_未导入_1行.xlsx"
        assert rows[0] == ("姓名", "手机号", "备注", "原行号", "未导入原因")
        assert rows[1][:4] == ("孙立", "1380016", "+SUM(A1)", 2)
        assert "还差 4 位" in rows[1][4]
        with reading() as db:
            kept = db.execute(sa.text("select raw from import_row where outcome='refused'")).scalar_one()
            assert "1380016" not in kept
            assert db.execute(sa.select(sa.func.count()).select_from(ImportRow)).scalar_one() == 2


class TestHostileFiles:
    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            ("a.pdf", b"%PDF", "只能导入"),
            ("a.csv", b"", "空的"),
            ("a.xlsx", b"PK\x03\x04 not a workbook", "打不开"),
            ("a.csv", "姓名,手机号\n".encode(), "没有数据"),
            ("a.csv", f"孙立,{make_phone()}\n李四,{make_phone()}\n".encode(), "没有表头"),
            ("a.csv", ("列," * 300 + "\n").encode(), "最多 200 列"),
        ],
    )
    def test_are_refused_with_a_reason(self, name: str, content: bytes, sentence: str) -> None:
        with pytest.raises(UnreadableTable, match=sentence):
            read_sheet(content, name)

    def test_an_encrypted_workbook_is_named_as_such(self) -> None:
        import msoffcrypto.format.ooxml as ooxml

        target = io.BytesIO()
        ooxml.OOXMLFile(io.BytesIO(workbook(("姓名", "手机号"), ("孙立", "1")))).encrypt("secret", target)

        with pytest.raises(UnreadableTable, match="密码"):
            read_sheet(target.getvalue(), "a.xlsx")

    def test_formulas_without_a_result_are_told(self) -> None:
        sheet = read_sheet(workbook(("姓名", "手机号"), ("孙立", "=A1&B1")), "a.xlsx")

        assert "1 个公式" in sheet.warnings[0]

    def test_a_title_above_the_header_is_passed_over(self) -> None:
        sheet = read_sheet(workbook(("五月名单",), ("姓名", "手机号"), ("孙立", "154")), "a.xlsx")

        assert (sheet.headers, sheet.rows[0][0]) == (("姓名", "手机号"), 3)

    def test_a_damaged_zip_is_refused(self) -> None:
        content = workbook(("姓名", "手机号"), ("孙立", "154"))
        broken = content[: len(content) // 2]
        with pytest.raises((UnreadableTable, zipfile.BadZipFile)):
            read_sheet(broken, "a.xlsx")
