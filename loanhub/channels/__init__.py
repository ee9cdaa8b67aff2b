"""Ways out for messages 消息通道: one file each, found by ``discovery``; they know no database."""

from __future__ import annotations

from functools import cache

from loanhub.channels._adapter import MessageChannel, Setting
from loanhub.channels._http import check_url, fetch
from loanhub.discovery import discover

__all__ = ["MessageChannel", "Setting", "check_url", "fetch", "registry"]


@cache
def registry() -> dict[str, MessageChannel]:
    """Return every channel by code."""
    return discover("loanhub.channels", "CHANNEL")
