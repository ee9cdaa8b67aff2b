"""Joining files to a follow-up, for those who may upload; drawn by every composer."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.composer import Files, attaching
from loanhub.domain.permissions import Permission
from loanhub.settings import settings
from loanhub.state._base import SessionState


def files_of(state: Any, *, prefix: str) -> Files:
    """Return the parts for a State with ``state/_attaching.py`` as a base; nothing for who may not upload."""
    limit = max(settings().upload_photo_bytes, settings().upload_pdf_bytes, settings().upload_video_bytes)
    made = attaching(state, prefix=prefix, limit_bytes=limit)
    may = SessionState.allowed.contains(Permission.DOCUMENTS_UPLOAD.value)
    return Files(*(rx.cond(may, part, rx.fragment()) for part in (made.tools, made.shelf, made.inputs)))
