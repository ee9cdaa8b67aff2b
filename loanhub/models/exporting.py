"""Lists and reports being written to files 导出任务."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class ExportJob(SQLModel, table=True):
    """One list or report asked for as a file; small ones are written at once, long ones in the background under a lease.

    ``question`` is what its kind reads to find the rows again. ``needs`` are the permissions and ``scope`` with
    ``departments`` the reach the file was made with: whoever has less by the time of the download does not get it.
    ``tries`` counts how often a process began it. ``gone_at``: the file was destroyed.
    """

    __tablename__ = "export_job"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = text_field(32)
    title: str = text_field(200)
    question: dict[str, object] = json_field()
    file_format: str = text_field(8)
    reason: str = text_field(200)
    status: str = text_field(16, default="queued", index=True)
    background: bool = False
    total: int = 0
    done: int = 0
    tries: int = 0
    file_id: int | None = Field(default=None, foreign_key="document.id", index=True)
    file_name: str = text_field(120)
    size_bytes: int = 0
    problem: str = text_field(300)
    cancel_requested: bool = False
    needs: list[str] = json_field(list)
    scope: int = 0
    departments: list[int] = json_field(list)
    lease_owner: str = text_field(60)
    leased_until: datetime | None = instant(nullable=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    created_at: datetime = instant(index=True)
    started_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)
    gone_at: datetime | None = instant(nullable=True)
