"""Templates as pages show them: the list, one version with its blocks in people's words, differences, a page as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents import render
from loanhub.documents.preview import page_count, page_image
from loanhub.documents.template import get_template, missing, templates
from loanhub.documents.variables import Variables
from loanhub.domain import formats
from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.domain.template_changes import Change, differences, summary_of
from loanhub.domain.templates import Block, BlockKind, Body, VersionStatus, read_body
from loanhub.models import DocumentTemplate, TemplateVersion, User
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._templates import built, variables_of
from loanhub.services._transaction import reading
from loanhub.services.templates._shared import check_reader, get_version
from loanhub.services.templates.conditions import sentence_of
from loanhub.services.templates.fill import SAMPLE, Candidate, candidates, data_of, link_of
from loanhub.services.templates.life import TrialLine
from loanhub.services.templates.words import to_words

PREVIEW_DPI = 110
_TONES = {VersionStatus.DRAFT: "info", VersionStatus.REVIEW: "warn", VersionStatus.PUBLISHED: "ok",
          VersionStatus.RETIRED: "closed"}  # fmt: skip


@dataclass(frozen=True)
class TemplateCard:
    """A template in the list; built-in ones have no ``id``. ``version_id`` is the version to open."""

    id: int
    base: str
    name: str
    kind: str
    status: str
    tone: str
    version: str
    version_id: int
    updated: str
    is_default: bool
    blocks: int
    waiting: bool = False


@dataclass(frozen=True)
class TemplateList:
    """The built-in documents and the firm's own templates; what the reader may do."""

    builtin: tuple[TemplateCard, ...]
    own: tuple[TemplateCard, ...]
    can_edit: bool
    can_publish: bool


@dataclass(frozen=True)
class BlockLine:
    """A block in the editor's list: what it is, how it reads, under which condition."""

    id: str
    kind: str
    label: str
    text: str
    condition: str
    number: str


@dataclass(frozen=True)
class VersionLine:
    """One version of a template in its history."""

    id: int
    number: int
    status: str
    tone: str
    by: str
    at: str
    note: str


@dataclass(frozen=True)
class VersionView:
    """One version as its page shows it; ``settings`` are its page settings in people's words."""

    id: int
    template_id: int
    version: int
    number: int
    name: str
    base: str
    base_label: str
    status: str
    status_label: str
    tone: str
    is_default: bool
    note: str
    review_note: str
    tested: str
    edited: str
    settings: dict[str, Any]
    blocks: tuple[BlockLine, ...]
    versions: tuple[VersionLine, ...]
    candidates: tuple[Candidate, ...]
    can_edit: bool
    can_submit: bool
    can_publish: bool
    can_restore: bool
    can_default: bool
    why_not_publish: str = ""


def list_templates(actor: Actor, *, now: datetime) -> TemplateList:
    """Return the built-in documents and the firm's own templates.

    Raises:
        NotPermitted: the actor may neither write nor publish templates.
    """
    check_reader(actor)
    with reading() as db:
        own = list(
            db.execute(sa.select(DocumentTemplate).order_by(col(DocumentTemplate.id).desc())).scalars()
        )
        versions = _versions(db, [row.id or 0 for row in own])
        taken = {row.base for row in own if row.is_default}
        builtin = tuple(
            TemplateCard(
                0, code, one.label, one.label, "内置", "line", f"v{one.version}", 0, "", code not in taken,
                len(one.body.blocks) if one.body else 0,
            )
            for code, one in templates().items()
        )  # fmt: skip
        cards = tuple(_card(row, versions[row.id or 0], now) for row in own)
        return TemplateList(
            builtin, cards, actor.can(Permission.TEMPLATES_EDIT), actor.can(Permission.TEMPLATES_PUBLISH)
        )


def _card(row: DocumentTemplate, versions: Sequence[TemplateVersion], now: datetime) -> TemplateCard:
    newest = versions[0]
    used = next((one for one in versions if one.status is VersionStatus.PUBLISHED), None)
    text = f"使用第 {used.number} 版" if used is not None else "还没有发布"
    if newest is not used:
        text += f"，第 {newest.number} 版{newest.status.label}"
    return TemplateCard(
        row.id or 0, row.base, row.name, get_template(row.base).label, newest.status.label, _TONES[newest.status], text,
        newest.id or 0, formats.relative(row.updated_at, now), row.is_default, len(read_body(newest.body).blocks),
        newest.status is VersionStatus.REVIEW,
    )  # fmt: skip


