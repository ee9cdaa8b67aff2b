"""Batches of documents: made once each, whatever dies; what is missing named; merged for the printer."""

from __future__ import annotations

import hashlib
import io
import random
import time
import zipfile
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, col

from loanhub.documents.assemble import Part
from loanhub.documents.merge import join, merge
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import (
    Application,
    Contract,
    Customer,
    Document,
    Event,
    PrintBatch,
    PrintBatchItem,
    PrintLog,
)
from loanhub.services import _transaction, contracts
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.printing import batches, results, work
from loanhub.services.printing.kinds import new_contract
from tests.builders import NOON, make_user
from tests.killing import dies_at, killed_at, killed_when
from tests.services.contracts.test_contracts import company, make_approved  # noqa: F401 - the firm's data


def blank(pages: int) -> bytes:
    with pypdfium2.PdfDocument.new() as one:
        for _ in range(pages):
            one.new_page(595, 842)
        target = io.BytesIO()
        one.save(target)
        return target.getvalue()


def batch_of(batch_id: int) -> PrintBatch:
    with reading() as db:
        found = db.get(PrintBatch, batch_id)
        assert found is not None
        return found


def made_contracts() -> list[Contract]:
    with reading() as db:
        return list(db.execute(sa.select(Contract).order_by(col(Contract.id))).scalars())


def ran(batch_id: int) -> PrintBatch:
    work.run(batch_id, clock=lambda: NOON)
    return batch_of(batch_id)


def start(clerk: Actor, ids: list[int], kind: str = "new_contract", **values: object) -> int:
    return batches.start(clerk, kind=kind, record_ids=ids, now=NOON, **values)  # type: ignore[arg-type]


class TestMerge:
    @pytest.mark.parametrize(
        ("copies", "duplex", "expected"), [(1, True, 4 + 2 + 2), (1, False, 6), (2, True, 16)]
    )
    def test_each_begins_on_a_right_hand_page(self, copies: int, duplex: bool, expected: int) -> None:
        content, pages = merge([blank(3), blank(2), blank(1)], copies=copies, duplex=duplex) or (b"", 0)

        assert pages == expected
        assert (content, pages) == merge([blank(3), blank(2), blank(1)], copies=copies, duplex=duplex)

    def test_stops_when_told(self) -> None:
        assert merge([blank(1)] * 20, progress=lambda done: done < 5) is None


