"""What a page answers when somebody takes a list or a report away: the file, or word that it is on its way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from loanhub.components.toasts import done, undoable
from loanhub.services import exports
from loanhub.services._actor import Actor
from loanhub.services.exports import ExportView
from loanhub.state._clock import utc_now


async def take(actor: Actor, kind: str, question: Mapping[str, Any], **more: str) -> list[EventSpec]:
    """Ask for an export and return what the page does then: fetch a short one, point to where a long one is made."""
    plain = {key: _plain(value) for key, value in question.items()}
    made = await rx.run_in_thread(lambda: exports.ask(actor, kind, plain, now=utc_now(), **more))
    return handed(made)


def handed(made: ExportView) -> list[EventSpec]:
    """Return what the page does with an export that was asked for."""
    if made.href:
        return _fetched(made.href, made.file_name)
    told = f"共 {made.rows} 条，正在后台导出，好了会发消息"
    return [undoable(told, rx.redirect(f"/exports?export={made.id}"), label="看进度")]


def handed_file(number: int, name: str) -> list[EventSpec]:
    """Return what the page does with a file that is made: a document's id and name."""
    return _fetched(f"/api/files/{number}", name)


def _fetched(href: str, name: str) -> list[EventSpec]:
    return [rx.download(url=href, filename=name), done("已导出，文件保留 7 天")]


def _plain(value: Any) -> Any:
    """Return a value without the wrappers Reflex puts around what a State holds; a job keeps it as JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
