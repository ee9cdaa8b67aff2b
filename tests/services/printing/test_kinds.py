"""Each kind of document through a batch: chosen or found by days, made, merged; what is missing named; stopped; given again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pypdfium2
import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Loan
from loanhub.services import contracts, day_end, loans, parameters
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import transaction
from loanhub.services.printing import batches, results, work
from tests.builders import NOON, make_company, make_id_number, make_user
from tests.services.contracts.test_contracts import make_approved
from tests.services.loans.builders import Desk, make_desk, make_loan, noon, stored

OUT, FIRST_DUE, LATE = date(2026, 1, 15), date(2026, 2, 15), date(2026, 2, 24)
PAID_FEN = 1_066_200
COMPANY = {
    "name": "示例普惠小额贷款有限公司", "credit_code": "91310199MA1K0000XJ", "legal_representative": "示例",
    "address": "上海市浦东新区示例路 1 号", "phone": "021-00000000",
}  # fmt: skip
ACCOUNT = {"holder": "示例普惠小额贷款有限公司", "bank": "示例银行上海分行", "number": "6222000000000017"}


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company(noon(OUT))
    with transaction() as db:
        parameters.put(db, "company", COMPANY)
        parameters.put(db, "repayment_account", ACCOUNT)


def complete(loan_id: int) -> int:
    """Give a loan's borrower an identity number, which the letters print the end of."""
    with transaction() as db:
        loan = db.get(Loan, loan_id)
        assert loan is not None
        customer = db.get(Customer, loan.customer_id)
        assert customer is not None
        customer.id_number = make_id_number()
    return loan_id


def lent(desk: Desk) -> int:
    return complete(make_loan(desk, disbursed=OUT))


def paid(desk: Desk) -> int:
    posted = loans.post(
        desk.maker, loan_id=make_loan(desk, disbursed=OUT), amount_fen=PAID_FEN, value_date=FIRST_DUE,
        now=noon(FIRST_DUE),
    )  # fmt: skip
    return posted.payment_id


def settled(desk: Desk) -> int:
    loan_id, now = lent(desk), noon(FIRST_DUE)
    owed = loans.quote(desk.sales, loan_id=loan_id, on=FIRST_DUE, now=now).total_fen
    loans.post(desk.maker, loan_id=loan_id, amount_fen=owed, value_date=FIRST_DUE, kind="settlement", now=now)
    return loan_id


def late(desk: Desk) -> int:
    loan_id, night = lent(desk), noon(LATE - timedelta(days=1)) + timedelta(hours=13)
    day_end.catch_up(SYSTEM, until=LATE - timedelta(days=1), clock=lambda: night)
    return loan_id


def approved(_desk: Desk) -> int:
    return make_approved()


def made(desk: Desk) -> int:
    return contracts.create(make_user(RoleCode.CONTRACTS), application_id=approved(desk), now=NOON)


@dataclass(frozen=True)
class Case:
    """A kind, who makes it, what of, at which moment, and words its pages must hold."""

    kind: str
    role: RoleCode
    record: Callable[[Desk], int]
    words: tuple[str, ...]
    now: datetime = field(default=noon(LATE))
    span: tuple[date, date] | None = None


CASES = (
    Case("new_contract", RoleCode.CONTRACTS, approved, ("张建国", "借款合同", "100,000.00"), NOON),
    Case("contract", RoleCode.CONTRACTS, made, ("张建国", "借款合同", "100,000.00"), NOON),
    Case("schedule", RoleCode.FINANCE, lent, ("刘志强", "还款计划表", "120,000.00", "2026-02-15"), span=(OUT, OUT)),
    Case("receipt", RoleCode.FINANCE, paid, ("刘志强", "收据", "10,662.00"), span=(FIRST_DUE, FIRST_DUE)),
    Case("certificate", RoleCode.FINANCE, settled, ("刘志强", "结清证明", "120,000.00"), span=(FIRST_DUE, FIRST_DUE)),
    Case("overdue_notice", RoleCode.COLLECTIONS, late, ("刘志强", "逾期还款通知书", "6222000000000017"), span=(OUT, OUT)),
)  # fmt: skip
KINDS = pytest.mark.parametrize("case", CASES, ids=lambda one: one.kind)
DATED = pytest.mark.parametrize("case", [one for one in CASES if one.span], ids=lambda one: one.kind)


def begin(actor: Actor, case: Case, *ids: int, **more: object) -> int:
    return batches.start(actor, kind=case.kind, record_ids=ids, now=case.now, **more)  # type: ignore[arg-type]


def run(case: Case, actor: Actor, number: int) -> batches.BatchView:
    work.run_due(lambda: case.now)
    return batches.show(actor, batch_id=number, now=case.now)[0]


def words_of(actor: Actor, number: int, now: datetime) -> str:
    _, merged = results.open_result(actor, batch_id=number, now=now)
    with pypdfium2.PdfDocument(merged) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
    return re.sub(r"\s", "", text)


def test_every_kind_stands_here() -> None:
    assert {one.kind for one in CASES} == set(batches.kinds())
    assert {one.kind for one in CASES if one.span} == {k for k, v in batches.kinds().items() if v.find}