class TestRun:
    def test_makes_each_contract_once_and_names_what_is_missing(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        ids = [make_approved() for _ in range(3)]
        with transaction() as db:
            application = db.get(Application, ids[1])
            assert application is not None
            customer = db.get(Customer, application.customer_id)
            assert customer is not None
            customer.address = ""

        batch = ran(start(clerk, ids))

        assert (batch.status, batch.done, batch.refused) == ("done", 3, 1)
        assert [one.application_id for one in made_contracts()] == [ids[0], ids[2]]
        _, refused = batches.show(clerk, batch_id=batch.id or 0, now=NOON)
        assert [one["link"] for one in refused[0].missing] == [f"/customers/{customer.id}?tab=profile"]

        with transaction() as db:
            customer = db.get(Customer, customer.id)
            assert customer is not None
            customer.address = "上海市浦东新区示例路 2 号"
        batches.retry(clerk, batch_id=batch.id or 0, now=NOON)
        again = ran(batch.id or 0)

        assert (again.status, again.done, again.refused) == ("done", 3, 0)
        assert len(made_contracts()) == 3 and again.merged_file_id != batch.merged_file_id
        with pytest.raises(Conflict):
            batches.retry(clerk, batch_id=batch.id or 0, now=NOON)

    def test_the_files_hold_the_stored_bytes_in_the_order_asked(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        first, second = (contracts.create(clerk, application_id=make_approved(), now=NOON) for _ in range(2))

        batch = ran(start(clerk, [second, first], kind="contract", order="number"))

        _, packed = results.open_result(clerk, batch_id=batch.id or 0, archive=True, now=NOON)
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            bodies = [archive.read(name) for name in archive.namelist()]
        assert bodies == [contracts.open_pdf(clerk, contract_id=one, now=NOON)[1] for one in (first, second)]
        name, merged = results.open_result(clerk, batch_id=batch.id or 0, now=NOON)
        with pypdfium2.PdfDocument(merged) as document:
            assert len(document) == batch.page_count and batch.page_count % 2 == 0
            texts = [page.get_textpage().get_text_range() for page in document]
        numbers = [one.number for one in made_contracts()]
        own = made_contracts()[0].page_count
        assert numbers[0] in texts[0] and numbers[1] in texts[own + own % 2]
        assert merged == results.open_result(clerk, batch_id=batch.id or 0, now=NOON)[1] and name.endswith(
            ".pdf"
        )

    def test_a_stop_leaves_the_rest_and_can_be_taken_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(work, "DOCUMENTS_AT_ONCE", 1)
        clerk = make_user(RoleCode.CONTRACTS)
        number = start(clerk, [make_approved() for _ in range(3)])
        seen: list[int] = []

        def clock():  # type: ignore[no-untyped-def]
            seen.append(1)
            if len(seen) == 3:  # taken, one made: then somebody presses stop
                batches.cancel(clerk, batch_id=number, now=NOON)
            return NOON

        work.run(number, clock=clock)

        assert batch_of(number).status == "cancelled" and len(made_contracts()) == 1
        batches.retry(clerk, batch_id=number, now=NOON)
        assert ran(number).status == "done" and len(made_contracts()) == 3

    def test_belongs_to_who_began_it_and_asks_for_the_permission(self) -> None:
        clerk, other = make_user(RoleCode.CONTRACTS), make_user(RoleCode.CONTRACTS)
        number = start(clerk, [make_approved()])

        for call in (batches.show, batches.cancel, batches.retry):
            with pytest.raises(NotFound):
                call(other, batch_id=number, now=NOON)
        with pytest.raises(NotPermitted):
            start(make_user(RoleCode.SALES), [make_approved()])
        with pytest.raises(InvalidInput):
            start(clerk, [999_999])
        with pytest.raises(InvalidInput):
            start(clerk, [make_approved()], copies=21)

    def test_two_clicks_are_one_batch_and_two_workers_never_one(self) -> None:
        clerk, ids = make_user(RoleCode.CONTRACTS), [make_approved()]
        first = start(clerk, ids, key="k")
        assert start(clerk, ids, key="k") == first
        with transaction() as db:
            batch = db.get(PrintBatch, first)
            assert batch is not None
            batch.status, batch.lease_owner, batch.leased_until = (
                "running",
                "other",
                NOON + timedelta(minutes=1),
            )

        assert not work.run(first, clock=lambda: NOON)
        assert work.run_due(lambda: NOON) == 0
        assert work.run_due(lambda: NOON + timedelta(minutes=3)) == 1
        assert batch_of(first).status == "done"


class TestGive:
    def test_numbers_the_copies_and_asks_why_for_a_second_printing(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        ids = [contracts.create(clerk, application_id=make_approved(), now=NOON) for _ in range(2)]
        contracts.record_print(clerk, contract_id=ids[1], copies=1, now=NOON)
        number = start(clerk, ids, kind="contract", copies=2)
        with pytest.raises(Conflict):
            batches.give(clerk, batch_id=number, now=NOON)
        ran(number)

        with pytest.raises(InvalidInput):
            batches.give(clerk, batch_id=number, now=NOON)
        assert batches.give(clerk, batch_id=number, reason="客户遗失", now=NOON) == (1, 4)

        with reading() as db:
            logs = db.execute(sa.select(PrintLog).where(col(PrintLog.batch_id) == number)).scalars().all()
            items = db.execute(sa.select(PrintBatchItem).order_by(col(PrintBatchItem.place))).scalars().all()
        assert [(one.copies, one.first_copy, one.reason) for one in logs] == [
            (2, 1, "客户遗失"),
            (2, 2, "客户遗失"),
        ]
        assert [one.first_copy for one in items] == [1, 2]
        assert [one.copy_count for one in made_contracts()] == [2, 3]

    def test_void_contracts_are_named_and_left_out(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        ids = [contracts.create(clerk, application_id=make_approved(), now=NOON) for _ in range(2)]
        contracts.void(clerk, contract_id=ids[0], reason="重签", now=NOON)

        batch = ran(start(clerk, ids, kind="contract"))

        assert batch.refused == 1
        assert "作废" in batches.show(clerk, batch_id=batch.id or 0, now=NOON)[1][0].problem


def made_once_each(clerk: Actor, batch_id: int, ids: list[int]) -> None:
    """Each application has one contract whose stored bytes are those it was made with, and each event is there once."""
    batch, found = batch_of(batch_id), [one for one in made_contracts() if one.application_id in ids]
    assert (batch.status, batch.done, batch.refused) == ("done", len(ids), 0)
    assert sorted(one.application_id for one in found) == sorted(ids)
    numbers = [int(one.number[-4:]) for one in found]
    assert numbers == list(range(numbers[0], numbers[0] + len(ids))), "a gap"
    with reading() as db:
        mine = col(PrintBatchItem.batch_id) == batch_id
        done = db.execute(sa.select(PrintBatchItem).where(mine)).scalars().all()
        files = db.execute(sa.select(Document).where(col(Document.label) == batch.title)).scalars().all()
        told = db.execute(sa.select(Event.entity_id).where(col(Event.type) == "contract.created")).scalars()  # type: ignore[call-overload]
        assert sorted(told) == sorted(one.id or 0 for one in made_contracts())
    assert {one.contract_id: one.sha256 for one in done} == {one.id: one.pdf_sha256 for one in found}
    assert len(files) == 2
    for one in found:
        content = contracts.open_pdf(clerk, contract_id=one.id or 0, now=NOON)[1]
        assert hashlib.sha256(content).hexdigest() == one.pdf_sha256


def test_killed_anywhere_it_goes_on_and_makes_none_twice(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "DOCUMENTS_AT_ONCE", 2)
    clerk = make_user(RoleCode.CONTRACTS)
    ids = [make_approved() for _ in range(3)]
    number = start(clerk, ids)

    for n, point in enumerate(
        ("after_document", "after_commit", "after_document", "before_finish", "before_finish")
    ):
        moment = NOON + timedelta(minutes=5 * n)  # its lease has run out
        assert dies_at(database, f"print_batch.{point}", lambda at=moment: work.run_due(lambda: at)), point
    assert batch_of(number).status == "running"
    assert killed_at(database, "", lambda: work.run_due(lambda: NOON + timedelta(hours=1))) == (False, True)

    made_once_each(clerk, number, ids)


def test_killed_at_any_moment_it_goes_on_and_makes_none_twice(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "DOCUMENTS_AT_ONCE", 2)
    clerk, chance = make_user(RoleCode.CONTRACTS), random.Random(6)
    ids = [make_approved() for _ in range(12)]
    number = start(clerk, ids)

    for n in range(5):
        moment, wanted = NOON + timedelta(minutes=5 * n), 2 * n + 1

        def further(wanted: int = wanted) -> bool:
            if batch_of(number).done < wanted:
                return False
            time.sleep(chance.uniform(0, 0.05))  # into the making of the next ones, somewhere
            return True

        killed_when(database, further, lambda at=moment: work.run_due(lambda: at))
    assert batch_of(number).status == "running"
    killed_at(database, "", lambda: work.run_due(lambda: NOON + timedelta(hours=1)))

    made_once_each(clerk, number, ids)


def test_what_one_refuses_is_undone_and_told_to_nobody_while_its_neighbours_stand() -> None:
    clerk = make_user(RoleCode.CONTRACTS)
    ids = [make_approved() for _ in range(3)]
    told: list[tuple[str, dict[str, object]]] = []
    real, told_all = new_contract.create_in, told.extend

    def broken(db: Session, actor: Actor, **named: Any) -> Contract:
        made = real(db, actor, **named)
        if named["application_id"] == ids[1]:
            raise Conflict("不行")
        return made

    _transaction.on_commit(told_all)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(new_contract, "create_in", broken)
            batch = ran(start(clerk, ids))
    finally:
        _transaction._listeners.remove(told_all)

    assert (batch.status, batch.done, batch.refused) == ("done", 3, 1)
    assert [(one.application_id, one.number[-4:]) for one in made_contracts()] == [
        (ids[0], "0001"),
        (ids[2], "0002"),
    ]
    assert len([1 for topic, op in told if topic == "contracts" and op["event"] == "contract.created"]) == 2


def test_every_kind_can_be_asked_for() -> None:
    found = batches.kinds()
    assert set(found) == {"contract", "new_contract", "schedule", "receipt", "certificate", "overdue_notice"}


class TestPrint:
    def test_each_copy_of_a_contract_carries_its_number_as_a_single_print_does(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        ids = [contracts.create(clerk, application_id=make_approved(), now=NOON) for _ in range(2)]
        contracts.record_print(clerk, contract_id=ids[1], copies=1, now=NOON)
        batch = ran(start(clerk, ids, kind="contract", copies=2))
        with pytest.raises(NotFound):
            results.open_print(clerk, batch_id=batch.id or 0)
        batches.give(clerk, batch_id=batch.id or 0, reason="客户遗失", now=NOON)

        _, printed = results.open_print(clerk, batch_id=batch.id or 0)

        first, second = made_contracts()
        with pypdfium2.PdfDocument(printed) as document:
            assert len(document) == batch.page_count
            pages = [page.get_textpage().get_text_range() for page in document]
            picture = document[0].render(scale=1).to_pil().convert("L")
        sheets = first.page_count + first.page_count % 2
        for place, (number, copy) in enumerate(
            [(first.number, 1), (first.number, 2), (second.number, 2), (second.number, 3)]
        ):
            for page in pages[place * sheets : place * sheets + first.page_count]:
                assert f"第 {copy} 份　{number}" in page and clerk.name[:2] in page
        # What stands on the pages is what a print of one contract shows: words, 骑缝 marks at the edge, number.
        _, alone = contracts.printed_pdf(clerk, contract_id=ids[0], first_copy=1, now=NOON)
        with pypdfium2.PdfDocument(alone) as document:
            other = document[0].render(scale=1).to_pil().convert("L")
        edge = (picture.width - 7, 0, picture.width, picture.height)
        assert min(picture.crop(edge).tobytes()) < 200, "no 骑缝 mark at the edge"
        apart = [abs(a - b) for a, b in zip(picture.tobytes(), other.tobytes(), strict=True)]
        assert max(apart) <= 60 and sum(apart) / len(apart) < 0.1

    def test_a_sealed_file_among_them_is_joined_all_the_same(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        pdf = contracts.open_pdf(
            clerk, contract_id=contracts.create(clerk, application_id=make_approved(), now=NOON), now=NOON
        )[1]
        other = blank(1)  # not written by us

        content, count = join(
            lambda: [Part(pdf, "甲", ("第 1 份　甲",)), Part(other, "乙", ("第 1 份　乙", ""))]
        )

        with pypdfium2.PdfDocument(content) as document:
            pages = [page.get_textpage().get_text_range() for page in document]
        assert count == len(pages) == page_count(pdf) + page_count(pdf) % 2 + 4
        assert "第 1 份　甲" in pages[0] and "第 1 份　乙" in pages[-4]


def page_count(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)
