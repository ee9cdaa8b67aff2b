"""From the blocks of a template to the document they describe.

Compiling looks up every value a text names and every condition once; writing then only fills in. A template that names
something there is not, refers to a clause there is not, or compares what cannot be compared is refused here, with the
block and the property at fault: nothing of a template is ever run.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from loanhub.documents import parts
from loanhub.documents.compose import Column, Composer, Signer
from loanhub.documents.data import Company, Party
from loanhub.documents.template import DocumentTemplate, Variable
from loanhub.documents.variables import (
    ENTITY,
    FORMATS,
    TOKEN,
    ConditionRecord,
    Value,
    Values,
    Variables,
    is_empty,
)
from loanhub.documents.wording import NONE, SLASH
from loanhub.domain import criteria as language
from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.errors import InvalidInput
from loanhub.domain.templates import Block, BlockFault, BlockKind, Body, SignerSpec, TableColumn, numbered

_REFERENCE = re.compile(r"\{ref:(\w+)\}")
_BRACES = re.compile(r"\{[^{}]*\}")
SUM = "{sum}"
_PARTY_FIELDS = ("name", "id_number", "phone", "address")
_COMPANY_FIELDS = ("name", "credit_code", "legal_representative", "address", "phone")

Test = Callable[[Any, datetime], bool]


class _Part(NamedTuple):
    """A block ready to be written: what it needs, and when it is there."""

    block: Block
    test: Test | None
    needs: tuple[tuple[str, str], ...]


class Design:
    """The blocks of a template about one kind of record, compiled."""

    def __init__(self, body: Body, variables: Variables) -> None:
        self.body, self.variables = body, variables
        self._keys = {block.key: block for block in body.blocks if block.key}
        self.parts = [self._compiled(block) for block in body.blocks]
        for name in ("head_left", "head_right", "watermark"):
            self._check_text(Block("", BlockKind.NOTE), name, getattr(body, name))

    # Compiling -------------------------------------------------------------------------------------

    def _compiled(self, block: Block) -> _Part:
        needs: list[tuple[str, str]] = []
        each = block.each or (block.source if block.kind is BlockKind.REPEAT else "")
        if each and each not in self.variables.items:
            raise BlockFault(block.id, "each" if block.each else "source", "没有这种可以重复的内容")
        plain = block.kind in (BlockKind.FIELDS, BlockKind.TABLE)
        for name, text in _texts(block):
            needs += self._check_text(block, name, text, each, referring=not plain)
        for label in _labels(block):
            if "{" in label:
                raise BlockFault(block.id, "rows" if block.rows else "columns", "名称和表头里不能放变量")
        if block.kind is BlockKind.REPEAT:
            needs = [pair for pair in needs if not pair[0].startswith("item")]
            for column in block.columns:
                self._check_total(block, column)
        if block.kind is BlockKind.PARTY:
            self._check_party(block, "source", block.source)
            needs += self._party_needs(block.source)
        for signer in block.signers:
            if signer.source:
                self._check_party(block, "signers", signer.source)
        return _Part(block, self._test(block), tuple(dict.fromkeys(needs)))

    def _check_text(
        self, block: Block, name: str, text: str, each: str = "", *, referring: bool = True
    ) -> list[tuple[str, str]]:
        """Refuse what a text names and there is not; return the values it cannot do without."""
        needs = []
        for found in _BRACES.finditer(text):
            word = found[0]
            reference = _REFERENCE.fullmatch(word)
            if reference is not None:
                self._check_reference(block, name, reference[1], referring=referring)
                continue
            token = TOKEN.fullmatch(word)
            value = self.variables.find(token[2], each) if token is not None else None
            if token is None or value is None:
                raise BlockFault(block.id, name, f"没有「{word[1:-1][:40]}」这个变量")
            if token[4] and all(one.code != token[4] for one in FORMATS[value.kind]):
                raise BlockFault(block.id, name, f"「{value.label}」没有「{token[4]}」这种写法")
            if not token[3] and token[2] != "index":
                needs.append((value.key, value.label))
        return needs

    def _check_reference(self, block: Block, name: str, key: str, *, referring: bool) -> None:
        target = self._keys.get(key)
        if target is None or not referring or block.kind in _FILLED:
            raise BlockFault(
                block.id, name, f"没有引用名为「{key}」的条款" if target is None else "这里不能引用条款"
            )
        if target.when and target.when != block.when:
            raise BlockFault(block.id, name, f"引用的条款「{target.text[:12]}」有条件，可能不出现")

    def _check_total(self, block: Block, column: TableColumn) -> None:
        if SUM in column.total:
            value = self._summed(column, block.source)
            if value is None or value.kind not in ("money", "number"):
                raise BlockFault(block.id, "columns", f"「{column.label}」这一列不能求和")
        self._check_text(block, "columns", column.total.replace(SUM, ""))

    def _summed(self, column: TableColumn, source: str) -> Value | None:
        token = TOKEN.fullmatch(column.text.strip())
        return self.variables.find(token[2], source) if token is not None else None

    def _check_party(self, block: Block, name: str, source: str) -> None:
        if source not in self.variables.parties:
            raise BlockFault(block.id, name, "没有这个当事人")

    def _party_needs(self, source: str) -> list[tuple[str, str]]:
        names = _COMPANY_FIELDS if source == "company" else _PARTY_FIELDS
        found = (self.variables.values.get(f"{source}.{name}") for name in names)
        return [(value.key, value.label) for value in found if value is not None]

    def _test(self, block: Block) -> Test | None:
        if not block.when:
            return None
        try:
            node = language.parse(block.when, self.variables.catalogue, ENTITY)
        except InvalidInput as fault:
            raise BlockFault(block.id, "when", fault.sentence) from None
        return language.compiled(node, self.variables.catalogue, ENTITY)

    # Writing ---------------------------------------------------------------------------------------

    def shown(self, values: Values) -> Iterator[_Part]:
        """Yield the parts that are there for this data."""
        record, moment = ConditionRecord(values), values.record.issued_at
        for part in self.parts:
            if part.test is None or part.test(record, moment):
                yield part

    def lacking(self, data: Any, company: Company) -> list[tuple[str, str]]:
        """Return (key, label) of each value the blocks name and the data do not have."""
        values = Values(self.variables, data, company)
        found: dict[str, str] = {}
        for part in self.shown(values):
            for key, label in part.needs:
                if key.startswith("item"):
                    each = part.block.each
                    if any(is_empty(member.raw(key)) for member in values.members(each)):
                        found.setdefault(f"{each}.{key}", f"{self.variables.values[each].label}·{label}")
                elif is_empty(values.raw(key)):
                    found.setdefault(key, label)
        return list(found.items())

    def write(self, document: Composer, data: Any, company: Company) -> None:
        """Write the document."""
        values = Values(self.variables, data, company)
        for part in self.shown(values):
            block = part.block
            document.use(values)
            if block.each:
                for member in values.members(block.each):
                    document.use(member)
                    _WRITERS[block.kind](document, block, member)
            else:
                _WRITERS[block.kind](document, block, values)


_FILLED = (BlockKind.TITLE, BlockKind.ANNEX, BlockKind.HEADING, BlockKind.ARTICLE, BlockKind.NOTICE)


def _texts(block: Block) -> Iterator[tuple[str, str]]:
    yield "text", block.text
    yield "subtitle", block.subtitle
    for row in block.rows:
        for cell in row[1:] if block.kind in (BlockKind.FIELDS, BlockKind.SIGNATURES) else row:
            yield "rows", cell
    for column in block.columns:
        yield "columns", column.text
    for signer in block.signers:
        yield "signers", signer.name
        for _, text in signer.lines:
            yield "signers", text


def _labels(block: Block) -> Iterator[str]:
    if block.kind in (BlockKind.FIELDS, BlockKind.SIGNATURES):
        yield from (row[0] for row in block.rows)
    yield from (column.label for column in block.columns)
    for signer in block.signers:
        yield from (label for label, _ in signer.lines)


def _columns(block: Block) -> list[Column]:
    return [Column(one.label, one.share, one.align) for one in block.columns]


def _has_value(text: str) -> bool:
    return "{" in text


def _title(document: Composer, block: Block, values: Values) -> None:
    document.title(values.fill(block.text), values.fill(block.subtitle))


def _annex(document: Composer, block: Block, values: Values) -> None:
    document.annex(values.fill(block.text), values.fill(block.subtitle), new_page=block.new_page)


def _heading(document: Composer, block: Block, values: Values) -> None:
    document.heading(values.fill(block.text), fixed=not _has_value(block.text))


def _article(document: Composer, block: Block, values: Values) -> None:
    document.article(values.fill(block.text), block.key, fixed=not _has_value(block.text))


def _clause(document: Composer, block: Block, values: Values) -> None:
    document.clause(block.text, block.key, bold=block.bold)


def _item(document: Composer, block: Block, values: Values) -> None:
    document.item(block.text, bold=block.bold)


def _paragraph(document: Composer, block: Block, values: Values) -> None:
    document.paragraph(block.text, bold=block.bold, indent=block.indent, align=block.align)


def _note(document: Composer, block: Block, values: Values) -> None:
    document.note(block.text)


def _notice(document: Composer, block: Block, values: Values) -> None:
    document.confirmation(values.fill(block.text))


def _fields(document: Composer, block: Block, values: Values) -> None:
    document.fields([(label, values.fill(text)) for label, text in block.rows], pairs=block.pairs)


def _table(document: Composer, block: Block, values: Values) -> None:
    rows = [tuple(values.fill(cell) for cell in row) for row in block.rows]
    document.rows(_columns(block), rows, caption=values.fill(block.text))


def _repeat(document: Composer, block: Block, values: Values) -> None:
    cells = [column.text for column in block.columns]
    rows = _rows(cells, values, block.source)
    rows = rows or [(NONE, *[SLASH] * (len(cells) - 1))]
    total = None
    if any(column.total for column in block.columns):
        total = [values.fill(_total(column, block, values)) for column in block.columns]
    document.rows(_columns(block), rows, total=total, caption=values.fill(block.text))


def _rows(cells: list[str], values: Values, source: str) -> list[tuple[str, ...]]:
    """Return the cells of each member; those that are one value of it, as most are, without looking it up again."""
    plan: list[Callable[[Any], str] | None] = []
    for cell in cells:
        token = TOKEN.fullmatch(cell)
        value = values.variables.find(token[2], source) if token is not None else None
        own = value is not None and value.key.startswith("item")
        plan.append(
            value.writer(token[4] or "", optional=bool(token[3]))
            if value is not None and token is not None and own
            else None
        )
    members = values.raw(source)
    columns = [
        [write(member) for member in members]
        if write is not None
        else [
            Values(values.variables, values.record, values.company, member, source, place).fill(cell)
            for place, member in enumerate(members, start=1)
        ]
        for cell, write in zip(cells, plan, strict=True)
    ]
    return list(zip(*columns, strict=True))


def _total(column: TableColumn, block: Block, values: Values) -> str:
    if SUM not in column.total:
        return column.total
    token = TOKEN.fullmatch(column.text.strip())
    assert token is not None  # compiled
    value = values.variables.find(token[2], block.source)
    assert value is not None
    amount = sum(value.get(member) or 0 for member in values.raw(block.source))
    return column.total.replace(SUM, value.write(amount, token[4] or "", optional=False))


def _parties(values: Values, source: str) -> tuple[Party, ...]:
    found = getattr(values.record, source)
    return found if isinstance(found, tuple) else (found,)


def _party(document: Composer, block: Block, values: Values) -> None:
    if block.source == "company":
        if block.text:
            document.heading(block.text)
        parts.write_company(document, values.company)
        return
    for party in _parties(values, block.source):
        if block.text:
            document.heading(block.text)
        parts.write_party(document, party)


def _signers(spec: SignerSpec, values: Values) -> list[Signer]:
    if spec.source == "company":
        return [parts.company_signer(values.company, spec.label)]
    if spec.source:
        return [parts.party_signer(party, spec.label) for party in _parties(values, spec.source)]
    lines = tuple((label, values.fill(text)) for label, text in spec.lines)
    return [Signer(spec.label, values.fill(spec.name), lines, spec.seal, spec.thumb, spec.hand)]


def _signatures(document: Composer, block: Block, values: Values) -> None:
    signers = [signer for spec in block.signers for signer in _signers(spec, values)]
    document.signatures(signers, [(label, values.fill(text)) for label, text in block.rows])


_WRITERS: dict[BlockKind, Callable[[Composer, Block, Values], None]] = {
    BlockKind.TITLE: _title, BlockKind.ANNEX: _annex, BlockKind.HEADING: _heading, BlockKind.ARTICLE: _article,
    BlockKind.CLAUSE: _clause, BlockKind.ITEM: _item, BlockKind.PARAGRAPH: _paragraph, BlockKind.NOTE: _note,
    BlockKind.NOTICE: _notice, BlockKind.FIELDS: _fields, BlockKind.TABLE: _table, BlockKind.REPEAT: _repeat,
    BlockKind.PARTY: _party, BlockKind.SIGNATURES: _signatures,
    BlockKind.SPACE: lambda document, block, values: document.space(block.height),
    BlockKind.PAGE_BREAK: lambda document, block, values: document.page_break(),
}  # fmt: skip


def template_of(
    body: Body, *, code: str, label: str, data_type: type, number: Callable[[Any], str], sample: Any,
    variables: tuple[Variable, ...] = (), version: int = 1, extra: tuple[FieldSpec, ...] = (),
    check: Callable[[Any], None] | None = None, fonts_of: str = "",
) -> DocumentTemplate:  # fmt: skip
    """Return the template these blocks make.

    ``variables`` are what its data must have besides what the blocks name; ``extra`` the fields of the catalogue it may
    name.

    Raises:
        BlockFault: a block names, refers to or compares what there is not.
    """
    design = Design(body, Variables(data_type, extra))

    def build(document: Composer, data: Any, company: Company) -> None:
        if check is not None:
            check(data)
        design.write(document, data, company)

    def heading(text: str) -> Callable[[Any, Company], str] | None:
        return (lambda data, company: Values(design.variables, data, company).fill(text)) if text else None

    return DocumentTemplate(
        code=code, label=label, data_type=data_type, variables=variables, build=build, number=number, sample=sample,
        version=version, number_label=body.number_label, seam_marks=body.seam_marks, one_page=body.one_page, body=body,
        head_left=heading(body.head_left), head_right=heading(body.head_right), watermark=heading(body.watermark),
        lacking=design.lacking, check=check, fonts_of=fonts_of,
    )  # fmt: skip


def derived(
    base: DocumentTemplate, body: Body, *, code: str, label: str, version: int, extra: tuple[FieldSpec, ...] = (),
    draft: bool = False,
) -> DocumentTemplate:  # fmt: skip
    """Return a firm's own template: the data, number, checks and required values of ``base``, its own blocks."""
    return template_of(
        body, code=code, label=label, data_type=base.data_type, number=base.number, sample=base.sample,
        variables=_still_needed(base, body), version=version, extra=extra, check=base.check,
        fonts_of=base.code if draft else "",
    )  # fmt: skip


def _still_needed(base: DocumentTemplate, body: Body) -> tuple[Variable, ...]:
    """Return what every document of this kind must have, whatever a firm leaves out: number, parties, amount."""
    named = {match[2] for block in body.blocks for _, text in _texts(block) for match in TOKEN.finditer(text)}
    parties = {block.source for block in body.blocks if block.source}
    return tuple(
        one for one in base.variables
        if one.key in named or one.key.split(".")[0] in parties or (one.key.endswith("_number") and "." not in one.key)
    )  # fmt: skip


def body_of(blocks: Sequence[Block], **settings: Any) -> Body:
    """Return the body of a built-in template."""
    return numbered(replace(Body(tuple(blocks)), **settings))
