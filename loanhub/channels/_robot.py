"""Group robots 群机器人 of office suites: one webhook address, words in, an error code back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from loanhub.channels._http import judge, post
from loanhub.domain.messages import Outgoing, Receipt, Refused, Temporary


def words(message: Outgoing) -> str:
    """Return the words for a group: whom it concerns first."""
    whom = f"@{message.recipient_name} " if message.recipient_name else ""
    return "\n".join(part for part in (whom + message.title, message.text, message.link) if part)


def hand_over(
    url: str,
    payload: Mapping[str, Any],
    *,
    hosts: tuple[str, ...],
    codes: tuple[str, ...],
    busy: frozenset[int],
) -> Receipt:
    """Post ``payload``; ``codes`` names where the answer says what became of it, ``busy`` the codes to wait at.

    Raises:
        Temporary: the robot is being asked too often.
        Refused: the robot does not take it.
    """
    body = json.dumps(payload, ensure_ascii=False).encode()
    status, answer = post(
        url, body=body, headers={"Content-Type": "application/json; charset=utf-8"}, hosts=hosts
    )
    host = urlsplit(url).hostname or ""
    judge(status, host)
    try:
        found = json.loads(answer)
    except ValueError:
        raise Refused(f"{host} 的回应读不懂") from None
    code = next((found[one] for one in codes if isinstance(found, dict) and one in found), 0)
    if code in busy:
        raise Temporary(f"{host} 说请求太快（{code}）")
    if code != 0:
        text = str(found.get("errmsg") or found.get("msg") or "")[:100]
        raise Refused(f"{host} 返回 {code} {text}".strip())
    return Receipt()
