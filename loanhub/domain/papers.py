"""What only whoever makes a document can say 出具文书: the questions, how an answer is read, and what each kind of number begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from loanhub.domain.catalogue.choices import PledgeKind
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import parse_fen

LOAN_CONTRACT = "loan_contract"
"""The base of the contract that moves its application and becomes a loan; every other base is another document."""

Answer = str | int | date | Decimal | tuple[str, ...] | None


@dataclass(frozen=True)
class Ask:
    """One question: ``kind`` is text, lines, date, money, percent, integer or choice."""

    key: str
    label: str
    kind: str = "text"
    required: bool = True
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    longest: int = 100


ASKS = {
    one.key: one
    for one in (
        Ask("guarantee_kind", "保证方式", "choice", options=(("joint", "连带责任保证"), ("general", "一般保证"))),
        Ask("guarantee_years", "保证期间", "integer", help="主债务到期之日起，1 到 5 年"),
        Ask("owner", "抵押人", "choice", help="抵押物的所有权人；第三人抵押的，先在客户的关系里登记为担保人"),
        Ask("things", "抵押物", longest=200),
        Ask("certificate", "权属证号", help="不动产权证号或机动车登记证号", longest=60),
        Ask("pledge_kind", "质押种类", "choice", options=tuple((one.value, one.label) for one in PledgeKind),
            help="决定质权怎样设立：动产和凭证靠交付，股权、应收账款、知识产权靠登记"),
        Ask("pledgor", "出质人", "choice", help="质押财产的权利人；第三人出质的，先在客户的关系里登记为担保人"),
        Ask("pledge", "质押财产", help="名称、数量、品质和存放状况", longest=200),
        Ask("pledge_proof", "权利凭证或标的编号", help="存单号、仓单号、出资证明书、应收账款合同编号、专利号等；没有的写“无”", longest=60),
        Ask("value", "约定价值", "money", required=False),
        Ask("delivery_date", "交付或登记的最后日期", "date"),
        Ask("delivery_place", "交付地点", required=False, help="动产和凭证填写；登记设立的不用填", longest=60),
        Ask("keeper", "监管人", required=False, help="委托第三方保管动产时填写全称", longest=60),
        Ask("registry", "登记机构", required=False, help="不填按质押种类取法定的登记机构", longest=60),
        Ask("purpose", "授权目的或用途", longest=100),
        Ask("valid_from", "授权期限起", "date"),
        Ask("valid_to", "授权期限止", "date"),
        Ask("recipients", "接收方", "lines", help="每行一家机构的全称", longest=400),
        Ask("account_holder", "收款户名", longest=60),
        Ask("account_bank", "收款开户行", longest=60),
        Ask("account_number", "收款账号", longest=32),
        Ask("assignee_name", "受让人名称", longest=60),
        Ask("assignee_code", "受让人信用代码", longest=18),
        Ask("assignee_phone", "受让人电话", longest=20),
        Ask("assignee_address", "受让人住所", longest=100),
        Ask("agreement_date", "转让协议签署日", "date"),
        Ask("fee_rate", "服务费率", "percent", help="放款成功后才收；按实际放款本金计"),
        Ask("signing_place", "签署地点", required=False, longest=40),
    )
}  # fmt: skip
"""The questions by key, in the order of the form."""

NO_SUCH_CHOICE = "请选择一项"
YEARS = (1, 5)


def read_answers(
    asked: Iterable[str], given: Mapping[str, object], *, choices: Mapping[str, tuple[tuple[str, str], ...]]
) -> dict[str, Answer]:
    """Return the answers to these questions as values; what is not asked is passed over.

    ``choices`` are the options of questions whose options depend on the case.

    Raises:
        InvalidInput: a sentence for each answer at fault.
    """
    found: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    for key in asked:
        ask, text = ASKS[key], str(given.get(key, "") or "").strip()
        if not text:
            found[key] = () if ask.kind == "lines" else None
            if ask.required:
                errors[key] = f"请填写{ask.label}"
            continue
        try:
            found[key] = _read(ask, text, choices.get(key, ask.options))
        except ValueError as fault:
            errors[key] = str(fault)
    start, end = found.get("valid_from"), found.get("valid_to")
    if isinstance(start, date) and isinstance(end, date) and end <= start:
        errors["valid_to"] = "截止日要晚于起始日"
    if errors:
        raise InvalidInput(fields=errors)
    return found


def _read(ask: Ask, text: str, options: tuple[tuple[str, str], ...]) -> Answer:
    if len(text) > ask.longest:
        raise ValueError(f"最多 {ask.longest} 个字")
    if ask.kind == "choice":
        if text not in {code for code, _ in options}:
            raise ValueError(NO_SUCH_CHOICE)
        return text
    if ask.kind == "lines":
        lines = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(lines) > 10:
            raise ValueError("最多 10 行")
        return lines
    if ask.kind == "date":
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError("日期不正确") from None
        if not 2000 <= day.year <= 2100:
            raise ValueError("检查一下年份")
        return day
    if ask.kind == "integer":
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
        if not YEARS[0] <= number <= YEARS[1]:
            raise ValueError(f"填 {YEARS[0]} 到 {YEARS[1]}")
        return number
    if ask.kind == "money":
        try:
            fen = parse_fen(text)
        except InvalidInput as fault:
            raise ValueError(fault.sentence) from None
        if fen <= 0:
            raise ValueError("金额要大于 0")
        return fen
    if ask.kind == "percent":
        try:
            rate = Decimal(text.rstrip("%％")) / 100
        except InvalidOperation:
            raise ValueError("填百分数，例如 2") from None
        if not 0 <= rate <= Decimal("0.1"):
            raise ValueError("填 0 到 10 之间的百分数")
        return rate
    return text
