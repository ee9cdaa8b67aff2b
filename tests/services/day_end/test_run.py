"""The run: taken up where it stopped, by one process at a time, past broken loans, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import RoleCode
from loanhub.jobs import day_end as job
from loanhub.models import DayEndRun, Event, Installment, Loan, LoanSnapshot, ParkedLoan
from loanhub.repositories import day_end as repository
from loanhub.services import day_end
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from loanhub.services.day_end import _lease
from tests.builders import make_company, make_user
from tests.killing import Nursery
from tests.services.loans.builders import Desk, make_desk, make_loan, noon

DISBURSED = date(2026, 1, 15)
MONTH_END = date(2026, 2, 28)
"""Thirteen days after the first due date, and a day of snapshots."""


CHILD = """
from datetime import date, datetime
from loanhub.services import _transaction, day_end
from loanhub.services._actor import SYSTEM

def run(url, day, moment):
    _transaction.configure(_transaction.make_engine(url))
    now = datetime.fromisoformat(moment)
    day_end.catch_up(SYSTEM, until=date.fromisoformat(day), clock=lambda: now, chunk=2)
"""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    found = Nursery(CHILD)
    yield found
    found.close()


@pytest.fixture
def desk(database: Engine) -> Desk:
    make_company()
    return make_desk()


def run_to(day: date, *, now: datetime | None = None, **values: int) -> list[date]:
    return day_end.catch_up(SYSTEM, until=day, clock=lambda: now or noon(day), **values)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Return what the day-end writes, without the clock and the names of processes."""
    with reading() as db:
        return {
            "loans": [tuple(row) for row in db.execute(
                sa.select(Loan.id, Loan.status, Loan.dpd, Loan.bucket, Loan.five_class, Loan.penalty_due_fen,  # type: ignore[call-overload]
                          Loan.provision_fen, Loan.overdue_principal_fen, Loan.as_of_date).order_by(Loan.id))],
            "rows": [tuple(row) for row in db.execute(
                sa.select(Installment.id, Installment.penalty_due_fen).order_by(Installment.id))],  # type: ignore[call-overload]
            "snapshots": [tuple(row) for row in db.execute(
                sa.select(*LoanSnapshot.__table__.columns).order_by(col(LoanSnapshot.loan_id)))],  # type: ignore[attr-defined]
            "runs": [(run.business_date, run.status, run.loans, run.changed, run.replayed, run.totals)
                     for run in db.exec(select(DayEndRun).order_by(col(DayEndRun.business_date))).all()],
            "events": [tuple(row) for row in db.execute(
                sa.select(Event.type, Event.entity_id, Event.summary).where(  # type: ignore[call-overload]
                    col(Event.type).in_(["loan.overdue", "day_end.finished"])).order_by(Event.type, Event.entity_id))],
        }  # fmt: skip


POINTS = (
    "day_end.after_lease", "day_end.mid_chunk", "day_end.before_commit", "transaction.before_commit",
    "day_end.after_chunk", "day_end.before_finish",
)  # fmt: skip


def test_killed_anywhere_it_goes_on_to_the_same_end(desk: Desk, database: Engine, nursery: Nursery) -> None:
    url = database.url.render_as_string(hide_password=False)
    for _ in range(5):
        make_loan(desk, disbursed=DISBURSED)
    eve, day = MONTH_END - timedelta(days=1), MONTH_END
    run_to(eve)

    for point in POINTS:
        assert nursery.dies_at(point, url, day.isoformat(), noon(day).isoformat()), point
        with transaction() as db:  # its lease runs out
            db.execute(sa.update(DayEndRun).values(leased_until=None))
    with reading() as db:
        cut = db.exec(select(DayEndRun).where(DayEndRun.business_date == day)).one()
        assert cut.status == "running" and cut.next_loan_id > 0
    run_to(day, chunk=2)
    killed = everything()
    with transaction() as db:  # the same day once more from the same eve, undisturbed
        db.execute(sa.delete(DayEndRun).where(col(DayEndRun.business_date) == day))
    assert killed["runs"][-1][1:3] == ("finished", 5)
    assert len(killed["snapshots"]) == 5
    assert len([e for e in killed["events"] if e[0] == "loan.overdue"]) == 5
    run_to(day)
    again = everything()
    assert {k: again[k] for k in ("loans", "rows", "snapshots")} == {
        k: killed[k] for k in ("loans", "rows", "snapshots")
    }
    assert again["runs"][-1][5] == killed["runs"][-1][5], "the day's totals"


