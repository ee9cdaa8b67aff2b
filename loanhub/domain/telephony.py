"""Calls as a telephone system reports them 话务: one JSON an event, read strictly; what it means for the lead."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.identity import check_mobile

CODE = "telephony"
"""The address calls are reported to, and the code of their deliveries."""
LONGEST_CALL = 24 * 3600
RECORDING_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".m4a": "audio/mp4"}
LARGEST_RECORDING = 20 * 1024 * 1024
_CALL_ID = re.compile(r"[A-Za-z0-9_.:@\-]{1,80}", re.ASCII)
_EXTENSION = re.compile(r"[0-9A-Za-z]{1,12}", re.ASCII)


class CallDirection(Choice):
    """Who called."""

    IN = "in", "呼入"
    OUT = "out", "呼出"


class CallState(Choice):
    """Where a call stands."""

    RINGING = "ringing", "振铃"
    ENDED = "ended", "已结束"


class CallResult(Choice):
    """What came of it, as the telephone system says."""

    ANSWERED = "answered", "已接通"
    MISSED = "missed", "未接"
    BUSY = "busy", "忙线"
    REJECTED = "rejected", "拒接"
    FAILED = "failed", "未接通"
    DEAD = "dead", "空号"


class RecordingState(Choice):
    """Where the recording is."""

    NONE = "none", "无录音"
    WAITING = "waiting", "待取回"
    STORED = "stored", "有录音"
    FAILED = "failed", "取回失败"


@dataclass(frozen=True)
class CallReport:
    """One report: the call is ringing, or it has ended. ``phone`` is the other party's, in E.164 when mobile."""

    call_id: str
    state: CallState
    direction: CallDirection
    phone: str
    extension: str
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: int = 0
    result: CallResult | None = None
    recording_url: str = ""
    recording: bytes = b""
    recording_name: str = ""


def plain_phone(text: str) -> str:
    """Return a number as leads keep it (mobile: E.164), else its digits; empty when there are none."""
    mobile = check_mobile(text)
    if mobile.valid:
        return mobile.normalized
    digits = "".join(one for one in text if one.isascii() and one.isdigit())
    return digits if 3 <= len(digits) <= 20 else ""


def read_report(data: Any) -> CallReport:
    """Return what a report says.

    Keys: call_id, state (ringing, ended), direction (in, out), caller, callee, extension, started_at and when ended
    answered_at, ended_at, result; recording_url, or recording {name, content in Base64}. Instants are ISO 8601 with
    an offset.

    Raises:
        InvalidInput: a sentence for each key at fault.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput("内容不是一个 JSON 对象")
    faults: dict[str, str] = {}

    def text(key: str) -> str:
        value = data.get(key)
        return (
            str(value).strip()[:500] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        )

    call_id = text("call_id")
    if _CALL_ID.fullmatch(call_id) is None:
        faults["call_id"] = "call_id 要是 1 到 80 个字母、数字或 _.:@-"
    state, direction = CallState.find(text("state")), CallDirection.find(text("direction"))
    if state is None:
        faults["state"] = "state 填 ringing 或 ended"
    if direction is None:
        faults["direction"] = "direction 填 in 或 out"
    other = "caller" if direction is CallDirection.IN else "callee"
    phone = plain_phone(text(other))
    if direction is not None and not phone:
        faults[other] = f"{other} 不是电话号码"
    extension = text("extension")
    if _EXTENSION.fullmatch(extension) is None:
        faults["extension"] = "extension 填坐席分机号"
    started = _instant(text("started_at"), "started_at", faults, needed=True)
    answered = _instant(text("answered_at"), "answered_at", faults)
    ended = _instant(text("ended_at"), "ended_at", faults, needed=state is CallState.ENDED)
    result = CallResult.find(text("result")) if text("result") else None
    seconds = 0
    if state is CallState.ENDED and started and ended:
        if result is None:
            faults["result"] = "result 填 answered、missed、busy、rejected、failed 或 dead"
        if ended < started or ended - started > timedelta(seconds=LONGEST_CALL):
            faults["ended_at"] = "结束时间要在开始之后，最长 24 小时"
        if result is CallResult.ANSWERED and answered is None:
            faults["answered_at"] = "接通的电话要有 answered_at"
        if answered is not None and not started <= answered <= ended:
            faults["answered_at"] = "接听时间要在开始和结束之间"
        elif answered is not None:
            seconds = int((ended - answered).total_seconds())
    content, name = _recording(data.get("recording"), faults)
    url = text("recording_url")
    if url and not url.startswith(("https://", "http://")):
        faults["recording_url"] = "recording_url 要是一个网址"
    if faults or state is None or direction is None or started is None:
        raise InvalidInput(fields=faults)
    return CallReport(
        call_id,
        state,
        direction,
        phone,
        extension,
        started,
        answered,
        ended,
        seconds,
        result,
        url,
        content,
        name,
    )


def _instant(text: str, key: str, faults: dict[str, str], *, needed: bool = False) -> datetime | None:
    if not text and not needed:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        faults[key] = f"{key} 写成 2026-11-22T09:30:00+08:00"
        return None
    return found.astimezone(UTC)


def _recording(given: Any, faults: dict[str, str]) -> tuple[bytes, str]:
    if given is None:
        return b"", ""
    try:
        name = str(given["name"])[:100]
        content = base64.b64decode(str(given["content"]), validate=True)
    except (TypeError, KeyError, ValueError, binascii.Error):
        faults["recording"] = "recording 要有 name 和 Base64 的 content"
        return b"", ""
    if sound_type(content) == "":
        faults["recording"] = "录音要是 wav、mp3、ogg 或 m4a"
    return content, name


def sound_type(content: bytes) -> str:
    """Return the extension of a sound file by its first bytes, or an empty text."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return ".wav"
    if content[:3] == b"ID3" or (len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0):
        return ".mp3"
    if content[:4] == b"OggS":
        return ".ogg"
    return ".m4a" if content[4:8] == b"ftyp" else ""
