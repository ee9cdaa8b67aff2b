"""What changed between two versions of a template 版本对比: block by block, in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from loanhub.domain.templates import Block, Body, block_json


@dataclass(frozen=True)
class Change:
    """One difference between two versions: ``kind`` added, removed, changed; the block's text before and after."""

    kind: str
    block: str
    before: str = ""
    after: str = ""


def summary_of(block: Block) -> str:
    """Return what a block says, in one text, for lists and differences."""
    parts = [block.text, block.subtitle]
    parts += ["｜".join(row) for row in block.rows]
    parts += ["｜".join(part for part in (one.label, one.text, one.total) if part) for one in block.columns]
    parts += ["｜".join(part for part in (one.label, one.source, one.name) if part) for one in block.signers]
    if block.source:
        parts.append(f"按 {block.source}")
    return "\n".join(part for part in parts if part)


def differences(old: Body, new: Body) -> list[Change]:
    """Return what changed, block by block, in the order of the new template; page settings last."""
    before, after = [_facts(one) for one in old.blocks], [_facts(one) for one in new.blocks]
    changes: list[Change] = []
    for word, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if word == "equal":
            continue
        paired = min(b - a, d - c)
        for place in range(paired):
            one, other = old.blocks[a + place], new.blocks[c + place]
            if one.kind is other.kind:
                changes.append(Change("changed", other.kind.label, _said(one), _said(other)))
            else:
                changes.append(Change("removed", one.kind.label, _said(one)))
                changes.append(Change("added", other.kind.label, "", _said(other)))
        changes += [Change("removed", one.kind.label, _said(one)) for one in old.blocks[a + paired : b]]
        changes += [Change("added", one.kind.label, "", _said(one)) for one in new.blocks[c + paired : d]]
    for name, label in SETTING_LABELS.items():
        one, other = getattr(old, name), getattr(new, name)
        if one != other:
            changes.append(Change("changed", f"页面设置·{label}", _word(one), _word(other)))
    return changes


SETTING_LABELS = {
    "number_label": "编号名称", "head_left": "页眉左侧", "head_right": "页眉右侧", "watermark": "水印",
    "seam_marks": "骑缝标记", "one_page": "尽量排在一页",
}  # fmt: skip


def _facts(block: Block) -> str:
    facts = {name: value for name, value in block_json(block).items() if name != "id"}
    return json.dumps(
        facts, sort_keys=True, ensure_ascii=False
    )  # a database may put the keys in another order


def _said(block: Block) -> str:
    text = summary_of(block)
    extra = [word for flag, word in ((block.bold, "加粗"), (bool(block.when), "有条件")) if flag]
    return text + (f"（{'、'.join(extra)}）" if extra else "")


def _word(value: Any) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else str(value) or "（空）"