def _versions(db: Session, ids: Sequence[int]) -> dict[int, list[TemplateVersion]]:
    query = sa.select(TemplateVersion).where(col(TemplateVersion.template_id).in_(ids))
    found: dict[int, list[TemplateVersion]] = {}
    for one in db.execute(query.order_by(col(TemplateVersion.number).desc())).scalars():
        found.setdefault(one.template_id, []).append(one)
    return found


def look(actor: Actor, *, version_id: int, now: datetime) -> VersionView:
    """Return one version for its page.

    Raises:
        NotFound: no such version.
        NotPermitted: the actor may neither write nor publish templates.
    """
    with reading() as db:
        template, version = get_version(db, version_id)
        check_reader(actor)
        body, variables = read_body(version.body), variables_of(db, template.base)
        rows = _versions(db, [template.id or 0])[template.id or 0]
        names = _names(db, rows)
        status = version.status
        is_open = any(one.status in (VersionStatus.DRAFT, VersionStatus.REVIEW) for one in rows)
        edits, publishes = actor.can(Permission.TEMPLATES_EDIT), actor.can(Permission.TEMPLATES_PUBLISH)
        own = actor.actor_id in (version.edited_by_id, version.submitted_by_id)
        tested = (
            f"{formats.relative(version.tested_at, now)}试填了 {version.tested_count} 条"
            if version.tested_at
            else ""
        )
        return VersionView(
            id=version_id, template_id=template.id or 0, version=version.version, number=version.number,
            name=template.name, base=template.base, base_label=get_template(template.base).label, status=status.value,
            status_label=status.label, tone=_TONES[status], is_default=template.is_default, note=version.note,
            review_note=version.review_note, tested=tested,
            edited=f"{names.get(version.edited_by_id or 0, '系统')} · {formats.relative(version.updated_at, now)}",
            settings=_settings(body, variables), blocks=tuple(_lines(body, variables)),
            versions=tuple(_version_line(one, names) for one in rows),
            candidates=tuple(candidates(db, actor, template.base)),
            can_edit=edits and status is VersionStatus.DRAFT,
            can_submit=edits and status is VersionStatus.DRAFT and version.tested_at is not None,
            can_publish=publishes and status is VersionStatus.REVIEW and not own,
            can_restore=edits and not is_open,
            can_default=publishes and any(one.status is VersionStatus.PUBLISHED for one in rows),
            why_not_publish="这一版是你写的，请另一位有审核权限的同事来发布"
            if own and status is VersionStatus.REVIEW and publishes else "",
        )  # fmt: skip


def _names(db: Session, rows: Sequence[TemplateVersion]) -> dict[int, str]:
    ids = {i for one in rows for i in (one.edited_by_id, one.submitted_by_id, one.reviewed_by_id) if i}
    found = db.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(ids))).all()
    return {int(user_id): str(name) for user_id, name in found}


def _version_line(one: TemplateVersion, names: dict[int, str]) -> VersionLine:
    by = [f"{names.get(one.edited_by_id or 0, '系统')} 写"]
    if one.reviewed_by_id:
        by.append(f"{names.get(one.reviewed_by_id, '系统')} {'退回' if one.review_note else '发布'}")
    return VersionLine(
        one.id or 0, one.number, one.status.label, _TONES[one.status], "，".join(by),
        formats.instant(one.reviewed_at or one.updated_at), one.review_note or one.note,
    )  # fmt: skip


def _settings(body: Body, variables: Variables) -> dict[str, Any]:
    return {
        "number_label": body.number_label, "head_left": to_words(body.head_left, variables),
        "head_right": to_words(body.head_right, variables), "watermark": to_words(body.watermark, variables),
        "seam_marks": body.seam_marks, "one_page": body.one_page,
    }  # fmt: skip


