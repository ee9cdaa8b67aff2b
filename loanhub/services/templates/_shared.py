"""What the use cases on templates share: finding one, checking that nobody changed it meanwhile, recording."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, NotFound, NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.domain.templates import VersionStatus
from loanhub.models import DocumentTemplate, TemplateVersion
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce

TOPIC = "templates"


def may_read(actor: Actor) -> bool:
    """Return whether the actor may see templates: to write or to review them."""
    return actor.can_any(Permission.TEMPLATES_EDIT, Permission.TEMPLATES_PUBLISH)


def check_reader(actor: Actor) -> None:
    """Refuse who may neither write nor review templates."""
    if not may_read(actor):
        raise NotPermitted("你没有查看文书模板的权限，如有需要请联系管理员")


def get_version(
    db: Session, version_id: int, *, for_update: bool = False
) -> tuple[DocumentTemplate, TemplateVersion]:
    """Return a version and its template.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(TemplateVersion).where(col(TemplateVersion.id) == version_id)
    version = db.execute(query.with_for_update() if for_update else query).scalar_one_or_none()
    template = db.get(DocumentTemplate, version.template_id) if version is not None else None
    if version is None or template is None:
        raise NotFound("没有找到这个模板版本")
    return template, version


def get_draft(
    db: Session, actor: Actor, version_id: int, expected_version: int | None
) -> tuple[DocumentTemplate, TemplateVersion]:
    """Return a draft the actor may change.

    Raises:
        NotFound, NotPermitted: no such version; the actor lacks templates:edit.
        Conflict: it is no draft any more, or somebody changed it meanwhile.
    """
    template, version = get_version(db, version_id, for_update=True)
    actor.require(Permission.TEMPLATES_EDIT)
    if version.status is not VersionStatus.DRAFT:
        raise Conflict(
            f"第 {version.number} 版现在是「{version.status.label}」，不能再改；需要修改请新建一版"
        )
    check_unchanged(version, expected_version)
    return template, version


def check_unchanged(version: TemplateVersion, expected_version: int | None) -> None:
    """Refuse to overwrite what somebody else saved meanwhile."""
    if expected_version is not None and version.version != expected_version:
        raise Conflict("这个模板刚被别人改过，已重新打开最新内容，请再改一次")


def record(
    db: Session, actor: Actor, what: str, template: DocumentTemplate, version: TemplateVersion, *, now: datetime,
    before: Mapping[str, object] | None = None, after: Mapping[str, object] | None = None, summary: str = "",
    reason: str = "",
) -> None:  # fmt: skip
    """Append the event of a change and tell who looks at templates."""
    events.record(
        db, actor, what, now=now, entity="document_template", entity_id=template.id, before=before, after=after,
        summary=f"{template.name} 第 {version.number} 版" + (f" · {summary}" if summary else ""), reason=reason,
    )  # fmt: skip
    announce(db, TOPIC, event=what, id=template.id, by=actor.user_id)
