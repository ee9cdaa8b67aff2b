"""From draft to use: tried on records, sent to review, published by a second person, brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents import render
from loanhub.documents.template import missing
from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.templates import SameReviewer, VersionEvent, VersionStatus, move, read_body
from loanhub.models import DocumentTemplate, TemplateVersion
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._templates import built
from loanhub.services._transaction import reading, transaction
from loanhub.services.templates._shared import check_reader, check_unchanged, get_draft, get_version, record
from loanhub.services.templates.fill import Candidate, candidates, data_of, link_of

TRIED = 20
"""On how many of the newest records a template is tried."""


@dataclass(frozen=True)
class TrialLine:
    """What a template came to on one record: ``missing`` are (label, page where it is filled in); ``refusal`` says why not."""

    key: str
    label: str
    link: str
    missing: tuple[tuple[str, str], ...] = ()
    refusal: str = ""

    @property
    def fine(self) -> bool:
        """Return whether the document can be made."""
        return not self.missing and not self.refusal


def trial(actor: Actor, *, version_id: int, now: datetime) -> list[TrialLine]:
    """Try a version on the newest records in the actor's scope: what each lacks, or why it cannot be printed.

    On a draft this is remembered, and only a draft that was tried can be sent to review.

    Raises:
        NotFound: no such version.
        NotPermitted: the actor may neither write nor publish templates.
    """
    with reading() as db:
        template, version = get_version(db, version_id)
        check_reader(actor)
        seen = version.version
        lines = [
            _tried(db, actor, template, version, one, now)
            for one in candidates(db, actor, template.base, limit=TRIED)
        ]
    with transaction() as db:  # the documents are drawn before, so that nobody waits for them to write
        template, version = get_version(db, version_id, for_update=True)
        if version.status is VersionStatus.DRAFT and version.version == seen:
            version.tested_at, version.tested_count = now, len(lines)
            good = sum(1 for line in lines if line.fine)
            record(
                db, actor, "template.tested", template, version, now=now,
                summary=f"{len(lines)} 条记录，{good} 条可以生成",
            )  # fmt: skip
    return lines


def _tried(
    db: Session,
    actor: Actor,
    template: DocumentTemplate,
    version: TemplateVersion,
    one: Candidate,
    now: datetime,
) -> TrialLine:
    company = parameters.company(db, now=now)
    try:
        used = built(db, template, version)
        data = data_of(db, actor, used, one.key, base=template.base, now=now)
        lacking = tuple((label, link_of(key, one.key)) for key, label in missing(used, data, company))
        if not lacking:
            render(used, data, company=company)
    except LoanHubError as refusal:
        return TrialLine(one.key, one.label, one.link, refusal=refusal.sentence)
    return TrialLine(one.key, one.label, one.link, lacking)


def submit(
    actor: Actor, *, version_id: int, note: str = "", expected_version: int | None = None, now: datetime
) -> None:
    """Send a draft to review; ``note`` says what it changes.

    Raises:
        NotFound, NotPermitted, Conflict: see ``get_draft``; it was not tried since the last change.
        InvalidInput: the note is over 200 characters, or the template has nothing in it.
    """
    if len(note.strip()) > 200:
        raise InvalidInput(fields={"note": "说明最多 200 个字"})
    with transaction() as db:
        template, version = get_draft(db, actor, version_id, expected_version)
        if not read_body(version.body).blocks:
            raise InvalidInput("模板还是空的")
        if version.tested_at is None:
            raise Conflict("先试填，看看真实记录能不能生成，再提交审核")
        version.status = move(version.status, VersionEvent.SUBMIT)
        version.submitted_by_id, version.submitted_at = actor.actor_id, now
        version.note = note.strip() or version.note
        version.version += 1
        record(db, actor, "template.submitted", template, version, now=now, summary=note.strip())


def send_back(actor: Actor, *, version_id: int, reason: str, now: datetime) -> None:
    """Return a version to who wrote it.

    Raises:
        NotFound, NotPermitted: no such version; the actor lacks templates:publish.
        IllegalMove: it is not waiting for review.
        InvalidInput: no reason was given.
    """
    if not 2 <= len(reason.strip()) <= 200:
        raise InvalidInput(fields={"reason": "写一下要改什么，2 到 200 个字"})
    with transaction() as db:
        template, version = get_version(db, version_id, for_update=True)
        actor.require(Permission.TEMPLATES_PUBLISH)
        version.status = move(version.status, VersionEvent.RETURN)
        version.review_note, version.reviewed_by_id, version.reviewed_at = reason.strip(), actor.actor_id, now
        version.version += 1
        record(db, actor, "template.returned", template, version, now=now, reason=reason.strip())


def publish(actor: Actor, *, version_id: int, expected_version: int | None = None, now: datetime) -> None:
    """Put a reviewed version in use; the version in use before is retired, what was made from it keeps it.

    Raises:
        NotFound, NotPermitted: no such version; the actor lacks templates:publish.
        IllegalMove: it is not waiting for review.
        SameReviewer: the actor wrote it or sent it in.
        Conflict: it was changed meanwhile.
        BlockFault: something it names is not there any more.
    """
    with transaction() as db:
        template, version = get_version(db, version_id, for_update=True)
        actor.require(Permission.TEMPLATES_PUBLISH)
        check_unchanged(version, expected_version)
        status = move(version.status, VersionEvent.PUBLISH)
        if actor.actor_id in (version.edited_by_id, version.submitted_by_id):
            raise SameReviewer
        built(db, template, version)
        for old in _published(db, template):
            old.status = move(old.status, VersionEvent.REPLACE)
            old.updated_at = now
            old.version += 1
        version.status = status
        version.reviewed_by_id, version.reviewed_at, version.review_note = actor.actor_id, now, ""
        version.version += 1
        template.updated_at = now
        record(db, actor, "template.published", template, version, now=now, summary=version.note)


def _published(db: Session, template: DocumentTemplate) -> list[TemplateVersion]:
    query = sa.select(TemplateVersion).where(
        col(TemplateVersion.template_id) == template.id,
        col(TemplateVersion.status) == VersionStatus.PUBLISHED,
    )
    return list(db.execute(query.with_for_update()).scalars())


def bring_back(actor: Actor, *, version_id: int, now: datetime) -> int:
    """Begin a new draft with the text of a version, to change it or to bring an old one back; return the draft's id.

    Raises:
        NotFound, NotPermitted: no such version; the actor lacks templates:edit.
        Conflict: another draft of this template is being written or reviewed.
    """
    with transaction() as db:
        template, version = get_version(db, version_id, for_update=True)
        actor.require(Permission.TEMPLATES_EDIT)
        rows = list(
            db.execute(
                sa.select(TemplateVersion).where(col(TemplateVersion.template_id) == template.id)
            ).scalars()
        )
        open_one = next(
            (one for one in rows if one.status in (VersionStatus.DRAFT, VersionStatus.REVIEW)), None
        )
        if open_one is not None:
            raise Conflict(f"第 {open_one.number} 版还是「{open_one.status.label}」，先处理完它")
        draft = TemplateVersion(
            template_id=template.id or 0, number=max(one.number for one in rows) + 1, status=VersionStatus.DRAFT,
            body=dict(version.body), note=f"由第 {version.number} 版修改", edited_by_id=actor.actor_id, created_at=now,
            updated_at=now,
        )  # fmt: skip
        db.add(draft)
        template.updated_at = now
        db.flush()
        record(db, actor, "template.restored", template, draft, now=now, summary=f"由第 {version.number} 版")
        assert draft.id is not None
        return draft.id


def set_default(actor: Actor, *, template_id: int, on: bool, now: datetime) -> None:
    """Make documents of its kind from this template, or (``on`` false) from the built-in one again.

    Raises:
        NotFound, NotPermitted: no such template; the actor lacks templates:publish.
        Conflict: nothing of it is published.
    """
    with transaction() as db:
        query = sa.select(DocumentTemplate).where(col(DocumentTemplate.id) == template_id).with_for_update()
        template = db.execute(query).scalar_one_or_none()
        if template is None:
            raise NotFound("没有找到这个模板")
        actor.require(Permission.TEMPLATES_PUBLISH)
        found = _published(db, template)
        if on and not found:
            raise Conflict("先发布一版，才能设为默认")
        if template.is_default == on:
            return
        if on:
            others = sa.select(DocumentTemplate).where(
                col(DocumentTemplate.base) == template.base, col(DocumentTemplate.is_default)
            )
            for other in db.execute(others).scalars():
                other.is_default = False
        template.is_default, template.updated_at = on, now
        template.version += 1
        if found:
            record(
                db, actor, "template.defaulted", template, found[0], now=now,
                summary="设为默认" if on else "取消默认，改用内置模板",
            )  # fmt: skip