def test_two_processes_never_run_it_together(desk: Desk) -> None:
    make_loan(desk, disbursed=DISBURSED)
    day = date(2026, 2, 1)
    _lease.acquire(SYSTEM, day, "another", now=noon(day))

    with pytest.raises(day_end.DayEndBusy):
        run_to(day)

    assert run_to(day, now=noon(day) + _lease.LEASE + timedelta(seconds=1)) == [day]


def test_a_process_taken_for_dead_writes_nothing_more(desk: Desk) -> None:
    make_loan(desk, disbursed=DISBURSED)
    day = date(2026, 2, 20)
    run = _lease.acquire(SYSTEM, day, "mine", now=noon(day))
    assert run is not None and run.id is not None
    later = noon(day) + _lease.LEASE + timedelta(seconds=1)
    _lease.acquire(SYSTEM, day, "other", now=later)

    with pytest.raises(_lease.LeaseLost), transaction() as db:
        _lease.hold(db, run.id, "mine", now=later)


def break_loan(loan_id: int) -> dict[str, object]:
    """Make a loan unreadable, as an older release or a hand in the database might; return its terms."""
    with transaction() as db:
        loan = db.get(Loan, loan_id)
        assert loan is not None
        terms = dict(loan.terms)
        loan.terms = {**terms, "method": "unheard_of"}
        db.execute(
            sa.update(Installment).where(col(Installment.loan_id) == loan_id).values(accrual_base=None)
        )
        return terms


def test_a_broken_loan_is_parked_and_the_rest_goes_on(desk: Desk) -> None:
    whole, broken = make_loan(desk, disbursed=DISBURSED), make_loan(desk, disbursed=DISBURSED)
    terms = break_loan(broken)

    run_to(date(2026, 2, 25))
    run_to(date(2026, 2, 26))

    with reading() as db:
        entry = db.exec(select(ParkedLoan)).one()
        assert entry.loan_id == broken and entry.error and entry.resolved_at is None
        assert db.get(Loan, broken).dpd == 0 and db.get(Loan, whole).dpd == 11  # type: ignore[union-attr]
        assert db.exec(select(DayEndRun)).all()[-1].parked == 1
    officer = make_user(RoleCode.FINANCE)
    shown = day_end.overview(officer, now=noon(date(2026, 2, 26)))
    assert [one.loan_id for one in shown.parked] == [broken]
    with pytest.raises(day_end.StillBroken):
        day_end.retry(officer, parked_id=entry.id or 0, now=noon(date(2026, 2, 26)))
    with transaction() as db:
        db.get(Loan, broken).terms = terms  # type: ignore[union-attr]

    day_end.retry(officer, parked_id=entry.id or 0, now=noon(date(2026, 2, 26)))

    with reading() as db:
        assert db.get(Loan, broken).dpd == 11  # type: ignore[union-attr]
        assert db.exec(select(ParkedLoan)).one().resolved_by_id == officer.user_id
    with pytest.raises(NotFound):
        day_end.retry(officer, parked_id=entry.id or 0, now=noon(date(2026, 2, 26)))


def test_a_mended_loan_is_resolved_by_the_next_run(desk: Desk) -> None:
    broken = make_loan(desk, disbursed=DISBURSED)
    terms = break_loan(broken)
    run_to(date(2026, 2, 25))
    with transaction() as db:
        db.get(Loan, broken).terms = terms  # type: ignore[union-attr]

    run_to(date(2026, 2, 26))

    with reading() as db:
        assert db.exec(select(ParkedLoan)).one().resolved_at is not None
        assert db.get(Loan, broken).dpd == 11  # type: ignore[union-attr]


