"""Document templates 文书模板: the blocks one is made of, the life of its versions.

A template is data, not code: a list of blocks of a few kinds, each with its own text, and at most one condition. What
a text may name in braces is decided where the blocks are compiled (``documents/design.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput

MOST_BLOCKS = 300
LONGEST_TEXT = 2_000
MOST_ROWS, MOST_COLUMNS, MOST_SIGNERS = 40, 10, 8


class BlockKind(Choice):
    """What a block is."""

    TITLE = "title", "标题"
    ANNEX = "annex", "附件标题"
    HEADING = "heading", "小标题"
    ARTICLE = "article", "条（第一条）"
    CLAUSE = "clause", "款（1.1）"
    ITEM = "item", "项（（1））"
    PARAGRAPH = "paragraph", "段落"
    NOTE = "note", "小字说明"
    NOTICE = "notice", "提示框"
    FIELDS = "fields", "信息栏"
    TABLE = "table", "表格"
    REPEAT = "repeat", "重复行表格"
    PARTY = "party", "当事人信息"
    SIGNATURES = "signatures", "签章区"
    SPACE = "space", "空行"
    PAGE_BREAK = "page_break", "另起一页"


class VersionStatus(Choice):
    """Where a version of a template stands."""

    DRAFT = "draft", "草稿"
    REVIEW = "review", "待审核"
    PUBLISHED = "published", "使用中"
    RETIRED = "retired", "已停用"


class VersionEvent(Choice):
    """What can happen to a version."""

    SUBMIT = "submit", "提交审核"
    RETURN = "return", "退回修改"
    PUBLISH = "publish", "发布"
    REPLACE = "replace", "停用"


_S, _E = VersionStatus, VersionEvent

MOVES: dict[tuple[VersionStatus, VersionEvent], VersionStatus] = {
    (_S.DRAFT, _E.SUBMIT): _S.REVIEW,
    (_S.REVIEW, _E.RETURN): _S.DRAFT,
    (_S.REVIEW, _E.PUBLISH): _S.PUBLISHED,
    (_S.PUBLISHED, _E.REPLACE): _S.RETIRED,
}


class IllegalMove(Conflict):
    """The version is not in a state from which this may happen."""

    def __init__(self, status: VersionStatus, event: VersionEvent) -> None:
        super().__init__(f"这个版本现在是「{status.label}」，不能{event.label}")


class SameReviewer(Conflict):
    """Who wrote a version may not publish it."""

    def __init__(self) -> None:
        super().__init__("写这一版的人不能自己发布，请另一位有审核权限的同事来发布")


def move(status: VersionStatus, event: VersionEvent) -> VersionStatus:
    """Return the status after ``event``; raise IllegalMove when the table has no such row."""
    try:
        return MOVES[status, event]
    except KeyError:
        raise IllegalMove(status, event) from None


@dataclass(frozen=True)
class TableColumn:
    """A column: heading, share of the width, alignment; ``text`` is the cell of a repeated row, ``total`` its sum row."""

    label: str = ""
    share: float = 1.0
    align: str = "left"
    text: str = ""
    total: str = ""


@dataclass(frozen=True)
class SignerSpec:
    """Who signs: a party of the data (``source``), or a name written out with what is marked beside it."""

    label: str = ""
    source: str = ""
    name: str = ""
    hand: str = "签字"
    lines: tuple[tuple[str, str], ...] = ()
    seal: bool = False
    thumb: bool = False


@dataclass(frozen=True)
class Block:
    """One piece of a template. ``kind`` says which of the others count.

    ``key`` names an article or clause for references (``{ref:key}``); ``each`` writes the block once for every member
    of a list; ``when`` is a condition in criteria JSON, empty for always.
    """

    id: str
    kind: BlockKind
    text: str = ""
    subtitle: str = ""
    key: str = ""
    bold: bool = False
    indent: bool = True
    align: str = "justify"
    pairs: bool = False
    new_page: bool = True
    height: float = 8.0
    each: str = ""
    source: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    columns: tuple[TableColumn, ...] = ()
    signers: tuple[SignerSpec, ...] = ()
    when: Mapping[str, Any] | None = None

    def __hash__(self) -> int:
        return hash((self.id, self.kind, self.text))


@dataclass(frozen=True)
class Body:
    """A whole template: its blocks and its page settings.

    ``head_left`` and ``head_right`` replace the company and the number at the head of the page, ``watermark`` is printed
    pale across each page, ``seam_marks`` draws 骑缝 marks, ``one_page`` sets it closer when that saves a sheet.
    """

    blocks: tuple[Block, ...] = ()
    number_label: str = "合同编号"
    head_left: str = ""
    head_right: str = ""
    watermark: str = ""
    seam_marks: bool = False
    one_page: bool = False


_USES: dict[BlockKind, frozenset[str]] = {
    BlockKind.TITLE: frozenset({"text", "subtitle"}),
    BlockKind.ANNEX: frozenset({"text", "subtitle", "new_page"}),
    BlockKind.HEADING: frozenset({"text"}),
    BlockKind.ARTICLE: frozenset({"text", "key"}),
    BlockKind.CLAUSE: frozenset({"text", "key", "bold"}),
    BlockKind.ITEM: frozenset({"text", "bold", "each"}),
    BlockKind.PARAGRAPH: frozenset({"text", "bold", "indent", "align", "each"}),
    BlockKind.NOTE: frozenset({"text"}),
    BlockKind.NOTICE: frozenset({"text"}),
    BlockKind.FIELDS: frozenset({"rows", "pairs"}),
    BlockKind.TABLE: frozenset({"columns", "rows", "text"}),
    BlockKind.REPEAT: frozenset({"columns", "source", "text"}),
    BlockKind.PARTY: frozenset({"source", "text"}),
    BlockKind.SIGNATURES: frozenset({"signers", "rows"}),
    BlockKind.SPACE: frozenset({"height"}),
    BlockKind.PAGE_BREAK: frozenset(),
}
"""Which properties a kind of block has; others are dropped when it is read."""

_TEXT_NEEDED = {"title", "annex", "heading", "article", "clause", "item", "paragraph", "note", "notice"}
_ALIGN = ("justify", "left", "center", "right")
_TEXT_PROPERTIES = ("text", "subtitle", "key", "align", "each", "source")


class BlockFault(InvalidInput):
    """A block cannot be used as it is; ``block_id`` and ``field`` say where."""

    def __init__(self, block_id: str, field: str, sentence: str) -> None:
        self.block_id = block_id
        super().__init__(sentence, fields={field: sentence})


def uses(kind: BlockKind) -> frozenset[str]:
    """Return which properties a kind of block has."""
    return _USES[kind]


def read_body(raw: object) -> Body:
    """Return the template that JSON describes.

    Raises:
        BlockFault: a block of an unknown kind, too long, or with something of the wrong sort.
        InvalidInput: no template at all, or too many blocks.
    """
    if not isinstance(raw, Mapping) or not isinstance(raw.get("blocks"), list):
        raise InvalidInput("模板内容的格式不对")
    if len(raw["blocks"]) > MOST_BLOCKS:
        raise InvalidInput(f"一个模板最多 {MOST_BLOCKS} 段内容")
    blocks = tuple(read_block(one, place) for place, one in enumerate(raw["blocks"], start=1))
    ids = [block.id for block in blocks]
    if len(set(ids)) != len(ids):
        raise InvalidInput("有两段内容的编号相同")
    settings: dict[str, Any] = {}
    for name in ("number_label", "head_left", "head_right", "watermark"):
        settings[name] = _short(str(raw.get(name, getattr(Body, name))), "", name, 60)
    for name in ("seam_marks", "one_page"):
        settings[name] = raw.get(name, False) is True
    return Body(blocks, **settings)


def read_block(raw: object, place: int = 1) -> Block:
    """Return the block that JSON describes; see :func:`read_body`."""
    if not isinstance(raw, Mapping):
        raise InvalidInput("模板内容的格式不对")
    block_id = str(raw.get("id") or f"b{place}")[:12]
    kind = BlockKind.find(str(raw.get("kind", "")))
    if kind is None:
        raise BlockFault(block_id, "kind", "没有这种内容")
    allowed = uses(kind)
    values: dict[str, Any] = {}
    for name in _TEXT_PROPERTIES:
        if name in allowed and name in raw:
            values[name] = _short(str(raw[name]), block_id, name, LONGEST_TEXT if name == "text" else 60)
    for name in ("bold", "indent", "pairs", "new_page"):
        if name in allowed and isinstance(raw.get(name), bool):
            values[name] = raw[name]
    if "height" in allowed:
        height = raw.get("height", 8)
        if not isinstance(height, int | float) or isinstance(height, bool) or not 0 <= height <= 400:
            raise BlockFault(block_id, "height", "空行高度要在 0 到 400 之间")
        values["height"] = float(height)
    if values.get("align", "justify") not in _ALIGN:
        raise BlockFault(block_id, "align", "没有这种对齐方式")
    if "rows" in allowed:
        values["rows"] = _rows(raw.get("rows") or (), block_id)
    if "columns" in allowed:
        values["columns"] = _columns(raw.get("columns") or (), block_id)
    if "signers" in allowed:
        values["signers"] = _signers(raw.get("signers") or (), block_id)
    when = raw.get("when")
    if when is not None and not isinstance(when, Mapping):
        raise BlockFault(block_id, "when", "条件的写法不对")
    block = Block(block_id, kind, **values, when=dict(when) if when else None)
    return _complete(block)


def _complete(block: Block) -> Block:
    if block.kind.value in _TEXT_NEEDED and not block.text.strip():
        raise BlockFault(block.id, "text", f"「{block.kind.label}」还没有写内容")
    if block.kind is BlockKind.TABLE:
        if not block.columns:
            raise BlockFault(block.id, "columns", "表格至少要有一列")
        if any(len(row) != len(block.columns) for row in block.rows):
            raise BlockFault(block.id, "rows", "表格每行的格数要和列数相同")
    if block.kind is BlockKind.FIELDS and (not block.rows or any(len(row) != 2 for row in block.rows)):
        raise BlockFault(block.id, "rows", "信息栏每行写一个名称和一个内容")
    if block.kind is BlockKind.REPEAT and (not block.columns or not block.source):
        raise BlockFault(block.id, "source", "请选择按什么重复，并至少写一列")
    if block.kind is BlockKind.PARTY and not block.source:
        raise BlockFault(block.id, "source", "请选择当事人")
    if block.kind is BlockKind.SIGNATURES and not block.signers:
        raise BlockFault(block.id, "signers", "至少要有一方签署")
    if block.key and not block.key.isidentifier():
        raise BlockFault(block.id, "key", "引用名只能用字母、数字、汉字和下划线，不能以数字开头")
    return block


def _short(text: str, block_id: str, name: str, limit: int) -> str:
    text = text.replace("\r\n", "\n")
    if len(text) > limit:
        raise BlockFault(block_id, name, f"不能超过 {limit} 字")
    return text


def _rows(raw: object, block_id: str) -> tuple[tuple[str, ...], ...]:
    if not isinstance(raw, list | tuple) or len(raw) > MOST_ROWS:
        raise BlockFault(block_id, "rows", f"最多 {MOST_ROWS} 行")
    found = []
    for row in raw:
        if not isinstance(row, list | tuple) or len(row) > MOST_COLUMNS:
            raise BlockFault(block_id, "rows", f"每行最多 {MOST_COLUMNS} 格")
        found.append(tuple(_short(str(cell), block_id, "rows", LONGEST_TEXT) for cell in row))
    return tuple(found)


def _columns(raw: object, block_id: str) -> tuple[TableColumn, ...]:
    if not isinstance(raw, list | tuple) or len(raw) > MOST_COLUMNS:
        raise BlockFault(block_id, "columns", f"最多 {MOST_COLUMNS} 列")
    found = []
    for one in raw:
        if not isinstance(one, Mapping):
            raise BlockFault(block_id, "columns", "列的写法不对")
        share = one.get("share", 1.0)
        if not isinstance(share, int | float) or isinstance(share, bool) or not 0.2 <= share <= 10:
            raise BlockFault(block_id, "columns", "列宽比例要在 0.2 到 10 之间")
        align = str(one.get("align", "left"))
        if align not in _ALIGN[1:]:
            raise BlockFault(block_id, "columns", "没有这种对齐方式")
        texts = [
            _short(str(one.get(name, "")), block_id, "columns", 300) for name in ("label", "text", "total")
        ]
        found.append(TableColumn(texts[0], float(share), align, texts[1], texts[2]))
    return tuple(found)


def _signers(raw: object, block_id: str) -> tuple[SignerSpec, ...]:
    if not isinstance(raw, list | tuple) or len(raw) > MOST_SIGNERS:
        raise BlockFault(block_id, "signers", f"最多 {MOST_SIGNERS} 方签署")
    found = []
    for one in raw:
        if not isinstance(one, Mapping):
            raise BlockFault(block_id, "signers", "签署方的写法不对")
        texts = {
            name: _short(str(one.get(name, "")), block_id, "signers", 120)
            for name in ("label", "source", "name")
        }
        if not texts["label"].strip():
            raise BlockFault(block_id, "signers", "写一下签署方的称呼，例如「甲方（出借人）」")
        lines = _rows(one.get("lines") or (), block_id)
        if any(len(line) != 2 for line in lines):
            raise BlockFault(block_id, "signers", "签署方下面每行写一个名称和一个内容")
        found.append(
            SignerSpec(
                **texts, hand=_short(str(one.get("hand", "签字")), block_id, "signers", 20),
                lines=tuple((line[0], line[1]) for line in lines),
                seal=one.get("seal") is True, thumb=one.get("thumb") is True,
            )
        )  # fmt: skip
    return tuple(found)


def body_json(body: Body) -> dict[str, Any]:
    """Return JSON that :func:`read_body` reads back to an equal template."""
    found: dict[str, Any] = {
        field.name: getattr(body, field.name) for field in fields(Body) if field.name != "blocks"
    }
    found["blocks"] = [block_json(block) for block in body.blocks]
    return found


def block_json(block: Block) -> dict[str, Any]:
    """Return a block as JSON, without what it does not use."""
    found: dict[str, Any] = {"id": block.id, "kind": block.kind.value}
    for field in fields(Block):
        if field.name not in uses(block.kind):
            continue
        value = getattr(block, field.name)
        if field.name == "rows":
            value = [list(row) for row in value]
        elif field.name in ("columns", "signers"):
            value = [{part.name: getattr(one, part.name) for part in fields(one)} for one in value]
            for one in value:
                if "lines" in one:
                    one["lines"] = [list(line) for line in one["lines"]]
        found[field.name] = value
    if block.when:
        found["when"] = dict(block.when)
    return found


def numbered(body: Body) -> Body:
    """Return the template with its blocks' ids in order, for one written by hand."""
    return replace(
        body, blocks=tuple(replace(block, id=f"b{place}") for place, block in enumerate(body.blocks, start=1))
    )


def with_new_ids(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return blocks with ids that do not repeat."""
    return tuple(replace(block, id=f"b{place}") for place, block in enumerate(blocks, start=1))