def _lines(body: Body, variables: Variables) -> list[BlockLine]:
    article = clause = item = 0
    lines = []
    for block in body.blocks:
        number = ""
        if block.kind is BlockKind.ARTICLE:
            article, clause, item = article + 1, 0, 0
            number = f"第 {article} 条"
        elif block.kind is BlockKind.CLAUSE:
            clause, item = clause + 1, 0
            number = f"{article}.{clause}"
        elif block.kind is BlockKind.ITEM:
            item += 1
            number = f"（{item}）"
        lines.append(
            BlockLine(
                block.id,
                block.kind.value,
                block.kind.label.partition("（")[0],
                _said(block, variables),
                sentence_of(block, variables),
                number,
            )
        )
    return lines


def _said(block: Block, variables: Variables) -> str:
    each = block.each or (block.source if block.kind is BlockKind.REPEAT else "")
    if block.kind is BlockKind.PARTY:
        return f"{block.text or '（无标题）'}：{variables.parties.get(block.source, block.source)}的信息"
    if block.kind is BlockKind.SIGNATURES:
        return "、".join(one.label for one in block.signers)
    if block.kind is BlockKind.REPEAT:
        source = variables.values.get(block.source)
        heads = "、".join(one.label for one in block.columns)
        return f"按{source.label if source else block.source}，每条一行：{heads}"
    if block.kind is BlockKind.SPACE:
        return f"{block.height:g} 磅"
    return to_words(summary_of(block), variables, each).replace("**", "")


def changes(actor: Actor, *, version_id: int, against: int = 0, now: datetime) -> list[Change]:
    """Return what a version changes, in people's words: against another version, by default the one in use.

    For the first version that is the built-in document it was copied from.

    Raises:
        NotFound: no such version, or the other is of another template.
        NotPermitted: the actor may neither write nor publish templates.
    """
    with reading() as db:
        template, version = get_version(db, version_id)
        check_reader(actor)
        variables = variables_of(db, template.base)
        old: Body | None = None
        if against:
            other_template, other = get_version(db, against)
            if other_template.id == template.id:
                old = read_body(other.body)
        else:
            query = sa.select(TemplateVersion).where(
                col(TemplateVersion.template_id) == template.id, col(TemplateVersion.id) != version_id,
                col(TemplateVersion.status) == VersionStatus.PUBLISHED,
            )  # fmt: skip
            used = db.execute(query).scalar_one_or_none()
            old = read_body(used.body) if used is not None else None
        old = old or get_template(template.base).body or Body()
        found = differences(old, read_body(version.body))
        return [
            Change(one.kind, one.block, to_words(one.before, variables), to_words(one.after, variables))
            for one in found
        ]


def find_records(actor: Actor, *, version_id: int, text: str) -> list[Candidate]:
    """Return records a version can be tried on whose number or customer's name holds these words, newest first.

    Raises:
        NotFound: no such version.
        NotPermitted: the actor may neither write nor publish templates.
    """
    with reading() as db:
        template, _ = get_version(db, version_id)
        check_reader(actor)
        return candidates(db, actor, template.base, text=text[:40])


def preview(
    actor: Actor, *, version_id: int, record: str = SAMPLE, page: int = 1, now: datetime
) -> tuple[bytes, int, list[TrialLine]]:
    """Return (PNG of a page, number of pages, what is missing) of a version on one record; no picture when something is.

    Raises:
        NotFound: no such version or record in the actor's scope, or no such page.
        NotPermitted: the actor may neither write nor publish templates.
    """
    with reading() as db:
        template, version = get_version(db, version_id)
        check_reader(actor)
        company = parameters.company(db, now=now)
        try:
            used = built(db, template, version)
            data = data_of(db, actor, used, record, base=template.base, now=now)
            lacking = tuple((label, link_of(key, record)) for key, label in missing(used, data, company))
            if lacking:
                return b"", 0, [TrialLine(record, "", "", lacking)]
            pdf = render(used, data, company=company, watermark="预览")
        except LoanHubError as refusal:
            return b"", 0, [TrialLine(record, "", "", refusal=refusal.sentence)]
    count = page_count(pdf)
    return page_image(pdf, min(max(page, 1), count), dpi=PREVIEW_DPI), count, []