@KINDS
def test_is_made_and_given_again(case: Case) -> None:
    record, actor = case.record(make_desk()), make_user(case.role)

    number = begin(actor, case, record, record, 999_999)
    batch = run(case, actor, number)

    assert (batch.status, batch.total, batch.done, batch.refused) == ("done", 1, 1, 0), batches.show(
        actor, batch_id=number, now=case.now
    )
    text = words_of(actor, number, case.now)
    assert [one for one in (*case.words, COMPANY["name"]) if one not in text] == []
    assert batches.give(actor, batch_id=number, now=case.now)[0] == 1
    with pytest.raises(InvalidInput) as refused:
        batches.give(actor, batch_id=number, now=case.now)
    assert set(refused.value.fields) == {"reason"}
    assert batches.give(actor, batch_id=number, reason="卡纸", now=case.now)[0] == 2


@DATED
def test_is_found_by_its_days(case: Case) -> None:
    case.record(make_desk())
    actor = make_user(case.role)
    assert case.span is not None
    first, last = case.span

    batch = run(case, actor, begin(actor, case, first=first, last=last))

    assert (batch.status, batch.total, batch.refused) == ("done", 1, 0)
    if batches.kinds()[case.kind].dated:  # a notice says how things stand today, whatever the days
        with pytest.raises(InvalidInput):
            begin(actor, case, first=last + timedelta(days=1), last=last + timedelta(days=9))


@KINDS
def test_is_stopped_before_the_next_and_taken_up(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "DOCUMENTS_AT_ONCE", 1)
    desk, actor = make_desk(), make_user(case.role)
    number = begin(actor, case, case.record(desk), case.record(desk))
    calls: list[int] = []

    def clock() -> datetime:
        calls.append(1)
        if len(calls) == 3:  # taken, one made: then somebody presses stop
            batches.cancel(actor, batch_id=number, now=case.now)
        return case.now

    work.run(number, clock=clock)

    stopped, _ = batches.show(actor, batch_id=number, now=case.now)
    assert (stopped.status, stopped.done, stopped.ready) == ("cancelled", 1, False)
    with pytest.raises(Conflict):
        batches.give(actor, batch_id=number, now=case.now)
    batches.retry(actor, batch_id=number, now=case.now)
    again = run(case, actor, number)
    assert (again.status, again.done, again.refused) == ("done", 2, 0)


@KINDS
def test_needs_the_permission_of_its_kind(case: Case) -> None:
    other = make_user(RoleCode.SALES if case.role is RoleCode.CONTRACTS else RoleCode.ADMIN)
    if other.can(batches.kind_of(case.kind).permission):
        other = Actor(user_id=other.user_id, name=other.name, permissions=frozenset(), department_id=None)

    with pytest.raises(NotPermitted):
        begin(other, case, 1)


def borrower_of(loan_id: int, **values: object) -> int:
    customer_id = stored(loan_id).customer_id
    with transaction() as db:
        customer = db.get(Customer, customer_id)
        assert customer is not None
        for name, value in values.items():
            setattr(customer, name, value)
    return customer_id


@pytest.mark.parametrize("case", [one for one in CASES if one.kind in ("certificate", "overdue_notice")], ids=lambda one: one.kind)  # fmt: skip
def test_lists_what_the_borrower_lacks_and_goes_on_once_it_is_there(case: Case) -> None:
    loan_id = case.record(make_desk())
    actor = make_user(case.role)
    customer_id = borrower_of(loan_id, id_number=None)
    number = begin(actor, case, loan_id)

    failed = run(case, actor, number)
    _, (item,) = batches.show(actor, batch_id=number, now=case.now)

    assert (failed.status, failed.refused, failed.ready) == ("failed", 1, False)
    assert item.missing == [{"label": "借款人证件号码", "link": f"/customers/{customer_id}?tab=profile"}]
    borrower_of(loan_id, id_number=make_id_number())
    batches.retry(actor, batch_id=number, now=case.now)
    assert run(case, actor, number).status == "done"


@pytest.mark.parametrize("case", [one for one in CASES if one.kind not in ("contract", "new_contract")], ids=lambda one: one.kind)  # fmt: skip
def test_names_what_the_firm_lacks_at_its_own_page(case: Case) -> None:
    record, actor = case.record(make_desk()), make_user(case.role)
    with transaction() as db:
        parameters.put(db, "company", {**COMPANY, "name": ""})
    number = begin(actor, case, record)

    run(case, actor, number)

    _, (item,) = batches.show(actor, batch_id=number, now=case.now)
    assert "/settings/company" in {one["link"] for one in item.missing}


def test_what_is_not_settled_or_not_late_is_named_and_the_others_come() -> None:
    desk = make_desk()
    owing, over = late(desk), settled(desk)
    finance, collector = make_user(RoleCode.FINANCE), make_user(RoleCode.COLLECTIONS)
    certificates, notices = (
        next(one for one in CASES if one.kind == code) for code in ("certificate", "overdue_notice")
    )

    first = begin(finance, certificates, owing, over)
    second = begin(collector, notices, owing, over)
    work.run_due(lambda: certificates.now)

    for actor, number, words in ((finance, first, "结清"), (collector, second, "没有逾期")):
        batch, (item,) = batches.show(actor, batch_id=number, now=certificates.now)
        assert (batch.status, batch.done, batch.refused) == ("done", 2, 1) and words in item.problem


def test_a_notice_holds_the_days_and_the_sum_the_page_shows() -> None:
    loan_id, case = late(make_desk()), CASES[-1]
    collector = make_user(RoleCode.COLLECTIONS)
    owed = loans.loan_view(collector, loan_id=loan_id, now=case.now)

    number = begin(collector, case, loan_id)
    run(case, collector, number)

    text = words_of(collector, number, case.now)
    assert owed.due.removeprefix("¥") in text and f"{owed.dpd}天" in text
