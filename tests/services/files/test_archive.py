"""The archive: stored once, versions, moves, holds, retention, reminders, packing, rules of a kind."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.models import Customer, Document, Event, Notification
from loanhub.services import _storage, documents, files
from loanhub.services._transaction import reading, transaction
from loanhub.services.archive import Kept, export, keep, listing, may_delete, references, remind, rules
from loanhub.services.files import watermark
from loanhub.services.files.rights import KindClosed
from loanhub.settings import settings
from tests.people import NOON, Company
from tests.services.files.conftest import hand_in, make_customer, picture

LATER = NOON + timedelta(days=1)


def row_of(document_id: int) -> Document:
    with reading() as db:
        found = db.get(Document, document_id)
        assert found is not None
        return found


def events_of(document_id: int) -> list[str]:
    with reading() as db:
        query = sa.select(col(Event.type)).where(
            col(Event.entity) == "document", col(Event.entity_id) == document_id
        )
        return list(db.execute(query.order_by(col(Event.id))).scalars())


def stored_files() -> int:
    return sum(1 for one in settings().files.rglob("*") if one.is_file())


def aged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let content count as handed in long ago."""
    monkeypatch.setattr(_storage, "IN_USE_SECONDS", -1)


@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=12))
def test_the_same_content_is_stored_once_and_comes_back_the_same(contents: list[bytes]) -> None:
    before = stored_files()
    unseen = set(contents)
    fresh = sum(not _storage.exists(hashlib.sha256(one).hexdigest()) for one in unseen)

    digests = [_storage.put(io.BytesIO(one)).sha256 for one in contents]

    assert len(set(digests)) == len(unseen)
    assert stored_files() - before == fresh
    assert [_storage.read_all(one) for one in digests] == contents


class TestVersions:
    def test_another_identity_card_is_the_next_version(self, company: Company) -> None:
        actor, customer = company.actor("sales"), make_customer(company)
        first, second = (hand_in(actor, picture(color=(one, 0, 0)), customer_id=customer) for one in (10, 20))

        documents.attach(actor, document_id=first, kind="id_front", customer_id=customer, now=NOON)
        documents.attach(actor, document_id=second, kind="id_front", customer_id=customer, now=LATER)

        old, new = row_of(first), row_of(second)
        assert (old.replaced_by_id, new.revision, new.series_id) == (second, 2, first)
        shown = listing.show(actor, document_id=second, now=LATER)
        assert [(one.name, one.by) for one in shown.versions] == [("v2", actor.name), ("v1", actor.name)]
        assert [one.id for one in listing.page(actor, now=LATER).rows] == [second]

    def test_two_deeds_are_two_documents(self, company: Company) -> None:
        actor, customer = company.actor("sales"), make_customer(company)
        for shade in (1, 2):
            one = hand_in(actor, picture(color=(shade, 0, 0)), kind="property", customer_id=customer)
            documents.attach(actor, document_id=one, kind="property", customer_id=customer, now=NOON)

        assert listing.page(actor, now=NOON).total == 2

    def test_removing_the_newest_brings_back_the_one_before(self, company: Company) -> None:
        actor, customer = company.actor("sales"), make_customer(company)
        first, second = (hand_in(actor, picture(color=(one, 0, 0)), customer_id=customer) for one in (10, 20))
        keep.replace(actor, document_id=first, by_id=second, reason="更清楚", now=NOON)

        documents.remove(actor, document_id=second, now=NOON)

        assert row_of(first).replaced_by_id is None
        with pytest.raises(NotFound):
            keep.replace(company.actor("contracts"), document_id=second, by_id=first, now=NOON)

    def test_turning_and_cutting_keep_what_was_there(self, company: Company) -> None:
        actor = company.actor("sales")
        first = hand_in(actor, picture(200, 100))
        raw = row_of(first).original_sha256 or row_of(first).sha256

        second = keep.adjust(actor, document_id=first, turn=90, cut=(0, 250, 0, 250), now=NOON)

        with Image.open(io.BytesIO(_storage.read_all(row_of(second.id).sha256))) as image:
            assert image.size == (100, 100)
        assert row_of(second.id).original_sha256 == raw and _storage.read_all(raw) == picture(200, 100)
        with pytest.raises(InvalidInput):
            keep.adjust(actor, document_id=second.id, turn=90, cut=(500, 0, 500, 0), now=NOON)
        with pytest.raises(InvalidInput):
            keep.adjust(actor, document_id=second.id, now=NOON)


