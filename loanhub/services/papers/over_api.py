"""Documents of a case made for another system 接口出具文书, and their PDF; a key is nobody in the house and sees them all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from typing_extensions import TypedDict

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.papers import ASKS
from loanhub.models import Application, Contract
from loanhub.services import contracts
from loanhub.services._transaction import reading
from loanhub.services.api_keys.check import KeyHolder
from loanhub.services.papers._data import kind_of, paper_kinds, title_of
from loanhub.services.papers.issue import issue
from loanhub.services.papers.offers import desk

LONGEST_KEY = 200
FIELDS = ("application", "code", "subject", "answers")


class PaperMade(TypedDict):
    """A document that was made: ``sha256`` and ``pages`` are of its PDF."""

    id: int
    number: str
    code: str
    title: str
    status: str
    pages: int
    sha256: str


def make(holder: KeyHolder, body: object, *, key: str, ip: str, now: datetime) -> PaperMade:
    """Make a document of an application, named by its number; answers that are not given are those the desk suggests.

    Raises:
        NotFound: no such application or kind.
        NotFitting, AlreadyMade: see :func:`loanhub.services.papers.issue`.
        InvalidInput, MissingData: a sentence for each value at fault or missing.
        KeyReused: the idempotency key was used for something else.
    """
    asked = _read(body, key)
    actor = holder.actor(ip)
    with reading() as db:
        query = sa.select(col(Application.id)).where(col(Application.number) == asked["application"])
        application_id = db.execute(query).scalar()
    if application_id is None:
        raise NotFound("没有这笔申请")
    kind_of(asked["code"])
    fitting = [
        one
        for one in desk(actor, application_id=application_id, now=now).fitting
        if one.code == asked["code"]
    ]
    if not asked["subject"] and len(fitting) > 1:
        choices = "、".join(f"{one.subject}（{one.made_for}）" for one in fitting)
        raise InvalidInput(fields={"subject": f"要指明对象：{choices}"})
    subject = asked["subject"] or (fitting[0].subject if fitting else "")
    suggested = next((one.answers for one in fitting if one.subject == subject), {})
    # A key's word is its own: two keys may use the same Idempotency-Key for different things.
    own = hashlib.sha256(f"{holder.id}:{key}".encode()).hexdigest()[:48] if key else ""
    made = issue(
        actor, application_id=application_id, code=asked["code"], subject=subject,
        answers={**suggested, **asked["answers"]}, key=own, now=now,
    )  # fmt: skip
    with reading() as db:
        row = db.get(Contract, made)
        assert row is not None
        return {
            "id": made, "number": row.number, "code": row.base, "title": title_of(row), "status": row.status.value,
            "pages": row.page_count, "sha256": row.pdf_sha256,
        }  # fmt: skip


def pdf(holder: KeyHolder, *, paper_id: int, ip: str, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF) of a document made beside a loan contract; the look is recorded under the key's name.

    Raises:
        NotFound: no such document.
    """
    with reading() as db:
        row = db.get(Contract, paper_id)
        if row is None or row.base not in paper_kinds():
            raise NotFound("没有这份文书")
    return contracts.open_pdf(holder.actor(ip), contract_id=paper_id, now=now)


def _read(body: object, key: str) -> dict[str, Any]:
    """Return the request's fields.

    Raises:
        InvalidInput: not an object, an unknown field, a value of another type, or a key too long.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput("正文要是一个 JSON 对象")
    faults = {name: "没有这个字段" for name in body if name not in FIELDS}
    for name in ("application", "code"):
        value = body.get(name)
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= 60:
            faults[name] = "必填，60 个字以内的文本"
    subject, answers = body.get("subject", ""), body.get("answers", {})
    if not isinstance(subject, str) or len(subject) > 60:
        faults["subject"] = "60 个字以内的文本"
    if not isinstance(answers, Mapping):
        faults["answers"] = "要是一个对象"
    else:
        faults |= {
            f"answers.{name}": "没有这个问题" if name not in ASKS else "要是文本"
            for name, value in answers.items()
            if name not in ASKS or not isinstance(value, str)
        }
    if len(key) > LONGEST_KEY:
        faults["Idempotency-Key"] = f"最多 {LONGEST_KEY} 个字符"
    if faults:
        raise InvalidInput(fields=faults)
    assert isinstance(answers, Mapping)
    return {
        "application": str(body["application"]).strip(), "code": str(body["code"]).strip(), "subject": subject,
        "answers": dict(answers),
    }  # fmt: skip
