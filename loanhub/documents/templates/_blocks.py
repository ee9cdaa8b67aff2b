"""Blocks, written short: what the built-in templates are made of, and the conditions they use."""

from collections.abc import Mapping, Sequence
from typing import Any

from loanhub.domain.templates import Block, BlockKind, SignerSpec, TableColumn

When = Mapping[str, Any] | None
_K = BlockKind


def _field(key: str, op: str, value: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {"field": key.replace(".", "__"), "op": op}
    if value is not None:
        found["value"] = value
    return found


def some(key: str) -> dict[str, Any]:
    """Return the condition that a list has members, or a number is above nothing."""
    return _field(key, "gt", 0)


def none(key: str) -> dict[str, Any]:
    """Return the condition that a list is empty, or a number nothing."""
    return _field(key, "eq", 0)


def filled(key: str) -> dict[str, Any]:
    """Return the condition that a value is there."""
    return _field(key, "is_not_empty")


def equals(key: str, value: Any) -> dict[str, Any]:
    """Return the condition that a value is this one."""
    return _field(key, "eq", value)


def both(*conditions: dict[str, Any]) -> dict[str, Any]:
    """Return the condition that all of these hold."""
    return {"all": list(conditions)}


def title(text: str, subtitle: str = "") -> Block:
    """Return the title of the document."""
    return Block("", _K.TITLE, text, subtitle=subtitle)


def annex(text: str, *, new_page: bool = True) -> Block:
    """Return the title of an annex."""
    return Block("", _K.ANNEX, text, new_page=new_page)


def heading(text: str, when: When = None) -> Block:
    """Return a heading without a number."""
    return Block("", _K.HEADING, text, when=when)


def article(text: str, key: str = "", when: When = None) -> Block:
    """Return the beginning of an article 条."""
    return Block("", _K.ARTICLE, text, key=key, when=when)


def clause(text: str, key: str = "", *, bold: bool = False, when: When = None) -> Block:
    """Return a clause 款."""
    return Block("", _K.CLAUSE, text, key=key, bold=bold, when=when)


def item(text: str, *, each: str = "", when: When = None) -> Block:
    """Return an item 项."""
    return Block("", _K.ITEM, text, each=each, when=when)


def paragraph(text: str, *, bold: bool = False, when: When = None) -> Block:
    """Return a paragraph."""
    return Block("", _K.PARAGRAPH, text, bold=bold, when=when)


def note(text: str, when: When = None) -> Block:
    """Return a paragraph in small type."""
    return Block("", _K.NOTE, text, when=when)


def notice(text: str) -> Block:
    """Return the framed sentence the signer confirms."""
    return Block("", _K.NOTICE, text)


def fields(*rows: tuple[str, str], pairs: bool = False, when: When = None) -> Block:
    """Return labeled values."""
    return Block("", _K.FIELDS, rows=rows, pairs=pairs, when=when)


def column(label: str, share: float, text: str, align: str = "left", total: str = "") -> TableColumn:
    """Return a column of a repeated table."""
    return TableColumn(label, share, align, text, total)


def repeat(source: str, *columns: TableColumn, caption: str = "", when: When = None) -> Block:
    """Return a table with a row for each member of a list."""
    return Block("", _K.REPEAT, caption, source=source, columns=columns, when=when)


def party(source: str, label: str = "", when: When = None) -> Block:
    """Return the facts of a party under its heading."""
    return Block("", _K.PARTY, label, source=source, when=when)


def signer(label: str, source: str) -> SignerSpec:
    """Return a party of the data who signs."""
    return SignerSpec(label, source)


def signatures(signers: Sequence[SignerSpec], *facts: tuple[str, str]) -> Block:
    """Return the signature block."""
    return Block("", _K.SIGNATURES, signers=tuple(signers), rows=facts)


def space(height: float) -> Block:
    """Return some room."""
    return Block("", _K.SPACE, height=float(height))


def account(key: str) -> Block:
    """Return the fields of a bank account."""
    return fields(("户名", f"{{{key}.holder}}"), ("开户行", f"{{{key}.bank}}"), ("账号", f"{{{key}.number}}"))


def schedule(caption: str = "单位：人民币元") -> Block:
    """Return the installments with their sums."""
    return repeat(
        "schedule",
        column("期次", 0.55, "{item.number}", "center", "合计"),
        column("应还日", 1.15, "{item.due_date|iso}", "center"),
        column("应还本金（元）", 1.25, "{item.principal_fen|plain}", "right", "{sum}"),
        column("应还利息（元）", 1.25, "{item.interest_fen|plain}", "right", "{sum}"),
        column("费用（元）", 0.95, "{item.fee_fen|nonzero}", "right", "{sum}"),
        column("应还合计（元）", 1.3, "{item.payment_fen|plain}", "right", "{sum}"),
        column("剩余本金（元）", 1.35, "{item.closing_fen|plain}", "right", "/"),
        caption=caption,
    )


def costs(source: str, *, rates: bool = True) -> Block:
    """Return the table of costs: name, way, standard, payee, and the yearly level."""
    columns = [
        column("息费项目", 1.0, "{item.label}"),
        column("收取方式", 1.3, "{item.method?}"),
        column("收取标准", 1.7, "{item.standard?}"),
        column("收取主体", 1.5, "{item.payee?}"),
    ]
    if rates:
        columns.append(column("年化水平", 0.8, "{item.annual_rate?}", "right"))
    return repeat(source, *columns)


def dispute(what: str = "合同") -> tuple[Block, ...]:
    """Return the clause on disputes: a named arbitration commission, or a people's court."""
    begin = f"因本{what}引起的或与本{what}有关的任何争议，双方应先行协商；协商不成的，任何一方均有权"
    return (
        clause(
            begin + "提交{dispute_body}，按照申请仲裁时该会现行有效的仲裁规则进行仲裁。仲裁裁决是终局的，对双方均有约束力。",
            bold=True, when=equals("dispute", "arbitration"),
        ),
        clause(begin + "向{dispute_body}提起诉讼。", bold=True, when=equals("dispute", "court")),
    )  # fmt: skip