class TestMove:
    def test_goes_to_another_customer_with_its_reason(self, company: Company) -> None:
        actor, mine = company.actor("sales"), make_customer(company)
        make_customer(company, number="C2")
        make_customer(company, owner="team_lead", number="C3")
        one = hand_in(actor, picture(), customer_id=mine)

        keep.move(actor, document_id=one, customer_number="c2", kind="id_back", reason="传错了客户", now=NOON)

        assert row_of(one).kind == "id_back" and row_of(one).customer_id != mine
        assert events_of(one).count("document.moved") == 2  # on both customers' pages
        with pytest.raises(NotFound):
            keep.move(actor, document_id=one, customer_number="C3", reason="不是我的", now=NOON)
        with pytest.raises(InvalidInput):
            keep.move(actor, document_id=one, customer_number="C2", reason="没变化", now=NOON)


class TestHold:
    def test_nothing_held_is_removed_or_moved(self, company: Company) -> None:
        actor, customer = company.actor("sales"), make_customer(company)
        one = hand_in(actor, picture(), customer_id=customer)
        with pytest.raises(NotPermitted):
            keep.hold(actor, customer_number="C1", reason="诉讼", now=NOON)

        number = keep.hold(company.actor("security_admin"), customer_number="C1", reason="诉讼保全", now=NOON)

        with pytest.raises(Kept) as refused:
            documents.remove(actor, document_id=one, now=NOON)
        assert "诉讼保全" in str(refused.value.sentence)
        with pytest.raises(Kept):
            keep.move(actor, document_id=one, kind="other", reason="归错了", now=NOON)
        elsewhere = make_customer(company, number="C2")
        with pytest.raises(Kept):
            documents.attach(actor, document_id=one, kind="id_front", customer_id=elsewhere, now=NOON)
        documents.attach(
            actor, document_id=one, kind="id_front", customer_id=customer, label="正面", now=NOON
        )
        assert row_of(one).customer_id == customer
        assert [row.id for row in listing.page(actor, tab="held", now=NOON).rows] == [one]
        view = keep.list_holds(company.actor("auditor"))[0]
        assert "张伟" not in view.target and view.alive

        keep.release(company.actor("auditor"), hold_id=number, reason="案件已结", now=NOON)
        documents.remove(actor, document_id=one, now=NOON)
        with reading() as db:
            assert may_delete(db, row_of(one)) is None

    def test_contracts_and_imports_are_never_removed(self, company: Company) -> None:
        with transaction() as db:
            made = files.store_generated(
                db, company.actor("sales"), content=b"%PDF", file_name="a.pdf", media_type="application/pdf",
                kind="contract", label="合同", now=NOON, owner_id=company.users["sales"], department_id=None,
            )  # fmt: skip
        with pytest.raises(Kept):
            documents.remove(company.actor("sales"), document_id=made.id or 0, now=NOON)
        with pytest.raises(Kept):  # nor by calling it something else first
            documents.attach(company.actor("sales"), document_id=made.id or 0, kind="other", now=NOON)
        assert row_of(made.id or 0).kind == "contract"


