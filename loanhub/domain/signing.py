"""Signing on a screen 电子签署: who signs, where a round stands, what counts as a signature drawn by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted

LINK_DAYS = 5
"""How long a signer's link works unless the firm sets another number of days. Source: design/mockups 09b."""
CODE_LIFE = timedelta(minutes=5)
CODE_GAP = timedelta(seconds=60)
CODES_PER_DAY = 5
TRIES = 5
"""Wrong phone tails and codes, counted together, before a signer is locked out."""
LOCK = timedelta(minutes=30)
SESSION = timedelta(minutes=30)
"""How long a checked identity counts on the phone it was checked on."""
SHEET_SECONDS = 10
"""How long the disclosure sheet must have been on screen before it can be confirmed."""
BOARD_WIDTH, BOARD_HEIGHT = 600, 240
"""The board one writes on, in units of its own; strokes are stored in these."""
STROKES, POINTS = 200, 6_000
SHORTEST_INK = 150
"""A signature whose lines together are shorter than this many units is a touch by mistake."""


class RoundStatus(Choice):
    """Where one round of signing stands."""

    OPEN = "open", "签署中"
    SEALING = "sealing", "等待签章"
    DONE = "done", "已完成"
    REFUSED = "refused", "有人拒签"
    REVOKED = "revoked", "已撤回"


class SignerStatus(Choice):
    """Where one signer stands."""

    WAITING = "waiting", "未打开"
    OPENED = "opened", "已打开"
    VERIFIED = "verified", "已核身"
    SIGNED = "signed", "已签"
    REFUSED = "refused", "已拒签"


class SignerRole(Choice):
    """As what somebody signs."""

    BORROWER = "borrower", "借款人"
    CO_BORROWER = "co_borrower", "共同借款人"
    GUARANTOR = "guarantor", "担保人"


class CertificateKind(Choice):
    """Where a certificate and its key come from."""

    DEVELOPMENT_CA = "development_ca", "开发根证书"
    DEVELOPMENT = "development", "开发证书"
    DEVELOPMENT_TSA = "development_tsa", "开发时间戳证书"
    PKCS12 = "pkcs12", "证书文件"
    PKCS11 = "pkcs11", "密码设备"


class LinkDead(NotPermitted):
    """The link is unknown, used, taken back or too old; which of these is nobody's business."""

    def __init__(self) -> None:
        super().__init__("这个签署链接已失效，请联系你的客户经理重新发送")


class Locked(NotPermitted):
    """Too many wrong answers; the signer must wait."""

    def __init__(self) -> None:
        super().__init__("核对失败次数过多，请 30 分钟后再试")


class NotYet(Conflict):
    """A step cannot be taken before another; the sentence says which."""


@dataclass(frozen=True)
class Ink:
    """A signature drawn by hand: strokes of (x, y, milliseconds since the first touch), in units of the board."""

    strokes: tuple[tuple[tuple[int, int, int], ...], ...]

    @property
    def length(self) -> float:
        """Return how long all lines together are, in units of the board."""
        return float(sum(
            ((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5
            for stroke in self.strokes for a, b in pairwise(stroke)
        ))  # fmt: skip

    def as_json(self) -> str:
        """Return canonical JSON: the same ink, the same text, so that its hash is stable."""
        return json.dumps(self.strokes, separators=(",", ":"))


def read_ink(text: object, *, field: str = "ink") -> Ink:
    """Return the ink a browser sent: a JSON list of strokes, each a list of [x, y, t] numbers.

    Raises:
        InvalidInput: nothing was drawn, it is no such list, lies off the board or is larger than a hand writes.
    """
    wrong = InvalidInput(fields={field: "没有读到签名，请重新签一次"})
    if not isinstance(text, str) or len(text) > 200_000:
        raise wrong
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(found, list) or len(found) > STROKES:
        raise wrong
    strokes = tuple(_stroke(one, wrong) for one in found)
    ink = Ink(strokes)
    if sum(len(one) for one in strokes) > POINTS:
        raise wrong
    if ink.length < SHORTEST_INK:
        raise InvalidInput(fields={field: "请在框里写下你的姓名"})
    return ink


def _stroke(points: object, wrong: InvalidInput) -> tuple[tuple[int, int, int], ...]:
    if not isinstance(points, list) or not 0 < len(points) <= POINTS:
        raise wrong
    made = []
    for point in points:
        if not isinstance(point, list) or len(point) != 3:
            raise wrong
        if not all(type(number) in (int, float) and abs(number) < 10**9 for number in point):
            raise wrong
        x, y, at = (round(number) for number in point)
        if not (-20 <= x <= BOARD_WIDTH + 20 and -20 <= y <= BOARD_HEIGHT + 20 and at >= 0):
            raise wrong
        made.append((x, y, at))
    return tuple(made)


def all_signed(statuses: Sequence[SignerStatus]) -> bool:
    """Return whether nobody of a round is left to sign."""
    return bool(statuses) and all(one is SignerStatus.SIGNED for one in statuses)


def cannot_download(agent: str) -> bool:
    """Return whether the browser that calls itself so refuses files: 微信, which shows attachments nobody can keep."""
    return "MicroMessenger" in agent


def mask_tail(phone: str) -> str:
    """Return a mobile number without the digits that prove one knows it."""
    plain = phone.removeprefix("+86")
    return plain[:3] + "*" * max(0, len(plain) - 3)
