"""Cases follow the book: opened once, closed with the debt, taken up again, whatever is run twice or cut short."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.models import CollectionCase, CollectionPromise, JobRun
from loanhub.services import collections, day_end, loans
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from loanhub.services.collections import follow
from tests.builders import make_company
from tests.services.collections.builders import LATE, Office, at, end_day, events_of, make_first_office
from tests.services.loans.builders import make_loan, noon


@pytest.fixture(autouse=True)
def company(database: Engine, request: pytest.FixtureRequest) -> None:
    if "office" not in request.fixturenames:
        make_company()


@pytest.fixture
def office(company: None) -> Office:
    return make_first_office()


def cases() -> list[CollectionCase]:
    with reading() as db:
        return list(db.execute(sa.select(CollectionCase).order_by(col(CollectionCase.id))).scalars())


def owed(office: Office, day: object) -> int:
    shown = loans.preview_payment(
        office.desk.maker, loan_id=office.loan_id, amount="", value_date=day, now=noon(day)
    )  # type: ignore[arg-type]
    return shown.amount_fen


def pay(office: Office, day: object, amount_fen: int = 0) -> int:
    return loans.post(
        office.desk.maker, loan_id=office.loan_id, amount_fen=amount_fen or owed(office, day), value_date=day, now=noon(day)  # type: ignore[arg-type]
    ).payment_id  # fmt: skip


class TestOpening:
    def test_on_the_first_day_past_grace_and_not_before(self, office: Office) -> None:
        before = end_day(LATE - timedelta(days=1))
        assert (before.opened, cases()) == (0, [])

        end_day(LATE)

        (case,) = cases()
        assert (case.opened_on, case.stage, case.dpd, case.bucket) == (LATE, "todo", 4, "M1")
        assert case.overdue_principal_fen > 0
        assert events_of(case.id or 0) == ["collection.opened"]

    def test_once_however_often_it_is_run(self, office: Office) -> None:
        end_day(LATE)
        assert collections.run_day(LATE, now=noon(LATE)) == collections.Done()
        for days in (1, 2, 3):
            assert end_day(LATE + timedelta(days=days)).opened == 0

        assert len(cases()) == 1

    def test_the_database_refuses_a_second_open_case(self, office: Office) -> None:
        end_day(LATE)
        (case,) = cases()
        with pytest.raises(sa.exc.IntegrityError), transaction() as db:
            db.add(
                CollectionCase(
                    number="CS1", loan_id=case.loan_id, customer_id=case.customer_id, product_code="", opened_on=LATE,
                    stage_entered_at=noon(LATE), created_at=noon(LATE), updated_at=noon(LATE),
                )
            )  # fmt: skip

    def test_a_run_cut_short_goes_on_where_it_stopped(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(4):
            make_loan(office.desk)
        real, calls = follow.follow, []

        def dies(*arguments: object, **named: object) -> object:
            calls.append(1)
            if len(calls) == 2:
                raise RuntimeError("power")
            return real(*arguments, **named)  # type: ignore[arg-type]

        night = noon(LATE)
        day_end.catch_up(SYSTEM, until=LATE, clock=lambda: night)
        monkeypatch.setattr(follow, "follow", dies)
        with pytest.raises(RuntimeError):
            follow.run_day(LATE, now=night, chunk=2)
        assert len(cases()) == 2

        monkeypatch.setattr(follow, "follow", real)
        rest = follow.run_day(LATE, now=night, chunk=2)

        assert (rest.opened, len(cases())) == (3, 5)
        with reading() as db:
            run = db.execute(sa.select(JobRun).where(col(JobRun.period) == LATE.isoformat())).scalar_one()
            assert run.finished_at is not None and run.result["opened"] == 5

    def test_orders_by_the_first_strategy_that_fits(self, office: Office) -> None:
        end_day(LATE)
        assert (office.case.approach, office.case.priority) == ("gentle", 40)  # a good customer within a week

        end_day(LATE + timedelta(days=40))
        assert office.case.dpd > 31
        assert office.case.priority > 80


class TestClosing:
    def test_when_the_arrears_are_paid_within_seconds(self, office: Office) -> None:
        end_day(LATE)
        collections.run_events(now=noon(LATE))
        day = LATE + timedelta(days=2)
        pay(office, day)

        done = collections.run_events(now=noon(day) + timedelta(seconds=5))

        assert done.closed == 1
        assert (office.case.stage, office.case.close_reason, office.case.closed_on) == (
            "closed",
            "cured",
            day,
        )
        assert events_of(office.case_id)[-1] == "collection.closed"

    def test_when_the_loan_is_settled(self, office: Office) -> None:
        end_day(LATE)
        day = LATE + timedelta(days=2)
        shown = loans.preview_payment(
            office.desk.maker,
            loan_id=office.loan_id,
            amount="",
            value_date=day,
            kind="settlement",
            now=noon(day),
        )
        loans.post(
            office.desk.maker, loan_id=office.loan_id, amount_fen=shown.amount_fen, value_date=day, kind="settlement",
            now=noon(day),
        )  # fmt: skip
        end_day(day)

        assert office.case.close_reason == "settled"

    def test_a_part_payment_closes_nothing(self, office: Office) -> None:
        end_day(LATE)
        pay(office, LATE + timedelta(days=1), 10_000)

        assert end_day(LATE + timedelta(days=1)).closed == 0
        assert office.case.closed_on is None

    def test_a_payment_taken_back_takes_the_case_up_again(self, office: Office) -> None:
        end_day(LATE)
        first = office.case_id
        day = LATE + timedelta(days=1)
        payment = pay(office, day)
        end_day(day)
        loans.reverse(
            office.desk.checker,
            payment_id=payment,
            reason="金额录错，回单不符",
            now=noon(day + timedelta(days=1)),
        )

        done = end_day(day + timedelta(days=1))

        assert (done.reopened, office.case_id, office.case.closed_on) == (1, first, None)

    def test_late_again_next_month_is_another_case(self, office: Office) -> None:
        end_day(LATE)
        first = office.case_id
        pay(office, LATE)
        end_day(LATE)  # finished already
        collections.run_events(now=noon(LATE))
        end_day(LATE + timedelta(days=1))
        end_day(LATE + timedelta(days=32))

        assert office.case_id != first
        assert len(cases()) == 2


class TestPromises:
    def promised(self, office: Office, amount: str = "1000") -> int:
        end_day(LATE)
        return collections.promise(
            office.collector,
            case_id=office.case_id,
            due_date=LATE + timedelta(days=3),
            amount=amount,
            now=at(LATE, 22),
        )

    def status(self, promise_id: int) -> str:
        with reading() as db:
            row = db.get(CollectionPromise, promise_id)
            assert row is not None
            return row.status

    def test_is_kept_by_a_payment_in_time(self, office: Office) -> None:
        promise = self.promised(office)
        pay(office, LATE + timedelta(days=2), 100_000)

        done = end_day(LATE + timedelta(days=2))

        assert (done.kept, self.status(promise)) == (1, "kept")
        assert (office.case.stage, office.case.promise_due_date) == ("contacting", None)

    def test_is_broken_the_day_after_and_its_collector_told(self, office: Office) -> None:
        promise = self.promised(office)
        pay(office, LATE + timedelta(days=2), 99_999)
        assert end_day(LATE + timedelta(days=3)).broken == 0

        done = end_day(LATE + timedelta(days=4))

        assert (done.broken, self.status(promise), office.case.broken_promises) == (1, "broken", 1)

    def test_a_payment_taken_back_breaks_it_after_all(self, office: Office) -> None:
        promise = self.promised(office)
        payment = pay(office, LATE + timedelta(days=2), 100_000)
        end_day(LATE + timedelta(days=2))
        later = LATE + timedelta(days=5)
        loans.reverse(office.desk.checker, payment_id=payment, reason="金额录错，回单不符", now=noon(later))
        end_day(later)

        assert self.status(promise) == "broken"

    def test_an_entry_made_late_for_a_day_in_time_keeps_it(self, office: Office) -> None:
        promise = self.promised(office)
        end_day(LATE + timedelta(days=5))
        assert self.status(promise) == "broken"
        late = LATE + timedelta(days=6)
        loans.post(
            office.desk.maker, loan_id=office.loan_id, amount_fen=100_000, value_date=LATE + timedelta(days=2), now=noon(late)
        )  # fmt: skip
        end_day(late)

        assert (self.status(promise), office.case.broken_promises) == ("kept", 0)