class TestPurge:
    def test_the_last_reference_takes_the_content_with_it(
        self, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        aged(monkeypatch)
        actor, customer = company.actor("sales"), make_customer(company)
        content = picture(color=(7, 77, 7))
        first = hand_in(actor, content, customer_id=customer)
        second = hand_in(actor, content, customer_id=customer, kind="other")
        digest = row_of(first).sha256
        assert row_of(second).sha256 == digest
        over = datetime(2037, 6, 1, tzinfo=UTC)

        documents.remove(actor, document_id=first, now=NOON)
        assert keep.purge(now=NOON + timedelta(days=40)) == 0  # ten years have not passed
        assert keep.purge(now=over) == 1
        assert _storage.exists(digest) and row_of(first).purged_at is not None
        documents.remove(actor, document_id=second, now=over)
        assert keep.purge(now=over + timedelta(days=20)) == 0  # can still be brought back
        keep.hold(company.actor("auditor"), document_id=second, reason="监管检查", now=over)
        assert keep.purge(now=over + timedelta(days=40)) == 0
        keep.release(company.actor("auditor"), hold_id=1, reason="检查结束", now=over)
        assert keep.purge(now=over + timedelta(days=40)) == 1
        assert not _storage.exists(digest)
        assert events_of(second)[-1] == "document.purged"
        with pytest.raises(NotFound):
            files.open_file(actor, document_id=second, now=over)
        with reading() as db:
            assert references(db, digest) == 0

    def test_content_handed_in_at_this_moment_stays(self, company: Company) -> None:
        actor = company.actor("sales")
        one = hand_in(actor, picture(color=(1, 2, 99)))
        documents.remove(actor, document_id=one, now=NOON)

        assert keep.purge(now=datetime(2040, 1, 1, tzinfo=UTC)) == 0

    def test_a_removed_file_comes_back_within_thirty_days(self, company: Company) -> None:
        actor = company.actor("sales")
        one = hand_in(actor, picture())
        documents.remove(actor, document_id=one, now=NOON)

        keep.restore(actor, document_id=one, now=LATER)

        assert row_of(one).deleted_at is None


class TestRemind:
    def test_tells_the_owner_once_for_each_last_day(self, company: Company) -> None:
        actor, customer = company.actor("sales"), make_customer(company)
        one = hand_in(actor, picture(), kind="id_front", customer_id=customer)
        report = hand_in(actor, picture(), kind="credit_report", customer_id=customer)
        documents.attach(actor, document_id=one, kind="id_front", expires=date(2026, 12, 1), now=NOON)

        assert remind.remind(now=NOON) == 1
        assert remind.remind(now=LATER) == 0
        assert (
            remind.remind(now=NOON + timedelta(days=16)) == 1
        )  # the report, thirty days after it was handed in
        assert row_of(report).reminded_for == date(2026, 12, 20)
        with reading() as db:
            told = db.execute(sa.select(Notification).where(col(Notification.kind) == "due")).scalars().all()
        assert {note.user_id for note in told} == {company.users["sales"]} and len(told) == 2
        states = {row.id: row.state for row in listing.page(actor, now=NOON).rows}
        assert states == {one: "expiring", report: "expiring"}
        assert listing.page(actor, tab="expired", now=NOON + timedelta(days=60)).total == 2

    def test_the_card_on_record_counts(self, company: Company) -> None:
        actor, customer = company.actor("sales"), make_customer(company)
        hand_in(actor, picture(), kind="id_back", customer_id=customer)
        with transaction() as db:
            row = db.get(Customer, customer)
            assert row is not None
            row.id_valid_until = date(2026, 11, 25)

        assert remind.remind(now=NOON) == 1


class TestRules:
    def test_a_kind_left_to_roles_is_closed_to_others(self, company: Company) -> None:
        actor, customer = company.actor("sales"), make_customer(company)
        one = hand_in(company.actor("credit"), picture(), kind="credit_report", customer_id=customer)

        files.open_file(actor, document_id=one, preview=True, now=NOON)
        with pytest.raises(KindClosed):
            files.open_file(actor, document_id=one, now=NOON)
        assert events_of(one)[-1] == "document.refused"

        rules.change(
            company.actor("security_admin"), kind="credit_report", read_roles=["credit"], upload_roles=["credit"],
            take_roles=["credit"], life_days=20, remind_days=5, retention_years=5, expected_version=0, now=NOON,
        )  # fmt: skip
        with pytest.raises(KindClosed):
            files.open_file(actor, document_id=one, preview=True, now=NOON)
        with pytest.raises(KindClosed):
            hand_in(actor, picture(), kind="credit_report")
        assert listing.page(actor, now=NOON).total == 0
        assert listing.page(company.actor("credit"), now=NOON).rows[0].until == "2026-12-10"

    def test_is_the_security_administrators(self, company: Company) -> None:
        with pytest.raises(NotPermitted):
            rules.list_rules(company.actor("admin"))
        views, roles = rules.list_rules(company.actor("security_admin"))
        assert len(views) == 18 and ("credit", "风控") in roles


class TestGoingOut:
    def test_pictures_and_pdfs_carry_the_readers_name(self, company: Company) -> None:
        actor = company.actor("sales")
        one = hand_in(actor, picture(400, 300))
        writer, target = PdfWriter(), io.BytesIO()
        writer.add_blank_page(595, 842)
        writer.write(target)
        two = hand_in(actor, target.getvalue(), name="a.pdf", kind="income")

        view, pieces = files.open_file(actor, document_id=one, now=NOON)
        marked = b"".join(pieces)
        _, pages = files.open_file(actor, document_id=two, now=NOON)
        text = PdfReader(io.BytesIO(b"".join(pages))).pages[0].extract_text()

        assert view.marked and view.size_bytes == len(marked) and marked != picture(400, 300)
        assert actor.name in text and "ales" in text and "2026-11-20 12:00" in text

    def test_a_watermark_changes_no_file_it_does_not_know(self) -> None:
        assert watermark.marked(b"abc", "text/csv", "x") == b"abc"

    def test_a_thumbnail_is_no_look(self, company: Company) -> None:
        one = hand_in(company.actor("sales"), picture(900, 600))

        small = files.thumbnail(company.actor("sales"), document_id=one, now=NOON)

        with Image.open(io.BytesIO(small)) as image:
            assert max(image.size) == 240
        assert events_of(one) == ["document.uploaded"]

    def test_printing_is_recorded_as_such(self, company: Company) -> None:
        one = hand_in(company.actor("sales"), picture())
        files.open_file(company.actor("sales"), document_id=one, printing=True, now=NOON)
        assert events_of(one)[-1] == "document.printed"


class TestPack:
    def test_writes_what_may_be_taken_and_records_each(self, company: Company) -> None:
        sales, lead, customer = company.actor("sales"), company.actor("team_lead"), make_customer(company)
        ids = [hand_in(sales, picture(), name="../../etc/身份证.png", customer_id=customer),
               hand_in(sales, picture(color=(3, 3, 3)), kind="credit_report", customer_id=customer)]  # fmt: skip
        with pytest.raises(NotPermitted):
            export.pack(sales, document_ids=ids, reason="客户要求", now=NOON)
        with pytest.raises(InvalidInput):
            export.pack(lead, document_ids=ids, reason="", now=NOON)

        made, count = export.pack(lead, document_ids=ids, reason="移交法务", now=NOON)

        assert count == 1  # the report is not the team lead's to take out
        _, pieces = files.open_file(lead, document_id=made, now=NOON)
        with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
            assert archive.namelist() == [f"C1 张伟/身份证正面/{ids[0]}_身份证.png"]
        assert events_of(ids[0])[-1] == "document.downloaded" and "document.downloaded" not in events_of(
            ids[1]
        )
        with pytest.raises(NotFound):
            files.open_file(company.actor("manager"), document_id=made, now=NOON)

    def test_a_stop_leaves_nothing(self, company: Company) -> None:
        customer = make_customer(company)
        one = hand_in(company.actor("sales"), picture(), customer_id=customer)
        with pytest.raises(Exception, match="停止"):
            export.pack(
                company.actor("manager"),
                document_ids=[one],
                reason="试一下",
                progress=lambda *_: False,
                now=NOON,
            )
        with reading() as db:
            assert db.execute(sa.select(Document).where(col(Document.kind) == "export")).first() is None


def test_missing_documents_are_named(company: Company) -> None:
    assert listing.missing(company.actor("sales"), now=NOON) == ()
