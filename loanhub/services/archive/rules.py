"""What the firm decides about each kind of document 资料规则: who may see, hand in and take out, how long it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.archive import LONGEST_RETENTION_YEARS, SHORTEST_RETENTION_YEARS, Rule
from loanhub.domain.documents import DocumentKind, label_of
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import DocumentRule, Role
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.archive import _shared


@dataclass(frozen=True)
class RuleView:
    """A rule in words and as the form takes it; lists of roles are their codes joined by commas."""

    kind: str
    label: str
    read: str
    upload: str
    take: str
    read_roles: str
    upload_roles: str
    take_roles: str
    life_days: int
    remind_days: int
    retention_years: int
    version: int


def list_rules(actor: Actor) -> tuple[list[RuleView], list[tuple[str, str]]]:
    """Return the rule of every kind, and (code, label) of the roles they may name.

    Raises:
        NotPermitted: without archives:rules.
    """
    actor.require(Permission.ARCHIVES_RULES)
    with reading() as db:
        names = {row.code: row.label for row in db.execute(sa.select(Role).order_by(col(Role.id))).scalars()}
        query = sa.select(col(DocumentRule.kind), col(DocumentRule.version))
        versions = {str(row[0]): int(row[1]) for row in db.execute(query).all()}
        views = [_view(rule, names, versions.get(kind, 0)) for kind, rule in _shared.rules_of_all(db).items()]
        return views, list(names.items())


def _view(rule: Rule, names: dict[str, str], version: int) -> RuleView:
    def words(roles: frozenset[str]) -> str:
        return "、".join(label for code, label in names.items() if code in roles) or "不限"

    def codes(roles: frozenset[str]) -> str:
        return ",".join(code for code in names if code in roles)

    return RuleView(
        rule.kind, label_of(rule.kind), words(rule.read_roles), words(rule.upload_roles), words(rule.take_roles),
        codes(rule.read_roles), codes(rule.upload_roles), codes(rule.take_roles), rule.life_days, rule.remind_days,
        rule.retention_years, version,
    )  # fmt: skip


def change(
    actor: Actor,
    *,
    kind: str,
    read_roles: Sequence[str],
    upload_roles: Sequence[str],
    take_roles: Sequence[str],
    life_days: int,
    remind_days: int,
    retention_years: int,
    expected_version: int,
    now: datetime,
) -> None:
    """Decide what holds for a kind of document; no roles: whoever holds the general permission.

    Raises:
        NotPermitted: without archives:rules.
        InvalidInput: an unknown kind or role, or a number out of range.
        Conflict: somebody else changed it meanwhile.
    """
    actor.require(Permission.ARCHIVES_RULES)
    found = DocumentKind.find(kind)
    if found is None:
        raise InvalidInput(fields={"kind": "没有这种资料"})
    if not 0 <= life_days <= 3660:
        raise InvalidInput(fields={"life_days": "0 到 3660 天；0 表示长期有效"})
    if not 0 <= remind_days <= 180:
        raise InvalidInput(fields={"remind_days": "0 到 180 天"})
    if not SHORTEST_RETENTION_YEARS <= retention_years <= LONGEST_RETENTION_YEARS:
        raise InvalidInput(
            fields={"retention_years": f"{SHORTEST_RETENTION_YEARS} 到 {LONGEST_RETENTION_YEARS} 年"}
        )
    with transaction() as db:
        names = {row.code: row.label for row in db.execute(sa.select(Role)).scalars()}
        if not {*read_roles, *upload_roles, *take_roles} <= set(names):
            raise InvalidInput(fields={"read_roles": "有不存在的岗位"})
        row: DocumentRule | None = db.execute(
            sa.select(DocumentRule).where(col(DocumentRule.kind) == found.value).with_for_update()
        ).scalar_one_or_none()
        if (row.version if row is not None else 0) != expected_version:
            raise Conflict("别人刚改过这条规则，请看过最新内容再改")
        old = _view(_shared.rules_of_all(db)[found.value], names, 0)
        if row is None:
            row = DocumentRule(kind=found.value, updated_at=now, version=0)
            db.add(row)
        row.read_roles, row.upload_roles, row.take_roles = (
            list(read_roles),
            list(upload_roles),
            list(take_roles),
        )
        row.life_days, row.remind_days, row.retention_years = life_days, remind_days, retention_years
        row.updated_by_id, row.updated_at = actor.actor_id, now
        row.version += 1
        db.flush()
        new = _view(_shared.rules_of_all(db)[found.value], names, 0)
        events.record(
            db, actor, "document.rule_changed", now=now, entity="document_rule", entity_id=row.id,
            before=_words(old), after=_words(new), summary=found.label,
        )  # fmt: skip


def _words(one: RuleView) -> dict[str, object]:
    return {
        "查看": one.read, "上传": one.upload, "下载与打印": one.take, "有效天数": one.life_days,
        "提前提醒天数": one.remind_days, "保存年限": one.retention_years,
    }  # fmt: skip
