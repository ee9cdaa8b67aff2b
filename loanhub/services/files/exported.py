"""Who may still fetch an export 导出文件的下载: its maker, with no less right and reach than it was made with."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import Permission, Scope
from loanhub.models import ExportJob
from loanhub.services._actor import Actor


class ReachShrank(NotPermitted):
    """The export holds records its maker no longer reaches."""

    def __init__(self) -> None:
        super().__init__("你的数据范围变了，这份导出不能再下载，请重新导出")


def check(db: Session, actor: Actor, document_id: int) -> None:
    """Return quietly when the actor may still read what the export ``document_id`` holds.

    Raises:
        LacksPermission: a permission it was made with was taken away.
        ReachShrank: the actor sees less than then.
    """
    job: ExportJob | None = db.execute(
        sa.select(ExportJob).where(col(ExportJob.file_id) == document_id)
    ).scalar_one_or_none()
    if job is None or actor.is_system:
        return
    for code in job.needs:
        actor.require(Permission(code))
    everything = actor.scope is Scope.ALL
    if actor.scope < job.scope or not (everything or set(job.departments) <= actor.department_ids):
        raise ReachShrank
