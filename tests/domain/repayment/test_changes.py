"""What changes the terms of a loan or its books: worked examples, and what is refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.allocation import PRINCIPAL_FIRST_ORDER, Component
from loanhub.domain.repayment.delinquency import FiveClass
from loanhub.domain.repayment.posting import Posting, PostingKind
from loanhub.domain.repayment.prepayment import PrepaymentMode, prepay_within
from loanhub.domain.repayment.servicing import ServicingOptions, preview, replay, settlement_quote
from loanhub.domain.repayment.terms import CustomRow, InterestBasis
from tests.domain.repayment.strategies import plain_terms

PAYMENT = 899_754
INTEREST_ONLY = plain_terms(method="interest_only", periods=6, annual_rate=Decimal("0.06"))


def post(sequence, kind, day, amount_fen=0, **given):
    return Posting(
        sequence=sequence, kind=kind, value_date=date.fromisoformat(day), amount_fen=amount_fen, **given
    )


def paid(periods=1):
    return [post(k, PostingKind.PAYMENT, f"2026-{k + 1:02d}-15", PAYMENT) for k in range(1, periods + 1)]


def at(day, *postings, terms=None, options=None):
    return replay(
        terms or plain_terms(), postings, as_of=date.fromisoformat(day), options=options or ServicingOptions()
    )


def refusal(day, postings, posting, *, terms=None, options=None):
    with pytest.raises(InvalidInput) as refused:
        preview(
            terms or plain_terms(), postings, posting, as_of=date.fromisoformat(day),
            options=options or ServicingOptions(),
        )  # fmt: skip
    return refused.value.fields


class TestPrepaymentBetweenDueDates:
    def test_recomputes_the_rest_and_charges_the_repaid_part_for_its_days(self):
        prepaid = post(2, PostingKind.PREPAYMENT, "2026-02-25", 2_000_000, prepay_fen=2_000_000)

        state = at("2026-02-25", *paid(), prepaid)

        current, following = state.installments[1:3]
        assert current.installment.interest_fen == 94_643  # 86,642.952 on the rest, 8,000.00 on what is gone
        assert current.installment.principal_fen == 2_617_942
        assert (current.paid.principal_fen, current.open.principal_fen) == (2_000_000, 617_942)
        assert following.installment.payment_fen == 704_585
        assert state.outstanding_principal_fen == 7_220_246
        assert state.changes[0].new_payment_fen == 704_585

    def test_may_keep_the_payment(self):
        prepaid = post(
            2, PostingKind.PREPAYMENT, "2026-02-25", 2_000_000, prepay_fen=2_000_000,
            mode=PrepaymentMode.SHORTEN_TERM,
        )  # fmt: skip

        state = at("2026-02-25", *paid(), prepaid)

        assert {row.installment.payment_fen for row in state.installments[2:9]} == {PAYMENT}
        assert (state.last_due_date, state.installments[-1].installment.payment_fen) == (
            date(2026, 11, 15),
            440_721,
        )

    def test_twice_in_a_period_and_then_all(self):
        postings = [
            *paid(),
            post(2, PostingKind.PREPAYMENT, "2026-02-20", 1_000_000, prepay_fen=1_000_000),
            post(3, PostingKind.PREPAYMENT, "2026-02-25", 1_000_000, prepay_fen=1_000_000),
        ]
        quote = settlement_quote(plain_terms(), postings, on=date(2026, 3, 1))

        assert quote.principal_fen == 7_220_246
        exact = Decimal("0.144") * (7_220_246 * 14 + 1_000_000 * 5 + 1_000_000 * 10) / 360
        assert quote.accrued_interest_fen == round(exact)
        last = post(4, PostingKind.SETTLEMENT, "2026-03-01", quote.total_fen)
        assert at("2026-03-02", *postings, last).settled_date == date(2026, 3, 1)

    def test_takes_the_fee_and_overpayment_held(self):
        options = ServicingOptions(prepayment_fee_rate=Decimal("0.01"))
        postings = [post(1, PostingKind.PAYMENT, "2026-02-15", PAYMENT + 5_000)]
        prepaid = post(2, PostingKind.PREPAYMENT, "2026-02-25", 500_000, prepay_fen=500_000)

        tried = preview(plain_terms(), postings, prepaid, as_of=date(2026, 2, 25), options=options)

        assert tried.after.suspense_fen == 0
        assert tried.after.installments[1].paid.fee_fen == 5_000
        short = replace(prepaid, amount_fen=499_999)
        assert "amount_fen" in refusal("2026-02-25", postings, short, options=options)

    def test_on_act_bases_counts_both_balances_by_days(self):
        terms = plain_terms(method="interest_only", interest_basis=InterestBasis.ACT_365)
        plan = prepay_within(
            terms,
            on=date(2026, 1, 25),
            prepay_fen=4_000_000,
            mode=PrepaymentMode.REDUCE_PAYMENT,
        )

        state = at(
            "2026-01-25",
            post(1, PostingKind.PREPAYMENT, "2026-01-25", 4_000_000, prepay_fen=4_000_000),
            terms=terms,
        )

        exact = Decimal("0.144") * (10_000_000 * 10 + 6_000_000 * 21) / 365
        assert state.installments[0].installment.interest_fen == round(exact)
        assert plan.balance_after_fen == 6_000_000

    def test_is_refused_while_anything_is_overdue(self):
        prepaid = post(1, PostingKind.PREPAYMENT, "2026-02-16", 5_000_000, prepay_fen=1_000_000)

        assert "请先还清" in refusal("2026-02-16", [], prepaid)["amount_fen"]

    @pytest.mark.parametrize(("method", "periods"), [("bullet", 3), ("flat", 12)])
    def test_is_refused_for_methods_without_it(self, method, periods):
        flat = {"annual_rate": Decimal(0), "flat_monthly_rate": Decimal("0.0075")} if method == "flat" else {}
        terms = plain_terms(method=method, periods=periods, **flat)
        prepaid = post(1, PostingKind.PREPAYMENT, "2026-01-20", 1_000_000, prepay_fen=1_000_000)

        assert "mode" in refusal("2026-01-20", [], prepaid, terms=terms)


class TestRateChange:
    def test_holds_from_the_next_period(self):
        state = at(
            "2026-02-25", *paid(), post(2, PostingKind.RATE_CHANGE, "2026-02-25", annual_rate=Decimal("0.12"))
        )

        assert [row.installment.payment_fen for row in state.installments[1:4]] == [PAYMENT, 890_177, 890_177]
        assert (state.changes[0].old_annual_rate, state.changes[0].new_annual_rate) == (
            Decimal("0.144"),
            Decimal("0.12"),
        )

    def test_of_the_day_a_payment_was_kept_recomputes_it(self):
        shortened = post(
            2, PostingKind.PREPAYMENT, "2026-03-15", PAYMENT + 2_000_000, prepay_fen=2_000_000,
            mode=PrepaymentMode.SHORTEN_TERM,
        )  # fmt: skip
        change = post(3, PostingKind.RATE_CHANGE, "2026-03-15", annual_rate=Decimal("0.12"))

        rest = at("2026-03-15", *paid(), shortened, change).installments[2:]

        assert rest[0].installment.payment_fen != PAYMENT
        assert abs(rest[-1].installment.payment_fen - rest[0].installment.payment_fen) < 10

    def test_may_hold_from_the_very_day_on_a_daily_basis(self):
        terms = plain_terms(method="interest_only", interest_basis=InterestBasis.ACT_360)
        change = post(1, PostingKind.RATE_CHANGE, "2026-01-25", annual_rate=Decimal("0.12"), split=True)

        state = at("2026-01-25", change, terms=terms)

        assert state.installments[0].installment.interest_fen == 40_000 + 70_000
        assert state.installments[0].penalty_terms.annual_rate == Decimal("0.12")

    @pytest.mark.parametrize(
        ("changes", "given", "day", "field"),
        [
            ({}, {"annual_rate": None}, "2026-01-20", "annual_rate"),
            ({}, {"annual_rate": Decimal(10)}, "2026-01-20", "annual_rate"),
            ({}, {"annual_rate": Decimal("-0.01")}, "2026-01-20", "annual_rate"),
            ({}, {"split": True}, "2026-01-20", "split"),
            ({"periods": 1}, {}, "2026-01-20", "value_date"),
            ({"method": "bullet"}, {}, "2026-01-20", "value_date"),
            ({}, {}, "2027-01-15", "value_date"),
            (
                {"method": "flat", "annual_rate": Decimal(0), "flat_monthly_rate": Decimal("0.0075")},
                {}, "2026-01-20", "annual_rate",
            ),
        ],
    )  # fmt: skip
    def test_is_refused_where_it_cannot_hold(self, changes, given, day, field):
        change = post(1, PostingKind.RATE_CHANGE, day, **({"annual_rate": Decimal("0.12")} | given))

        assert field in refusal(day, [], change, terms=plain_terms(**changes))


class TestExtension:
    def test_stretches_what_is_not_due(self):
        state = at("2026-02-25", *paid(), post(2, PostingKind.EXTENSION, "2026-02-25", months=3))

        assert state.last_due_date == date(2027, 4, 15)
        assert state.installments[1].installment.payment_fen == 719_393
        assert state.installments[-1].installment.payment_fen == 719_397
        assert (state.extended, state.five_class) == (True, FiveClass.SPECIAL_MENTION)

    def test_of_a_bullet_loan_counts_days_overdue_from_the_new_date(self):
        terms = plain_terms(method="bullet", periods=3)
        extended = post(1, PostingKind.EXTENSION, "2026-04-10", months=2)

        state = at("2026-05-20", extended, terms=terms)
        as_agreed_at_first = at("2026-04-09", extended, terms=terms)

        assert (state.dpd, state.installments[0].due_date) == (0, date(2026, 6, 15))
        assert state.installments[0].installment.interest_fen == 600_000
        assert as_agreed_at_first.installments[0].due_date == date(2026, 4, 15)
        assert at("2026-06-16", extended, terms=terms).dpd == 1

    def test_of_a_custom_schedule_moves_the_rows_to_come(self):
        terms = plain_terms(
            method="custom",
            periods=2,
            custom_rows=(
                CustomRow(date(2026, 4, 15), 4_000_000, 1),
                CustomRow(date(2026, 7, 30), 6_000_000, 2),
            ),
        )
        paid_first = post(1, PostingKind.PAYMENT, "2026-04-15", 4_000_001)

        state = at(
            "2026-05-01", paid_first, post(2, PostingKind.EXTENSION, "2026-05-01", months=1), terms=terms
        )

        assert [row.due_date for row in state.installments] == [date(2026, 4, 15), date(2026, 8, 30)]

    @pytest.mark.parametrize(
        ("postings", "months", "day", "field"),
        [
            ([], 2, "2026-02-16", "value_date"),
            (paid(11), 2, "2027-01-15", "value_date"),
            ([], 0, "2026-02-01", "months"),
            ([], 601, "2026-02-01", "months"),
            ([], 590, "2026-02-01", "months"),
        ],
    )
    def test_is_refused_when_late_or_absurd(self, postings, months, day, field):
        assert field in refusal(day, postings, post(20, PostingKind.EXTENSION, day, months=months))


class TestAcceleration:
    def test_makes_the_whole_balance_due_that_day(self):
        accelerated = post(2, PostingKind.ACCELERATION, "2026-03-25")

        state = at("2026-03-26", *paid(), accelerated)

        last = state.installments[-1]
        assert (last.due_date, last.installment.principal_fen) == (date(2026, 3, 25), 8_431_135)
        assert last.installment.interest_fen == 33_725
        assert last.penalty_accrued_fen == 5_059  # one day at 21.6 %
        assert state.delinquency.overdue_principal_fen == 9_220_246
        assert settlement_quote(plain_terms(), [*paid(), accelerated], on=date(2026, 3, 26)).total_fen == (
            state.amount_due_fen
        )

    def test_takes_the_overpayment_held(self):
        over = post(1, PostingKind.PAYMENT, "2026-02-15", PAYMENT + 10_000)

        state = at("2026-02-20", over, post(2, PostingKind.ACCELERATION, "2026-02-20"))

        assert state.suspense_fen == 0

    def test_is_refused_once_everything_is_due(self):
        assert "value_date" in refusal("2027-01-15", [], post(1, PostingKind.ACCELERATION, "2027-01-15"))


class TestRestructure:
    def restructured(self, **given):
        return post(2, PostingKind.RESTRUCTURE, "2026-04-25", new_terms=INTEREST_ONLY, **given)

    def test_carries_what_is_unpaid_without_interest(self):
        state = at("2026-04-26", *paid(), self.restructured())

        carried, first = (row for row in state.installments if row.due_date == date(2026, 5, 25))
        assert carried.carried
        assert (carried.open.interest_fen, carried.open.penalty_fen) == (
            110_643 + 101_174 + 30_530,
            19_412 + 4_791,
        )
        assert carried.penalty_terms.multiplier == 0
        assert (first.installment.opening_fen, first.installment.interest_fen) == (9_220_246, 46_101)
        assert (state.dpd, state.restructured, state.five_class) == (0, True, FiveClass.SPECIAL_MENTION)
        later = at("2026-08-01", *paid(), self.restructured())
        assert later.installments[3].open == carried.open

    def test_or_waives_it(self):
        state = at("2026-04-26", *paid(), self.restructured(carry=False))

        waived = {part: sum(w.amount_fen for w in state.waivers if w.component is part) for part in Component}
        assert waived[Component.INTEREST] == 242_347
        assert waived[Component.PENALTY] == 24_203
        assert waived[Component.PRINCIPAL] == 0
        assert not any(row.carried for row in state.installments)

    def test_keeps_a_non_performing_loan_non_performing(self):
        state = at("2026-08-26", post(1, PostingKind.RESTRUCTURE, "2026-08-25", new_terms=INTEREST_ONLY))

        assert (state.dpd, state.five_class) == (0, FiveClass.SUBSTANDARD)

    def test_keeps_what_was_repaid_early_in_the_period(self):
        prepaid = post(2, PostingKind.PREPAYMENT, "2026-02-20", 1_000_000, prepay_fen=1_000_000)
        again = replace(self.restructured(), sequence=3, value_date=date(2026, 2, 25))

        state = at("2026-02-25", *paid(), prepaid, again)

        assert state.outstanding_principal_fen == 8_220_246
        assert sum(row.installment.principal_fen for row in state.installments) == 10_000_000

    def test_settles_with_what_was_carried(self):
        postings = [*paid(), self.restructured()]
        quote = settlement_quote(plain_terms(), postings, on=date(2026, 5, 1))

        assert quote.due_fen == 242_347 + 24_203
        last = post(3, PostingKind.SETTLEMENT, "2026-05-01", quote.total_fen)
        assert at("2026-05-01", *postings, last).settled_date == date(2026, 5, 1)

    @pytest.mark.parametrize(
        ("new_terms", "field"),
        [
            (None, "method"),
            (plain_terms(method="balloon"), "amortization_periods"),
            (plain_terms(method="tontine"), "method"),
        ],
    )
    def test_refuses_terms_that_cannot_be(self, new_terms, field):
        posting = replace(self.restructured(), new_terms=new_terms)

        assert field in refusal("2026-04-25", paid(), posting)


class TestWriteOffAndRecovery:
    POSTINGS = (*paid(), post(2, PostingKind.WRITE_OFF, "2026-04-25"))

    def test_takes_the_principal_off_the_books_and_lets_the_claim_go_on(self):
        state = at("2026-04-26", *self.POSTINGS)

        assert (state.book_principal_fen, state.written_off_fen) == (0, 9_220_246)
        assert state.outstanding_principal_fen == 9_220_246
        assert state.due_penalty_fen > at("2026-04-25", *self.POSTINGS).due_penalty_fen
        assert state.five_class is FiveClass.LOSS

    def test_recovers_cost_principal_interest_in_that_order(self):
        recovery = post(3, PostingKind.RECOVERY, "2026-04-25", 1_700_000)

        state = at("2026-04-25", *self.POSTINGS, recovery)

        assert [(a.component, a.amount_fen, a.off_book) for a in state.allocations_of(3)] == [
            (Component.PRINCIPAL, 789_111, True),
            (Component.PRINCIPAL, 798_580, True),
            (Component.INTEREST, 110_643, True),
            (Component.INTEREST, 1_666, True),
        ]
        assert state.recovered_fen == 1_700_000

    def test_refuses_everything_else(self):
        for kind in PostingKind:
            if kind not in (PostingKind.RECOVERY, PostingKind.REVERSAL):
                posting = post(3, kind, "2026-04-26", 100 if kind.needs_amount else 0)
                assert "核销" in refusal("2026-04-26", self.POSTINGS, posting)["value_date"]

    def test_is_reversed_before_anything_under_it(self):
        recovered = [*self.POSTINGS, post(3, PostingKind.RECOVERY, "2026-04-26", 100)]
        for reverses in (1, 2):
            undo = post(4, PostingKind.REVERSAL, "2026-04-26", reverses=reverses)
            assert "reverses" in refusal("2026-04-26", recovered, undo)

    @pytest.mark.parametrize(
        ("postings", "posting", "field"),
        [
            (paid(), post(2, PostingKind.WRITE_OFF, "2026-02-20"), "value_date"),
            ([], post(2, PostingKind.WRITE_OFF, "2026-04-25", 1), "amount_fen"),
            (
                [post(1, PostingKind.PAYMENT, "2026-04-24", 5)],
                post(2, PostingKind.WRITE_OFF, "2026-04-20"),
                "value_date",
            ),
            (paid(), post(2, PostingKind.RECOVERY, "2026-04-25", 1), "value_date"),
            (POSTINGS, post(3, PostingKind.RECOVERY, "2026-04-24", 1), "value_date"),
        ],
    )
    def test_is_refused_out_of_order(self, postings, posting, field):
        assert field in refusal("2026-04-26", postings, posting)


class TestLateOrder:
    def test_pays_principal_first_beyond_ninety_days(self):
        options = ServicingOptions(late_order=PRINCIPAL_FIRST_ORDER)

        def first(day):
            given = post(1, PostingKind.PAYMENT, day, 100_000)
            return at(day, given, options=options).allocations_of(1)[0].component

        assert first("2026-05-16") is Component.PENALTY  # 90 days
        assert first("2026-05-17") is Component.PRINCIPAL

    def test_looks_at_the_day_as_it_begins(self):
        options = ServicingOptions(late_order=PRINCIPAL_FIRST_ORDER)
        twice = [
            post(1, PostingKind.PAYMENT, "2026-05-17", 890_000),
            post(2, PostingKind.PAYMENT, "2026-05-17", 500_000),
        ]

        one = at("2026-05-17", post(1, PostingKind.PAYMENT, "2026-05-17", 1_390_000), options=options)
        two = at("2026-05-17", *twice, options=options)

        assert [row.paid for row in one.installments] == [row.paid for row in two.installments]

    def test_reads_back(self):
        options = ServicingOptions(late_order=PRINCIPAL_FIRST_ORDER)

        assert ServicingOptions.parse(options.as_dict()) == options
        with pytest.raises(InvalidInput):
            ServicingOptions(late_order=PRINCIPAL_FIRST_ORDER[:4])


class TestRefusals:
    def test_of_a_settled_loan_leave_only_the_refund(self):
        terms = plain_terms(method="bullet", periods=1)
        settled = [post(1, PostingKind.PAYMENT, "2026-02-15", 10_120_000 + 500)]
        for kind in PostingKind:
            posting = post(2, kind, "2026-02-16", 500 if kind.needs_amount else 0)
            if kind is PostingKind.REFUND:
                assert preview(terms, settled, posting, as_of=date(2026, 2, 16)).after.refunded_fen == 500
            elif kind is not PostingKind.REVERSAL:
                assert refusal("2026-02-16", settled, posting, terms=terms)

    @pytest.mark.parametrize(
        ("posting", "field"),
        [
            (post(1, PostingKind.PAYMENT, "2026-02-16", 1), "value_date"),
            (post(1, PostingKind.PAYMENT, "2026-01-14", 1), "value_date"),
            (post(1, PostingKind.PAYMENT, "2026-02-15", 0), "amount_fen"),
            (post(1, PostingKind.PAYMENT, "2026-02-15", -1), "amount_fen"),
            (post(1, PostingKind.PAYMENT, "2026-02-15", 10**14 + 1), "amount_fen"),
            (post(1, PostingKind.EXTENSION, "2026-02-15", 5, months=1), "amount_fen"),
            (post(1, PostingKind.PREPAYMENT, "2026-02-10", 5), "prepay_fen"),
            (post(1, PostingKind.PREPAYMENT, "2026-02-10", 5, prepay_fen=10**9), "prepay_fen"),
            (post(1, PostingKind.REVERSAL, "2026-02-15", reverses=9), "reverses"),
        ],
    )
    def test_name_the_field(self, posting, field):
        assert field in refusal("2026-02-15", [], posting)

    def test_of_a_reversal_of_a_reversal(self):
        known = [*paid(), post(2, PostingKind.REVERSAL, "2026-02-16", reverses=1)]

        assert (
            "冲正"
            in refusal("2026-02-16", known, post(3, PostingKind.REVERSAL, "2026-02-16", reverses=2))[
                "reverses"
            ]
        )

    def test_of_what_others_stand_on(self):
        terms = plain_terms(method="interest_only", periods=3)
        known = [
            post(1, PostingKind.EXTENSION, "2026-02-01", months=3),
            post(2, PostingKind.RATE_CHANGE, "2026-05-20", annual_rate=Decimal("0.12")),
        ]
        undo = post(3, PostingKind.REVERSAL, "2026-05-20", reverses=1)

        assert "利率调整" in refusal("2026-05-20", known, undo, terms=terms)["reverses"]
