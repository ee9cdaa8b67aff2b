"""The LPR and cap tables: entered by one, reviewed by another; what holds on a day; what is refused at its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from loanhub.domain.caps import LenderType
from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.repayment.cost import Fee, FeeTiming, cost_of
from loanhub.domain.repayment.lpr_link import LprTenor
from loanhub.domain.repayment.options import ServicingOptions
from loanhub.services import parameters, rates
from loanhub.services._transaction import reading, transaction
from loanhub.services.rates import CapForm, CostAboveCap
from loanhub.services.rates._dual import OwnEntry, StaleRate
from loanhub.services.rates.cap import AlreadyReplaced
from loanhub.services.rates.lpr import published_day
from tests.domain.repayment.strategies import plain_terms
from tests.people import NOON, make_company

TODAY = date(2026, 11, 20)
NEXT = date(2026, 12, 21)
FORM = CapForm(
    label="地方小贷细则",
    lender_type="microloan",
    limit="18",
    valid_from=date(2026, 12, 1),
    source="地方金融管理局细则第十条",
)


@pytest.fixture
def people(database):
    return make_company()


def _refused(work):
    with pytest.raises(InvalidInput) as fault:
        work()
    return fault.value.fields


class TestLpr:
    def test_the_shipped_table_says_what_held_on_each_day(self, people):
        with reading() as db:
            assert rates.lpr_on(db, date(2019, 8, 19)) is None
            assert rates.lpr_on(db, date(2019, 8, 20)) == Decimal("0.0425")
            assert rates.lpr_on(db, date(2024, 10, 20)) == Decimal("0.0335")
            assert rates.lpr_on(db, date(2024, 10, 21)) == Decimal("0.031")
            assert rates.lpr_on(db, TODAY, LprTenor.FIVE_YEARS) == Decimal("0.035")

    def test_counts_once_another_person_has_reviewed_it(self, people):
        finance, credit = people.actor("finance"), people.actor("credit")
        lpr_id, warnings = rates.enter_lpr(
            finance, effective_from=NEXT, one_year="2.95", five_year="3.45%", now=NOON
        )
        assert warnings == ()
        with reading() as db:
            assert rates.lpr_on(db, NEXT) == Decimal("0.03")
        rates.review_lpr(credit, lpr_id=lpr_id, expected_version=1, now=NOON)
        with reading() as db:
            assert rates.lpr_on(db, NEXT - timedelta(days=1)) == Decimal("0.03")
            assert rates.lpr_on(db, NEXT) == Decimal("0.0295")
        with pytest.raises(StaleRate):
            rates.review_lpr(credit, lpr_id=lpr_id, now=NOON)
        with pytest.raises(StaleRate):
            rates.withdraw_lpr(finance, lpr_id=lpr_id, now=NOON)

    def test_nobody_reviews_an_entry_of_their_own(self, people):
        finance = people.actor("finance")
        lpr_id, _ = rates.enter_lpr(finance, effective_from=NEXT, one_year="2.95", five_year="3.45", now=NOON)
        both = replace(finance, permissions=finance.permissions | people.actor("credit").permissions)
        with pytest.raises(OwnEntry):
            rates.review_lpr(both, lpr_id=lpr_id, now=NOON)
        with pytest.raises(NotPermitted):
            rates.review_lpr(finance, lpr_id=lpr_id, now=NOON)

    def test_a_pending_entry_can_be_taken_back_and_entered_again(self, people):
        finance = people.actor("finance")
        lpr_id, _ = rates.enter_lpr(finance, effective_from=NEXT, one_year="2.95", five_year="3.45", now=NOON)
        with pytest.raises(StaleRate):
            rates.withdraw_lpr(finance, lpr_id=lpr_id, expected_version=9, now=NOON)
        rates.withdraw_lpr(finance, lpr_id=lpr_id, expected_version=1, now=NOON)
        with pytest.raises(NotFound):
            rates.review_lpr(people.actor("credit"), lpr_id=lpr_id, now=NOON)
        rates.enter_lpr(finance, effective_from=NEXT, one_year="2.90", five_year="3.40", now=NOON)

    @pytest.mark.parametrize(
        ("day", "one_year", "five_year", "field"),
        [
            (None, "3.00", "3.50", "effective_from"),
            (date(2019, 8, 19), "3.00", "3.50", "effective_from"),
            (TODAY + timedelta(days=46), "3.00", "3.50", "effective_from"),
            (date(2025, 12, 22), "3.00", "3.50", "effective_from"),
            (NEXT, "3.02", "3.50", "one_year"),
            (NEXT, "", "3.50", "one_year"),
            (NEXT, "三", "3.50", "one_year"),
            (NEXT, "-3", "3.50", "one_year"),
            (NEXT, "0", "3.50", "one_year"),
            (NEXT, "3.00", "20.05", "five_year"),
            (NEXT, "3.00", "1e1", "five_year"),
            (NEXT, "3.00", "2.95", "five_year"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, people, day, one_year, five_year, field):
        finance = people.actor("finance")
        before = len(rates.list_lpr(finance, now=NOON))

        fields = _refused(
            lambda: rates.enter_lpr(
                finance, effective_from=day, one_year=one_year, five_year=five_year, now=NOON
            )
        )
        assert list(fields) == [field]
        assert len(rates.list_lpr(finance, now=NOON)) == before

    def test_an_odd_day_or_a_long_step_is_pointed_out(self, people):
        _, warnings = rates.enter_lpr(
            people.actor("finance"),
            effective_from=date(2026, 12, 20),
            one_year="2.50",
            five_year="3.50",
            now=NOON,
        )

        assert published_day(2026, 12) == NEXT
        assert len(warnings) == 2
        assert "2026-12-21" in warnings[0]
        assert "变动较大" in warnings[1]

    def test_only_those_who_keep_the_tables_see_them(self, people):
        for login in ("sales", "auditor", "contracts"):
            with pytest.raises(NotPermitted):
                rates.list_lpr(people.actor(login), now=NOON)
            with pytest.raises(NotPermitted):
                rates.list_caps(people.actor(login), now=NOON)
        assert rates.list_lpr(people.actor("manager"), now=NOON)[0].state == "in_force"


class TestCaps:
    def test_ships_the_rules_of_the_law(self, people):
        rows = {row.label: row for row in rates.list_caps(people.actor("manager"), now=NOON)}

        assert [row.state for row in rows.values()] == ["in_force"] * 4 + ["future"]
        assert rows["小贷公司综合融资成本上限"].standard == "24.00%"
        assert rows["民间借贷 4 倍 LPR 上限"].standard == "一年期 LPR 的 4 倍（12.00%）"
        assert all(row.source for row in rows.values())

    @pytest.mark.parametrize(
        ("on", "warned", "blocked"),
        [(date(2025, 12, 23), 0, 0), (TODAY, 1, 0), (date(2027, 12, 31), 1, 0), (date(2028, 1, 1), 0, 1)],
    )
    def test_the_rule_of_the_contract_day_holds(self, people, on, warned, blocked):
        cost = cost_of(plain_terms(annual_rate=Decimal("0.13")))
        with reading() as db:
            found = rates.verdict_of(db, cost, on=on, months=12, now=NOON)

        assert (len(found.warned_by), len(found.blocked_by)) == (warned, blocked)

    def test_a_row_counts_once_reviewed_and_replaces_the_one_it_names(self, people):
        finance, credit = people.actor("finance"), people.actor("credit")
        cost = cost_of(plain_terms(annual_rate=Decimal("0.20")))
        on = date(2026, 12, 1)

        def blocked():
            with reading() as db:
                return rates.verdict_of(db, cost, on=on, months=12, now=NOON).is_blocked

        first = rates.enter_cap(finance, form=FORM, now=NOON)
        assert not blocked()
        with pytest.raises(NotPermitted):
            rates.review_cap(finance, cap_id=first, now=NOON)
        rates.review_cap(credit, cap_id=first, expected_version=1, now=NOON)
        assert blocked()
        second = rates.enter_cap(finance, form=replace(FORM, limit="21"), replaces_id=first, now=NOON)
        assert blocked()
        with pytest.raises(AlreadyReplaced):
            rates.enter_cap(finance, form=FORM, replaces_id=first, now=NOON)
        rates.review_cap(credit, cap_id=second, now=NOON)
        assert not blocked()
        states = {row.id: row.state for row in rates.list_caps(credit, now=NOON)}
        assert (states[first], states[second]) == ("replaced", "future")

    def test_a_row_nobody_reviewed_can_be_declined(self, people):
        cap_id = rates.enter_cap(people.actor("admin"), form=FORM, now=NOON)
        rates.withdraw_cap(people.actor("manager"), cap_id=cap_id, now=NOON)
        with pytest.raises(NotFound):
            rates.review_cap(people.actor("manager"), cap_id=cap_id, now=NOON)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"label": " "}, "label"),
            ({"lender_type": "pawnshop"}, "lender_type"),
            ({"customer_kind": "x"}, "customer_kind"),
            ({"measure": ""}, "measure"),
            ({"limit": ""}, "limit"),
            ({"limit": "36.01"}, "limit"),
            ({"limit": "abc"}, "limit"),
            ({"lpr_multiple": "4"}, "limit"),
            ({"limit": "", "lpr_multiple": "5"}, "lpr_multiple"),
            ({"valid_from": None}, "valid_from"),
            ({"valid_to": date(2026, 11, 30)}, "valid_to"),
            ({"action": "shout"}, "action"),
            ({"source": ""}, "source"),
            ({"exempt_months": "1.5"}, "exempt_months"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_field(self, people, change, field):
        finance = people.actor("finance")
        before = len(rates.list_caps(finance, now=NOON))

        assert field in _refused(lambda: rates.enter_cap(finance, form=replace(FORM, **change), now=NOON))
        assert len(rates.list_caps(finance, now=NOON)) == before


class TestChecks:
    def test_a_loan_above_the_cap_cannot_be_made_and_says_why(self, people):
        fee = Fee(code="service", label="服务费", timing=FeeTiming.UPFRONT, rate=Decimal("0.06"))
        with reading() as db:
            terms = plain_terms(annual_rate=Decimal("0.144"))
            found = rates.check_terms_cost(db, terms, on=TODAY, now=NOON)
            assert "14.40%" in found.warnings[0]
            assert "12.00%" in found.warnings[0]
            with pytest.raises(CostAboveCap, match=r"24\.00%"):
                rates.check_terms_cost(db, terms, [fee], on=TODAY, now=NOON)

    def test_whose_loan_it_is_decides(self, people):
        options = ServicingOptions(penalty_multiplier=Decimal("1.5"))
        terms = plain_terms(annual_rate=Decimal("0.10"))
        with transaction() as db:
            assert rates.lender_type_of(db, now=NOON) is LenderType.MICROLOAN
            assert rates.check_terms_cost(db, terms, options=options, on=TODAY, now=NOON).warnings == ()
            parameters.put(db, "lender", {"type": "private"})
            with pytest.raises(CostAboveCap, match="罚息"):
                rates.check_terms_cost(db, terms, options=options, on=TODAY, now=NOON)
            assert not rates.verdict_of(
                db, cost_of(terms), on=TODAY, months=12, own=False, now=NOON
            ).is_blocked

    def test_nothing_is_deducted_from_an_own_loan(self, people):
        financed = Fee(code="service", label="服务费", timing=FeeTiming.FINANCED, rate=Decimal("0.01"))
        with reading() as db:
            fields = _refused(
                lambda: rates.check_terms_cost(db, plain_terms(), [financed], on=TODAY, now=NOON)
            )
            assert "民法典第六百七十条" in fields["fees[0]"]
            rates.check_terms_cost(db, plain_terms(), [financed], own=False, on=TODAY, now=NOON)

    def test_months_count_an_odd_day_as_one_more(self):
        assert rates.months_of(plain_terms(periods=12)) == 12
        day = {"method": "bullet", "disburse_date": date(2026, 1, 15)}
        assert rates.months_of(plain_terms(**day, maturity_date=date(2026, 1, 30))) == 1
        assert rates.months_of(plain_terms(**day, maturity_date=date(2026, 2, 15))) == 1
        assert rates.months_of(plain_terms(**day, maturity_date=date(2026, 2, 16))) == 2
