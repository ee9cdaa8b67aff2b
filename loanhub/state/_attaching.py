"""Photos, voice notes and papers joined to a follow-up while it is written; for every State with a composer."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.toasts import failed
from loanhub.domain.permissions import Permission
from loanhub.state._base import SessionState
from loanhub.state._guard import needs

MOST = 10


class Attaching(SessionState, mixin=True):
    """The files on their way and those that are there: {id, name}. The service decides whose they are."""

    attachments: list[dict[str, str]] = []
    sending: bool = False

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def start_sending(self) -> None:
        """Show that files are on their way."""
        self.sending = True

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def attached(self, answers: list[dict[str, Any]]) -> Any:
        """Add uploaded files to what is being written; say what went wrong with the others."""
        self.sending = False
        found, wrong = list(self.attachments), []
        for one in answers if isinstance(answers, list) else []:
            number, name = one.get("id"), str(one.get("name", ""))[:60]
            if isinstance(number, int) and len(found) < MOST:
                found.append({"id": str(number), "name": name})
            elif one.get("error") != "已取消":
                wrong.append(f"{name}：{str(one.get('error', f'最多 {MOST} 个附件'))[:100]}")
        self.attachments = found
        return failed("有文件没有传上", detail="；".join(wrong)) if wrong else None

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def detach(self, document_id: str) -> None:
        """Take a file off what is being written."""
        self.attachments = [one for one in self.attachments if one["id"] != str(document_id)]

    def _files(self) -> tuple[int, ...]:
        return tuple(int(one["id"]) for one in self.attachments)
