"""Which loan a movement belongs to: cases a cashier would recognise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from loanhub.domain.statements.matching import (
    LEAD,
    Claim,
    LoanFacts,
    Movement,
    Reason,
    Verdict,
    decide,
    is_third_party,
    mentions,
    numbers_in,
    same_tail,
    score,
)

CARD = "6222020200112233445"
DAY = date(2026, 11, 15)
LIU = LoanFacts(
    loan_id=1, number="CJ-JK-20260115-0004-01", contract_number="CJ-JK-20260115-0004", borrower="刘志强", account=CARD,
    related=("陈秀兰",), clears_fen=1_066_185, regular_fen=(1_066_185,), settles_fen=9_000_000, due_dates=(DAY,),
)  # fmt: skip
OTHER = LoanFacts(loan_id=2, number="CJ-JK-20260301-0011-01", contract_number="CJ-JK-20260301-0011", borrower="张伟",
                  account="6217001234567890123", clears_fen=500_000, regular_fen=(500_000,), due_dates=(date(2026, 11, 1),))  # fmt: skip


def movement(**values) -> Movement:
    base = {"day": DAY, "amount_fen": 1_066_185, "payer": "", "account": "", "remark": ""}
    return Movement(**{**base, **values})


CASES = [
    # what the line says, strong, kind, third party, reasons that must be there
    ("loan number alone", {"remark": "还款CJ-JK-20260115-0004-01", "amount_fen": 1}, True, "payment", False, {Reason.LOAN_NUMBER}),
    ("loan number without dashes", {"remark": "CJJK20260115000401", "amount_fen": 1}, True, "payment", False, {Reason.LOAN_NUMBER}),
    ("loan number in small letters", {"remark": "cj-jk-20260115-0004-01 第3期", "amount_fen": 1}, True, "payment", False, {Reason.LOAN_NUMBER}),
    ("loan number in full width", {"remark": "ＣＪ-ＪＫ-20260115-0004-01", "amount_fen": 1}, True, "payment", False, {Reason.LOAN_NUMBER}),
    ("another drawdown's number", {"remark": "CJ-JK-20260115-0004-02", "amount_fen": 1}, False, "payment", False, set()),
    ("contract number and the amount", {"remark": "合同CJ-JK-20260115-0004"}, True, "payment", False, {Reason.CONTRACT_NUMBER, Reason.CLEARS}),
    ("contract number alone", {"remark": "CJ-JK-20260115-0004", "amount_fen": 1}, False, "payment", False, {Reason.CONTRACT_NUMBER}),
    ("contract number and the name", {"remark": "CJ-JK-20260115-0004", "payer": "刘志强", "amount_fen": 1}, True, "payment", False, {Reason.CONTRACT_NUMBER, Reason.BORROWER}),
    ("a longer contract number", {"remark": "CJ-JK-20260115-00041", "amount_fen": 1}, False, "payment", False, set()),
    ("own card and name, odd amount", {"payer": "刘志强", "account": CARD, "amount_fen": 777}, True, "payment", False, {Reason.ACCOUNT, Reason.BORROWER}),
    ("own card without a name", {"account": CARD}, True, "payment", False, {Reason.ACCOUNT, Reason.CLEARS}),
    ("own card, odd amount, no name", {"account": CARD, "amount_fen": 777}, False, "payment", False, {Reason.ACCOUNT}),
    ("masked card and name", {"payer": "刘志强", "account": "6222****3445", "amount_fen": 777}, False, "payment", False, {Reason.ACCOUNT_TAIL, Reason.BORROWER}),
    ("masked card, name and amount", {"payer": "刘志强", "account": "6222****3445"}, True, "payment", False, {Reason.ACCOUNT_TAIL, Reason.CLEARS}),
    ("another masked card", {"payer": "刘志强", "account": "6222****9999", "amount_fen": 777}, False, "payment", False, {Reason.BORROWER}),
    ("name and what clears all due", {"payer": "刘志强"}, True, "payment", False, {Reason.BORROWER, Reason.CLEARS, Reason.DUE_CLOSE}),
    ("name with spaces and full-width brackets", {"payer": " 刘 志强（个人）".replace("（个人）", "")}, True, "payment", False, {Reason.BORROWER}),
    ("name and an odd amount", {"payer": "刘志强", "amount_fen": 12_300}, False, "payment", False, {Reason.BORROWER}),
    ("name and the amount far from the due date", {"payer": "刘志强", "day": date(2026, 12, 30)}, True, "payment", False, {Reason.BORROWER, Reason.CLEARS}),
    ("amount alone", {}, False, "payment", False, {Reason.CLEARS}),
    ("a stranger with the amount", {"payer": "王五"}, False, "payment", True, {Reason.CLEARS}),
    ("a stranger naming the borrower", {"payer": "王五", "remark": "代刘志强还款"}, True, "payment", True, {Reason.NAMED, Reason.CLEARS}),
    ("a stranger naming the loan", {"payer": "王五", "remark": "CJ-JK-20260115-0004-01", "amount_fen": 5}, True, "payment", True, {Reason.LOAN_NUMBER}),
    ("the guarantor with the amount", {"payer": "陈秀兰"}, False, "payment", True, {Reason.GUARANTOR, Reason.CLEARS}),
    ("the guarantor naming the contract", {"payer": "陈秀兰", "remark": "CJ-JK-20260115-0004"}, True, "payment", True, {Reason.GUARANTOR, Reason.CONTRACT_NUMBER}),
    ("everything owed", {"payer": "刘志强", "amount_fen": 9_000_000}, True, "payment", False, {Reason.SETTLES}),
    ("nothing fits", {"payer": "王五", "amount_fen": 99}, False, "payment", True, set()),
]  # fmt: skip


class TestScore:
    @pytest.mark.parametrize(
        ("values", "strong", "kind", "third", "reasons"),
        [case[1:] for case in CASES],
        ids=[case[0] for case in CASES],
    )
    def test_knows_whose_money_it_is(self, values, strong, kind, third, reasons):
        found = score(movement(**values), LIU)

        assert (found.strong, found.kind, found.third_party) == (strong, kind, third)
        assert reasons <= set(found.reasons)
        if not reasons:
            assert not found.reasons

    def test_a_settlement_offer_is_posted_as_a_settlement(self):
        found = score(movement(payer="刘志强", amount_fen=8_800_000), replace(LIU, offers_fen=(8_800_000,)))

        assert (found.kind, found.strong) == ("settlement", True)
        assert Reason.OFFER in found.reasons

    def test_a_regular_payment_near_its_due_date_is_strong_and_a_late_one_is_not(self):
        facts = replace(LIU, clears_fen=0)

        assert score(movement(payer="刘志强"), facts).strong
        assert not score(movement(payer="刘志强", day=date(2026, 11, 28)), facts).strong

    def test_money_that_seems_entered_already_is_never_strong(self):
        found = score(
            movement(payer="刘志强", account=CARD, remark=LIU.number), replace(LIU, posted_same=True)
        )

        assert not found.strong and Reason.POSTED in found.reasons

    def test_outgoing_fits_a_disbursement_and_a_refund(self):
        paid_out = replace(LIU, disbursed_fen=12_000_000, refunds_fen=(300,))

        assert Reason.DISBURSED in score(movement(amount_fen=-12_000_000, payer="刘志强"), paid_out).reasons
        assert Reason.REFUNDED in score(movement(amount_fen=-300, payer="刘志强"), paid_out).reasons
        assert score(movement(amount_fen=-12_000_000, payer="刘志强"), paid_out).kind == "outgoing"


class TestDecide:
    def test_one_strong_is_suggested(self):
        claims = [score(movement(payer="刘志强"), facts) for facts in (LIU, OTHER)]

        assert decide(claims) == (Verdict.SUGGESTED, claims[0])

    def test_two_loans_of_one_borrower_are_for_a_person(self):
        twin = replace(LIU, loan_id=3, number="CJ-JK-20260401-0001-01", contract_number="CJ-JK-20260401-0001")

        assert decide([score(movement(payer="刘志强"), one) for one in (LIU, twin)]) == (Verdict.CHOOSE, None)

    def test_the_amount_decides_between_two_loans(self):
        twin = replace(LIU, loan_id=3, number="CJ-JK-20260401-0001-01", contract_number="CJ-JK-20260401-0001",
                       clears_fen=5, regular_fen=(5,), settles_fen=7)  # fmt: skip
        claims = [score(movement(payer="刘志强", account=CARD), one) for one in (LIU, twin)]

        assert decide(claims)[1] == claims[0]

    def test_none_strong_is_unclaimed(self):
        assert decide([score(movement(), LIU)]) == (Verdict.UNCLAIMED, None)
        assert decide([]) == (Verdict.UNCLAIMED, None)

    def test_outgoing_money_without_a_fitting_amount_is_unclaimed(self):
        claim = score(movement(amount_fen=-5, remark=LIU.number), LIU)

        assert decide([claim]) == (Verdict.UNCLAIMED, None)

    def test_a_lead_is_enough(self):
        best, next_ = Claim(1, 95, (Reason.LOAN_NUMBER,)), Claim(2, 95 - LEAD, (Reason.LOAN_NUMBER,))

        assert decide([next_, best]) == (Verdict.SUGGESTED, best)
        assert decide([best, replace(next_, points=96 - LEAD)])[0] is Verdict.CHOOSE


def test_third_party_needs_a_name():
    assert not is_third_party(movement(payer=""), LIU)
    assert is_third_party(movement(payer="王五"), LIU)


@pytest.mark.parametrize(
    ("shown", "whole", "same"),
    [("6222****3445", CARD, True), ("****3445", CARD, True), ("6217****3445", CARD, False), ("****445", CARD, False),
     (CARD, CARD, False), ("****3445", "", False), ("*", "*", False)],
)  # fmt: skip
def test_same_tail(shown, whole, same):
    assert same_tail(shown, whole) is same


@pytest.mark.parametrize(
    ("remark", "found"),
    [("还款CJ-JK-20260115-0004-01", ("CJ-JK-20260115-0004-01", "CJ-JK-20260115-0004")),
     ("dt-jk-20260520-0007 3期", ("DT-JK-20260520-0007",)), ("房租", ()), ("2026-05-01", ())],
)  # fmt: skip
def test_numbers_in(remark, found):
    assert numbers_in(remark) == found


def test_mentions_wants_the_whole_number():
    assert mentions("编号CJ_JK_20260115_0004", "CJ-JK-20260115-0004")
    assert not mentions("XCJ-JK-20260115-0004", "CJ-JK-20260115-0004")
    assert not mentions("anything", "")
