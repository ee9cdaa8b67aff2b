"""What the contracts that secure a debt share: the main contract, its terms, the creditor."""

from __future__ import annotations

from loanhub.documents.data import Party
from loanhub.documents.paper_data import SecurityData
from loanhub.services.papers._kind import Case, Making


def security(case: Case, making: Making, guarantor: Party) -> SecurityData:
    """Return the data of a security contract, all but what its kind adds."""
    main, answers = case.main, making.answers
    return SecurityData(
        contract_number=making.number, issued_at=making.now, signing_date=making.today,
        signing_place=str(answers.get("signing_place") or ""), guarantor=guarantor, debtor=main.borrower,
        main_number=main.contract_number, main_date=main.signing_date, terms=main.terms,
        dispute=str(making.dispute["kind"]), dispute_body=str(making.dispute["body"]),
    )  # fmt: skip
