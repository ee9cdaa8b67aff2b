"""A contract's life 合同: made, signed, in force, settled or void; numbering 合同编号."""

from __future__ import annotations

from datetime import date

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict


class ContractStatus(Choice):
    """Where a contract stands; only a notice, which nobody signs with us, is ``issued``."""

    TO_SIGN = "to_sign", "待签"
    SIGNED = "signed", "已签"
    EFFECTIVE = "effective", "已生效"
    SETTLED = "settled", "已结清"
    ISSUED = "issued", "已出具"
    VOIDED = "voided", "已作废"


class ContractEvent(Choice):
    """What can happen to a contract."""

    SIGN = "sign", "登记签署"
    DISBURSE = "disburse", "放款"
    SETTLE = "settle", "结清"
    REOPEN = "reopen", "恢复"
    VOID = "void", "作废"


_S, _E = ContractStatus, ContractEvent

MOVES: dict[tuple[ContractStatus, ContractEvent], ContractStatus] = {
    (_S.TO_SIGN, _E.SIGN): _S.SIGNED,
    (_S.TO_SIGN, _E.VOID): _S.VOIDED,
    (_S.SIGNED, _E.VOID): _S.VOIDED,
    (_S.ISSUED, _E.VOID): _S.VOIDED,
    (_S.SIGNED, _E.DISBURSE): _S.EFFECTIVE,
    (_S.EFFECTIVE, _E.SETTLE): _S.SETTLED,
    (_S.SETTLED, _E.REOPEN): _S.EFFECTIVE,
}


class IllegalMove(Conflict):
    """The contract is not in a state from which this may happen."""

    def __init__(self, status: ContractStatus, event: ContractEvent) -> None:
        super().__init__(f"合同现在是「{status.label}」，不能{event.label}")


class DisclosureNotConfirmed(Conflict):
    """An individual's contract needs the confirmed 综合融资成本明示表 of the same terms first."""

    def __init__(self) -> None:
        super().__init__("借款人还没有确认《综合融资成本明示表》，确认后才能签合同")


def move(status: ContractStatus, event: ContractEvent) -> ContractStatus:
    """Return the status after ``event``; raise IllegalMove when the table has no such row."""
    try:
        return MOVES[status, event]
    except KeyError:
        raise IllegalMove(status, event) from None


def contract_number(company: str, kind: str, day: date, sequence: int) -> str:
    """Return company, kind, day and sequence joined by hyphens; the sequence has 4 digits or more.

    >>> contract_number("DT", "JK", date(2026, 5, 20), 7)
    'DT-JK-20260520-0007'
    """
    return f"{company}-{kind}-{day:%Y%m%d}-{sequence:04d}"


def loan_number(contract: str, drawdown: int = 1) -> str:
    """Return the loan's number 借据号: the contract's with ``-01``, ``-02`` and so on."""
    return f"{contract}-{drawdown:02d}"
