"""Every amount of the loan page says where it comes from, and says the same amount the page shows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import loans
from loanhub.services.loans.why import why
from tests.builders import make_company, make_user
from tests.services.loans.builders import Desk, make_desk, make_loan, noon

OUT = date(2026, 1, 20)
TODAY = date(2026, 5, 3)


@pytest.fixture
def desk(database: Engine) -> Desk:
    make_company(noon(OUT))
    return make_desk()


def paid_loan(desk: Desk) -> int:
    """Return a loan with a late first payment, a partial second one, and an overdue third."""
    loan_id = make_loan(desk, disbursed=OUT)
    for day, amount in ((date(2026, 2, 26), 1_070_000), (date(2026, 3, 20), 500_000)):
        loans.post(
            desk.maker, loan_id=loan_id, amount_fen=amount, value_date=day, key=f"k{day}", now=noon(day)
        )
    return loan_id


class TestWhy:
    def test_says_the_amount_of_every_cell(self, desk: Desk) -> None:
        loan_id = paid_loan(desk)
        view = loans.loan_view(desk.maker, loan_id=loan_id, now=noon(TODAY))

        for row in view.rows:
            for part in ("principal", "interest", "fee", "penalty", "total", "paid", "balance"):
                told = why(desk.maker, loan_id=loan_id, part=part, period=int(row.number), now=noon(TODAY))
                shown = getattr(row, part).replace("—", "0.00")
                assert told.amount.removeprefix("¥") == shown, (part, row.number)
                assert told.formula and told.source and told.title.startswith(f"第 {row.number} 期")

    def test_says_the_figures_of_the_head_and_the_settlement(self, desk: Desk) -> None:
        loan_id, now = paid_loan(desk), noon(TODAY)
        view = loans.loan_view(desk.maker, loan_id=loan_id, now=now)
        quote = loans.quote(desk.maker, loan_id=loan_id, on=TODAY + timedelta(days=3), now=now)

        def told(part: str, on: date | None = None) -> str:
            return why(desk.maker, loan_id=loan_id, part=part, on=on, now=now).amount.removeprefix("¥")

        assert told("disbursed") == view.principal
        assert told("outstanding") == view.outstanding
        assert told("due") == view.due
        assert told("received") == view.received == "15,700.00"
        assert told("settle_total", TODAY + timedelta(days=3)) == quote.total.removeprefix("¥")

    def test_a_formula_can_be_worked_out_with_a_calculator(self, desk: Desk) -> None:
        loan_id = paid_loan(desk)
        told = why(desk.maker, loan_id=loan_id, part="interest", period=1, now=noon(TODAY))

        assert told.formula == "期初本金 ¥120,000.00 × 年利率 12.00% ÷ 12"
        assert Decimal(told.amount[1:].replace(",", "")) == Decimal("120000") * Decimal("0.12") / 12
        assert ("天数", "31 天") in told.inputs and told.rounding

    def test_penalty_sums_to_its_steps(self, desk: Desk) -> None:
        loan_id = paid_loan(desk)
        told = why(desk.maker, loan_id=loan_id, part="penalty", period=3, now=noon(TODAY))

        assert told.steps and told.amount != "¥0.00"
        fen = [int(step.result[1:].replace(",", "").replace(".", "")) for step in told.steps]
        assert sum(fen) == int(told.amount[1:].replace(",", "").replace(".", ""))

    def test_names_the_event_behind(self, desk: Desk) -> None:
        loan_id = paid_loan(desk)

        paid = why(desk.maker, loan_id=loan_id, part="paid", period=1, now=noon(TODAY))
        agreed = why(desk.maker, loan_id=loan_id, part="interest", period=1, now=noon(TODAY))

        assert (
            paid.events[-1].label == "收到还款"
            and paid.events[-1].payment_id
            and paid.events[-1].by == "罗敏"
        )
        assert [event.label for event in agreed.events] == ["放款"]

    def test_refuses_what_is_not_there_and_strangers(self, desk: Desk) -> None:
        loan_id = paid_loan(desk)

        for part, period in (("interest", 99), ("nonsense", 1), ("__class__", 0)):
            with pytest.raises(InvalidInput):
                why(desk.maker, loan_id=loan_id, part=part, period=period, now=noon(TODAY))
        stranger = make_user(RoleCode.SALES, name="外人")
        with pytest.raises(NotFound):
            why(stranger, loan_id=loan_id, part="due", now=noon(TODAY))