def test_a_failing_chunk_falls_back_to_loan_by_loan(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [make_loan(desk, disbursed=DISBURSED) for _ in range(3)]
    run_to(date(2026, 2, 24))

    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the disk has a bad day")

    monkeypatch.setattr("loanhub.repositories.day_end.write_loans", fail)
    run_to(date(2026, 2, 25))

    with reading() as db:
        assert [db.get(Loan, one).dpd for one in ids] == [10, 10, 10]  # type: ignore[union-attr]
        run = db.exec(select(DayEndRun).order_by(col(DayEndRun.id).desc())).first()
        assert run is not None and (run.replayed, run.loans, run.parked) == (3, 3, 0)


def test_a_posting_made_while_the_book_is_read_is_not_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loanhub.services import loans
    from loanhub.services.day_end import run

    loan_id = make_loan(desk, disbursed=DISBURSED)
    day = date(2026, 2, 25)
    assess = run._assess

    def pay_meanwhile(*arguments: object, **named: object) -> object:
        found = assess(*arguments, **named)  # type: ignore[arg-type]
        loans.post(desk.maker, loan_id=loan_id, amount_fen=2_000_000, value_date=day, now=noon(day))
        return found

    monkeypatch.setattr(run, "_assess", pay_meanwhile)
    run_to(day)

    with reading() as db:
        loan = db.get(Loan, loan_id)
        assert loan is not None and (loan.dpd, loan.status.value) == (0, "active")


@pytest.mark.parametrize(
    "meanwhile",
    [{"version": 7}, {"bucket": "M1"}, {"status": LoanStatus.GRACE}, {"as_of_date": date(2026, 3, 1)}],
    ids=["posted on", "another bucket", "another status", "brought further"],
)
def test_a_loan_that_moved_since_it_was_read_is_not_written(desk: Desk, meanwhile: dict[str, Any]) -> None:
    moved, quiet = make_loan(desk, disbursed=DISBURSED), make_loan(desk, disbursed=DISBURSED)
    day = date(2026, 2, 25)
    with transaction() as db:
        seen = db.get(Loan, quiet)
        assert seen is not None
        version = seen.version
        for name, value in meanwhile.items():
            setattr(db.get(Loan, moved), name, value)
    rows = pl.DataFrame(
        {
            "id": [moved, quiet], "version": version, "seen_status": "active", "seen_bucket": "M0", "status": "overdue",
            "bucket": "M1", "dpd": 10, "five_class": "special_mention", "overdue_principal_fen": 1, "penalty_due_fen": 2,
            "provision_fen": 3, "accrued_interest_fen": 4,
        }
    )  # fmt: skip
    with transaction() as db:
        assert repository.write_loans(db, rows, as_of=day) == {moved}
    with reading() as db:
        written, left = db.get(Loan, quiet), db.get(Loan, moved)
        assert written is not None and (written.dpd, written.bucket, written.as_of_date) == (10, "M1", day)
        assert left is not None and left.dpd == 0 and left.as_of_date != day


def test_the_end_of_a_month_is_kept_even_of_loans_that_stand_later(desk: Desk) -> None:
    from loanhub.services import loans

    late, settled = make_loan(desk, disbursed=DISBURSED), make_loan(desk, disbursed=DISBURSED)
    after = MONTH_END + timedelta(days=2)
    quote = loans.preview_payment(
        desk.maker, loan_id=settled, amount="", value_date=after, kind="settlement", now=noon(after)
    )
    loans.post(
        desk.maker,
        loan_id=settled,
        amount_fen=quote.amount_fen,
        value_date=after,
        kind="settlement",
        now=noon(after),
    )

    run_to(MONTH_END, now=noon(after))

    with reading() as db:
        kept = {one.loan_id: (one.dpd, one.status) for one in db.exec(select(LoanSnapshot)).all()}
    assert kept == {late: (13, "overdue"), settled: (13, "overdue")}


def test_days_missed_are_caught_up_in_order(desk: Desk) -> None:
    make_loan(desk, disbursed=DISBURSED)
    run_to(date(2026, 2, 10))

    assert run_to(date(2026, 2, 13)) == [date(2026, 2, day) for day in (11, 12, 13)]


def test_a_day_to_come_is_refused_and_others_have_no_right(desk: Desk) -> None:
    day = date(2026, 2, 10)
    with pytest.raises(InvalidInput) as refused:
        run_to(day + timedelta(days=1), now=noon(day))
    assert "day" in refused.value.fields
    with pytest.raises(NotPermitted):
        day_end.catch_up(desk.sales, until=day, clock=lambda: noon(day))
    with pytest.raises(NotPermitted):
        day_end.overview(desk.sales, now=noon(day))


def test_the_job_waits_for_five_past_midnight(desk: Desk) -> None:
    make_loan(desk, disbursed=DISBURSED)
    run_to(date(2026, 2, 10))
    midnight = datetime.fromisoformat("2026-02-12T00:00:00+08:00")

    assert job.run(midnight + timedelta(minutes=4)) == []
    assert job.run(midnight + timedelta(minutes=6)) == [date(2026, 2, 11)]
    assert job.run(midnight + timedelta(minutes=7)) == []


def test_the_page_compares_with_the_day_before(desk: Desk) -> None:
    make_loan(desk, disbursed=DISBURSED)
    run_to(date(2026, 2, 18))
    run_to(date(2026, 2, 19))

    shown = day_end.overview(make_user(RoleCode.FINANCE), now=noon(date(2026, 2, 20)))

    assert (shown.day, shown.before, shown.missing) == ("2026-02-19", "2026-02-18", 0)
    first = next(line for line in shown.buckets if line.label.startswith("M1"))
    assert (first.loans, first.balance, first.change) == ("1", "120,000.00", "+¥120,000.00")
