"""The firm's dated parameters 参数配置: who we are on documents, our accounts, whose rules we lend under.

Every legal number is data with a date it holds from; the defaults stand here with their source.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import BankAccount, Company
from loanhub.domain.classification import ClassPolicy
from loanhub.domain.contact_rules import ContactRules
from loanhub.domain.duplicates import Rules
from loanhub.models import Setting
from loanhub.services._transaction import kept
from loanhub.settings import settings

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)

DEFAULTS: dict[str, dict[str, Any]] = {
    "company": {},
    "repayment_account": {},
    "dispute": {"kind": "court", "body": "出借人住所地人民法院"},
    "lender": {"type": "microloan"},
    "approval_authority": {"first_fen": 20_000_000, "second_fen": 100_000_000},
    "waiver_authority": {"limit_fen": 100_000},
    "scorecard": {},
    "risk_policy": {},
    "contract_code": {"company": "CJ"},
    "collections": {
        "quiet_from": "22:00",
        "quiet_to": "08:00",
        "unanswered_per_number_day": 6,
        "answered_per_person_day": 3,
        "contacts_per_person_week": 15,
        "third_party_days": 3,
        "third_party_per_week": 2,
        "complaint_hold_days": 7,
        "start_dpd": 1,
        "source": "中国银行业协会《金融机构个人消费类贷款催收工作指引（试行）》2026-01-30；GB/T 45251-2025；每周次数为公司自定",
    },
    "public_pool": {
        "first_contact_hours": 24,
        "no_follow_days": 7,
        "remind_days": 3,
        "cooldown_days": 7,
        "owned_cap": 300,
        "daily_cap": 20,
        "lock_days": 15,
        "lock_limit": 10,
        "clock": "natural",
        "recycle": "on",
        "since": "",
    },
    "first_response": {"minutes": 120, "remind_minutes": 30, "clock": "working", "escalate": "on"},
    "tasks": {"clock": "natural", "escalate": "on", "escalate_minutes": 60},
    "messages": {"quiet_from": "21:00", "quiet_to": "09:00", "marketing_per_day": 1, "marketing_per_week": 3},
    "calendar": {"worked": [], "off": []},
    "duplicates": Rules({}).as_dict(),
    "recycle": {"days": 30},
    "signing": {"link_days": 5, "tsa_url": "", "provider": "builtin", "provider_url": ""},
    "classification": {
        "days": {"special_mention": 1, "substandard": 91, "doubtful": 271, "loss": 361},
        "technical": False,
        "source": "商业银行金融资产风险分类办法（2023 年）；技术性逾期 7 天以内可保留正常类，默认不保留",
    },
    "provisions": {
        "preset": "A",
        "rates": {},
        "source": "A：财金〔2012〕20号；B：小额贷款公司常用；rates 填五级比例时按所填",
    },
}
"""Defaults by name, in force until an administrator sets another value."""


_IN_FORCE = (
    sa.select(col(Setting.value))
    .where(col(Setting.name) == sa.bindparam("wanted"), col(Setting.valid_from) <= sa.bindparam("at"))
    .order_by(col(Setting.valid_from).desc())
    .limit(1)
)


def get(db: Session, name: str, *, now: datetime) -> dict[str, Any]:
    """Return the value of a parameter in force at ``now``; raise KeyError for an unknown name."""
    default = DEFAULTS[name]
    found = kept(
        db,
        ("parameter", name, now),
        lambda: db.execute(_IN_FORCE, {"wanted": name, "at": now}).scalar_one_or_none(),
    )
    return {**default, **(found or {})}


def put(
    db: Session,
    name: str,
    value: dict[str, Any],
    *,
    valid_from: datetime = EPOCH,
    changed_by_id: int | None = None,
) -> None:
    """Set a parameter from an instant on; the same instant is written over."""
    if name not in DEFAULTS:
        raise KeyError(name)
    query = sa.select(Setting).where(col(Setting.name) == name, col(Setting.valid_from) == valid_from)
    row = db.execute(query).scalar_one_or_none() or Setting(name=name, valid_from=valid_from)
    row.value, row.changed_by_id = value, changed_by_id
    db.add(row)
    db.flush()


def company(db: Session, *, now: datetime) -> Company:
    """Return our own company as documents name it."""
    known = {k: str(v) for k, v in get(db, "company", now=now).items() if k in asdict(Company())}
    return replace(Company(name=settings().company_name), **known)


def brand(db: Session, *, now: datetime) -> str:
    """Return the name people see in the menu, at the login and on customers' pages 公司简称.

    It is the short name from 公司参数; else what the server was told (the demo's own name counts as told); else the
    full name. Nobody's customers read the name of the demo company.
    """
    known = get(db, "company", now=now)
    server = settings()
    told = server.company_name if server.demo_mode or "company_name" in server.model_fields_set else ""
    return str(known.get("short_name") or told or known.get("name") or server.company_name)


def company_names(db: Session, *, now: datetime) -> tuple[str, ...]:
    """Return what the company is called, in full and in short."""
    known = get(db, "company", now=now)
    return tuple(str(one) for one in (known.get("name"), known.get("short_name"), brand(db, now=now)) if one)


def repayment_account(db: Session, *, now: datetime) -> BankAccount:
    """Return the account borrowers repay to."""
    known = get(db, "repayment_account", now=now)
    return BankAccount(**{k: str(known.get(k, "")) for k in ("holder", "bank", "number")})


def contact_rules(db: Session, *, now: datetime) -> ContactRules:
    """Return whom collectors may contact, when and how often, at ``now``.

    Raises:
        InvalidInput: the parameter in force cannot be read.
    """
    return ContactRules.parse(get(db, "collections", now=now))


def class_policy(db: Session, *, now: datetime) -> ClassPolicy:
    """Return how loans are classed and provided for at ``now``; the presets are in ``domain/classification.py``.

    Raises:
        InvalidInput: the parameter in force cannot be read.
    """
    return ClassPolicy.parse(get(db, "classification", now=now), get(db, "provisions", now=now))
