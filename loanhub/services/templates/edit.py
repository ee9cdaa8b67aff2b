"""Writing a template: a copy to start from, its blocks one by one, its page settings. Each step is saved at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.design import derived
from loanhub.documents.template import get_template
from loanhub.documents.variables import Variables
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.template_changes import SETTING_LABELS, summary_of
from loanhub.domain.templates import (
    BlockKind,
    Body,
    VersionStatus,
    body_json,
    read_block,
    read_body,
)
from loanhub.models import DocumentTemplate, TemplateVersion
from loanhub.services._actor import Actor
from loanhub.services._templates import extra_specs, variables_of
from loanhub.services._transaction import transaction
from loanhub.services.templates._shared import get_draft, get_version, record
from loanhub.services.templates.words import from_words

MOST_TEMPLATES = 200


def create(actor: Actor, *, base: str, name: str, copy_of: int | None = None, now: datetime) -> int:
    """Begin a firm's own template as a copy of a built-in one, or of any version of an own one; return its draft's id.

    Raises:
        UnknownTemplate, NotFound: no such built-in template; no such version.
        NotPermitted: the actor lacks templates:edit.
        InvalidInput: the name is empty, too long or taken.
    """
    with transaction() as db:
        actor.require(Permission.TEMPLATES_EDIT)
        body: Body | None = None
        if copy_of is not None:
            source, version = get_version(db, copy_of)
            base, body = source.base, read_body(version.body)
        builtin = get_template(base)
        name = _name(db, name)
        if (
            db.execute(sa.select(sa.func.count()).select_from(DocumentTemplate)).scalar_one()
            >= MOST_TEMPLATES
        ):
            raise Conflict(f"模板最多 {MOST_TEMPLATES} 个，先停用不再使用的")
        assert builtin.body is not None  # every built-in document is written in blocks; a test sees to it
        template = DocumentTemplate(
            name=name, base=base, created_by_id=actor.actor_id, created_at=now, updated_at=now
        )
        db.add(template)
        db.flush()
        version = TemplateVersion(
            template_id=template.id or 0, number=1, status=VersionStatus.DRAFT, body=body_json(body or builtin.body),
            note=f"由《{builtin.label}》复制", edited_by_id=actor.actor_id, created_at=now, updated_at=now,
        )  # fmt: skip
        db.add(version)
        db.flush()
        record(
            db, actor, "template.created", template, version, now=now, summary=f"由《{builtin.label}》复制"
        )
        assert version.id is not None
        return version.id


def rename(actor: Actor, *, version_id: int, name: str, now: datetime) -> None:
    """Give a template another name.

    Raises:
        NotFound, NotPermitted: no such version; the actor lacks templates:edit.
        InvalidInput: the name is empty, too long or taken.
    """
    with transaction() as db:
        template, version = get_version(db, version_id, for_update=True)
        actor.require(Permission.TEMPLATES_EDIT)
        before, after = template.name, _name(db, name, but=template.id)
        if before == after:
            return
        template.name, template.updated_at = after, now
        template.version += 1
        record(
            db, actor, "template.edited", template, version, now=now,
            before={"名称": before}, after={"名称": after},
        )  # fmt: skip


def _name(db: Session, name: str, *, but: int | None = None) -> str:
    name = name.strip()
    if not 2 <= len(name) <= 40:
        raise InvalidInput(fields={"name": "模板名称要在 2 到 40 个字之间"})
    query = sa.select(col(DocumentTemplate.id)).where(col(DocumentTemplate.name) == name)
    if any(found != but for found in db.execute(query).scalars()):
        raise InvalidInput(fields={"name": "已经有同名的模板"})
    return name


def save_block(
    actor: Actor,
    *,
    version_id: int,
    raw: Mapping[str, Any],
    expected_version: int | None = None,
    now: datetime,
) -> int:
    """Replace the block with this id by what was typed, its texts in people's words; return the new row version.

    Raises:
        NotFound, NotPermitted, Conflict: see ``get_draft``.
        InvalidInput: something of the block cannot be used; the field says what.
    """
    with transaction() as db:
        template, version = get_draft(db, actor, version_id, expected_version)
        body = read_body(version.body)
        block = read_block(_stored(raw, variables_of(db, template.base)))
        old = next((one for one in body.blocks if one.id == block.id), None)
        if old is None:
            raise Conflict("这段内容刚被删除了")
        blocks = tuple(block if one.id == block.id else one for one in body.blocks)
        return _write(
            db, actor, template, version, replace(body, blocks=blocks), now,
            before={"内容": summary_of(old)}, after={"内容": summary_of(block)}, summary=block.kind.label,
        )  # fmt: skip


def add_block(
    actor: Actor,
    *,
    version_id: int,
    kind: str,
    after: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> tuple[str, int]:
    """Put a new block after another one, or at the end; return its id and the new row version.

    Raises:
        NotFound, NotPermitted, Conflict: see ``get_draft``.
        InvalidInput: no such kind of block.
    """
    with transaction() as db:
        template, version = get_draft(db, actor, version_id, expected_version)
        body = read_body(version.body)
        found = BlockKind.find(kind)
        if found is None:
            raise InvalidInput(fields={"kind": "请选择要加的内容"})
        taken = {one.id for one in body.blocks}
        fresh = next(f"n{number}" for number in range(1, 1000) if f"n{number}" not in taken)
        block = read_block(
            {"id": fresh, "kind": found.value, **_START.get(found, {"text": "（请填写内容）"})}
        )
        place = next((n for n, one in enumerate(body.blocks, start=1) if one.id == after), len(body.blocks))
        blocks = (*body.blocks[:place], block, *body.blocks[place:])
        row_version = _write(
            db, actor, template, version, replace(body, blocks=blocks), now, summary=f"加一段：{found.label}"
        )
        return fresh, row_version


_START: dict[BlockKind, dict[str, Any]] = {
    BlockKind.FIELDS: {"rows": [["名称", "（请填写内容）"]]},
    BlockKind.TABLE: {
        "columns": [{"label": "项目"}, {"label": "内容"}],
        "rows": [["（请填写）", "（请填写）"]],
    },
    BlockKind.REPEAT: {
        "source": "schedule",
        "columns": [{"label": "序号", "text": "{index}", "align": "center"}],
    },
    BlockKind.PARTY: {"source": "company", "text": "甲方"},
    BlockKind.SIGNATURES: {"signers": [{"label": "甲方", "source": "company"}]},
    BlockKind.SPACE: {"height": 10},
    BlockKind.PAGE_BREAK: {},
}


def drop_block(
    actor: Actor, *, version_id: int, block_id: str, expected_version: int | None = None, now: datetime
) -> int:
    """Take a block away; return the new row version.

    Raises:
        NotFound, NotPermitted, Conflict: see ``get_draft``.
        InvalidInput: another block refers to it.
    """
    with transaction() as db:
        template, version = get_draft(db, actor, version_id, expected_version)
        body = read_body(version.body)
        gone = [one for one in body.blocks if one.id == block_id]
        if not gone:
            return version.version
        blocks = tuple(one for one in body.blocks if one.id != block_id)
        return _write(
            db, actor, template, version, replace(body, blocks=blocks), now,
            before={"内容": summary_of(gone[0])}, after={"内容": "（删除）"}, summary=f"删除：{gone[0].kind.label}",
        )  # fmt: skip


def move_block(
    actor: Actor, *, version_id: int, block_id: str, step: int = 0, onto: str = "", expected_version: int | None = None,
    now: datetime,
) -> int:  # fmt: skip
    """Move a block by so many places, or to where another one stands; return the new row version.

    Raises:
        NotFound, NotPermitted, Conflict: see ``get_draft``.
    """
    with transaction() as db:
        template, version = get_draft(db, actor, version_id, expected_version)
        body = read_body(version.body)
        ids = [one.id for one in body.blocks]
        if block_id not in ids:
            raise Conflict("这段内容刚被删除了")
        start = ids.index(block_id)
        end = ids.index(onto) if onto in ids else min(max(start + step, 0), len(ids) - 1)
        if end == start:
            return version.version
        blocks = list(body.blocks)
        blocks.insert(end, blocks.pop(start))
        return _write(
            db, actor, template, version, replace(body, blocks=tuple(blocks)), now,
            summary=f"调整顺序：{body.blocks[start].kind.label}",
        )  # fmt: skip


def save_settings(
    actor: Actor,
    *,
    version_id: int,
    values: Mapping[str, Any],
    expected_version: int | None = None,
    now: datetime,
) -> int:
    """Change the page settings; texts in people's words; return the new row version.

    Raises:
        NotFound, NotPermitted, Conflict: see ``get_draft``.
        InvalidInput: a text is too long or names what there is not.
    """
    with transaction() as db:
        template, version = get_draft(db, actor, version_id, expected_version)
        variables = variables_of(db, template.base)
        raw: dict[str, Any] = dict(version.body)
        old = read_body(raw)
        for name in SETTING_LABELS:
            if name in values:
                value = values[name]
                raw[name] = from_words(value, variables) if isinstance(value, str) else value is True
        body = read_body(raw)
        return _write(
            db, actor, template, version, body, now, summary="页面设置",
            before={label: str(getattr(old, name)) for name, label in SETTING_LABELS.items()},
            after={label: str(getattr(body, name)) for name, label in SETTING_LABELS.items()},
        )  # fmt: skip


def _write(
    db: Session, actor: Actor, template: DocumentTemplate, version: TemplateVersion, body: Body, now: datetime, *,
    summary: str, before: Mapping[str, object] | None = None, after: Mapping[str, object] | None = None,
) -> int:  # fmt: skip
    derived(
        get_template(template.base), body, code="draft", label=template.name, version=0, extra=extra_specs(db),
        draft=True,
    )  # fmt: skip
    version.body = body_json(body)
    version.edited_by_id, version.updated_at = actor.actor_id, now
    version.tested_at, version.tested_count = None, 0
    version.version += 1
    record(
        db, actor, "template.edited", template, version, now=now, before=before, after=after, summary=summary
    )
    return version.version


def _stored(raw: Mapping[str, Any], variables: Variables) -> dict[str, Any]:
    """Return a block in people's words as it is stored."""
    found = dict(raw)
    each = str(found.get("each") or found.get("source") or "")

    def text(value: Any) -> str:
        return from_words(str(value), variables, each)

    for name in ("text", "subtitle"):
        if name in found:
            found[name] = text(found[name])
    if isinstance(found.get("rows"), Sequence):
        found["rows"] = [[text(cell) for cell in row] for row in found["rows"]]
    if isinstance(found.get("columns"), Sequence):
        found["columns"] = [
            {**one, "text": text(one.get("text", "")), "total": _total(one.get("total", ""), variables)}
            for one in found["columns"]
        ]
    if isinstance(found.get("signers"), Sequence):
        found["signers"] = [
            {**one, "name": text(one.get("name", "")),
             "lines": [[label, text(value)] for label, value in one.get("lines", ())]}
            for one in found["signers"]
        ]  # fmt: skip
    return found


SUM_WORDS = "{合计}"


def _total(value: Any, variables: Variables) -> str:
    return from_words(str(value).replace(SUM_WORDS, "{sum}"), variables)
