"""A document that was made, read back: its frozen data, its title, what its page says of it, who signs it."""

from __future__ import annotations

import json
from typing import Any

from loanhub.discovery import discover
from loanhub.documents.data import AuthorizationData, BrokerageData, ContractData, Party, from_json
from loanhub.documents.paper_data import AssignmentData, ExtensionData, SecurityData
from loanhub.documents.template import get_template
from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.money import format_fen
from loanhub.models import Contract
from loanhub.services.papers._kind import PaperKind, Signs


def paper_kinds() -> dict[str, PaperKind]:
    """Return the kinds of documents a case can have, by code."""
    return discover("loanhub.services.papers.kinds", "PAPER")


def kind_of(code: str) -> PaperKind:
    """Return a kind.

    Raises:
        NotFound: there is none of this code.
    """
    found = paper_kinds().get(code)
    if found is None:
        raise NotFound("没有这种文书")
    return found


def title_of(contract: Contract) -> str:
    """Return what a document beside the loan contract is called."""
    return get_template(contract.base).label


def data_of(contract: Contract) -> Any:
    """Return the data a document was printed from, as it was frozen."""
    return from_json(get_template(contract.base).data_type, contract.frozen or json.dumps({}))


def signers_of(contract: Contract) -> tuple[Signs, ...]:
    """Return who signs a document with us, in the order of its signature block; nobody signs a notice."""
    kind = paper_kinds().get(contract.base)
    return kind.signers(data_of(contract)) if kind is not None and kind.signers is not None else ()


def facts_of(contract: Contract) -> list[tuple[str, str]]:
    """Return (label, value) of what a document says, protected numbers masked."""
    data = data_of(contract)
    found: list[tuple[str, object]] = []
    if isinstance(data, SecurityData):
        found = [
            *_party("担保人", data.guarantor), ("债务人", data.debtor.name), ("主合同", data.main_number),
            ("主债权本金", _fen(data.terms.principal_fen)),
        ]  # fmt: skip
        if data.things:
            found += [(one.kind, one.subject) for one in data.things]
            found += [("约定价值", _fen(one.value_fen)) for one in data.things if one.value_fen]
        else:
            found.append(("保证方式", "一般保证" if data.guarantee_kind == "general" else "连带责任保证"))
            found.append(("保证期间", f"{data.guarantee_years} 年"))
    elif isinstance(data, ExtensionData):
        found = [
            *_party("借款人", data.borrower), ("原合同", data.contract_number), ("展期本金", _fen(data.outstanding_fen)),
            ("到期日", f"{formats.day(data.old_end_date)} → {formats.day(data.new_end_date)}"),
            ("年利率", f"{formats.percent(data.old_rate)} → {formats.percent(data.new_rate)}"),
            ("展期后期数", f"{len(data.schedule)} 期"), ("担保人", "、".join(one.name for one in data.guarantors)),
        ]  # fmt: skip
    elif isinstance(data, AssignmentData):
        found = [
            *_party("债务人", data.borrower), ("受让人", data.assignee.name), ("转让协议", formats.day(data.agreement_date)),
            ("计算截止日", formats.day(data.base_date)), ("本金余额", _fen(data.principal_fen)),
            ("利息及罚息", _fen(data.interest_fen)), ("债权合计", _fen(data.total_fen)),
        ]  # fmt: skip
    elif isinstance(data, AuthorizationData):
        found = [
            *_party("授权人", data.person), ("目的", data.purpose), ("期限", formats.day_range(data.valid_from, data.valid_to)),
            ("接收方", "、".join(data.recipients)),
            ("账户", " ".join(filter(None, (data.account.holder, data.account.bank, mask(MaskKind.BANK_CARD, data.account.number))))),
        ]  # fmt: skip
    elif isinstance(data, BrokerageData):
        found = [
            *_party("委托人", data.client), ("拟融资金额", _fen(data.amount_fen)), ("服务费率", formats.percent(data.fee_rate)),
            ("有效期", formats.day_range(data.valid_from, data.valid_to)),
        ]  # fmt: skip
    elif isinstance(data, ContractData):
        found = [
            *_party("借款人", data.borrower), ("借据号", data.loan_number), ("合同编号", data.contract_number),
            ("金额", _fen(data.terms.principal_fen)), ("年利率（单利）", formats.percent(data.terms.annual_rate)),
            ("起止", formats.day_range(data.terms.start_date, data.terms.end_date)),
        ]  # fmt: skip
    return [(label, str(value)) for label, value in found if value]


def _party(label: str, party: Party) -> list[tuple[str, object]]:
    kind = MaskKind.USCC if party.kind == "company" else MaskKind.ID
    return [
        (label, party.name), (party.id_type, mask(kind, party.id_number)), ("电话", mask(MaskKind.PHONE, party.phone)),
    ]  # fmt: skip


def _fen(fen: int | None) -> str:
    return format_fen(fen) if fen is not None else ""
