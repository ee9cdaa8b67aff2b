"""Strategies 催收策略: which cases come first and in what tone, as conditions an administrator of collections writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import contact_rules as conduct
from loanhub.domain import criteria as language
from loanhub.domain.collections import Approach
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import CollectionCase, CollectionStrategy
from loanhub.repositories import collections as repository
from loanhub.repositories.criteria import to_condition
from loanhub.services import catalogue as catalogues
from loanhub.services import events, lists
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._segments import sources_for
from loanhub.services._transaction import reading, transaction

ENTITY = "collection_case"
PLACEHOLDERS = ("{name}", "{days}", "{amount}", "{company}")
_SOFT = (
    "您好，请问是{name}吗？我是{company}的客服。您这期还款已过应还日 {days} 天，应还 {amount}，可能是忘记了。方便的话请在今天内存入还款账户，"
    "如已还款请忽略。"
)  # fmt: skip
_PLAIN = (
    "您好，请问是{name}吗？这里是{company}，通话将被录音。您的贷款已逾期 {days} 天，现应还 {amount}，逾期期间会按合同计收罚息。请问您准备哪天还款？"
    "有困难可以说明，我们一起看怎么安排。"
)  # fmt: skip
_SERIOUS = (
    "您好，请问是{name}吗？这里是{company}，通话将被录音。您的贷款已逾期 {days} 天，现应还 {amount}。请说明还款安排；如确有困难可以申请展期或重组，"
    "长期不处理的，我们将依合同通过法律途径解决。"
)  # fmt: skip


def _le(field: str, value: object) -> dict[str, object]:
    return {"field": field, "op": "lte", "value": value}


def _ge(field: str, value: object) -> dict[str, object]:
    return {"field": field, "op": "gte", "value": value}


_HELD = "您好，您反映的情况我们已登记并在处理，处理期间不会再联系您催收。有进展会由专人答复您。"
DEFAULTS: tuple[tuple[str, dict[str, object], Approach, int, str], ...] = (
    ("停催中", {"field": "hold_reason", "op": "is_not_empty"}, Approach.GENTLE, 5, _HELD),
    ("M4 及以上", _ge("dpd", 91), Approach.FIRM, 60, _SERIOUS),
    ("M3，外访与律师函", _ge("dpd", 61), Approach.FIRM, 80, _SERIOUS),
    ("M2，大额或高风险", {"all": [_ge("dpd", 31), {"any": [_ge("overdue_principal_fen", 5_000_000), _ge("risk_grade", 3)]}]},
     Approach.FIRM, 95, _SERIOUS),
    ("M2", _ge("dpd", 31), Approach.STANDARD, 85, _PLAIN),
    ("承诺过而未履约", _ge("broken_promises", 1), Approach.STANDARD, 90, _PLAIN),
    ("优质客户 7 天内", {"all": [_le("dpd", 7), _le("risk_grade", 2)]}, Approach.GENTLE, 40, _SOFT),
    ("M1，大额或高风险", {"any": [_ge("overdue_principal_fen", 5_000_000), _ge("risk_grade", 3)]},
     Approach.STANDARD, 75, _PLAIN),
    ("M1，7 天内", _le("dpd", 7), Approach.GENTLE, 50, _SOFT),
    ("其他", {}, Approach.STANDARD, 65, _PLAIN),
)  # fmt: skip
"""What a firm starts with: (name, condition, approach, priority, script); the first whose condition holds counts."""


@dataclass(frozen=True)
class StrategyView:
    """A strategy as its page shows it: the condition as a sentence, and how many open cases it holds now."""

    id: int
    name: str
    sentence: str
    approach: str
    approach_label: str
    priority: int
    script: str
    active: bool
    version: int
    cases: int
    criteria: dict[str, object]


def install(db: Session, *, now: datetime) -> None:
    """Write the shipped strategies into a firm that has none at all."""
    if db.execute(sa.select(col(CollectionStrategy.id)).limit(1)).first() is not None:
        return
    for place, (name, tree, approach, priority, script) in enumerate(DEFAULTS):
        db.add(
            CollectionStrategy(
                name=name, criteria=tree, approach=approach.value, priority=priority, script=script, sort=place,
                updated_at=now,
            )
        )  # fmt: skip
    db.flush()


def apply(db: Session, case_ids: Sequence[int], *, now: datetime) -> dict[int, CollectionStrategy]:
    """Return the strategy of each of these cases: the first, in their order, whose condition it meets.

    A strategy whose condition no longer fits the catalogue is passed over.
    """
    install(db, now=now)
    left, found = set(case_ids), {}
    catalogue = catalogues.current(db)
    for strategy in repository.list_strategies(db):
        if not left:
            break
        try:
            node = language.parse(strategy.criteria, catalogue, ENTITY)
            condition = to_condition(node, catalogue, ENTITY, lists.context_of(db, SYSTEM, now))
        except InvalidInput:
            continue
        query = sa.select(col(CollectionCase.id)).where(col(CollectionCase.id).in_(sorted(left)), condition)
        for case_id in db.execute(query).scalars():
            found[int(case_id or 0)] = strategy
        left -= set(found)
    return found


def refresh(db: Session, case: CollectionCase, *, now: datetime) -> None:
    """Give one case its strategy anew, after what the strategies look at has changed."""
    db.flush()
    give(case, apply(db, [case.id or 0], now=now).get(case.id or 0))


def give(case: CollectionCase, strategy: CollectionStrategy | None) -> bool:
    """Write what a strategy says onto a case; return whether that changed anything."""
    wanted = (
        (strategy.id, strategy.approach, strategy.priority)
        if strategy
        else (None, Approach.STANDARD.value, 50)
    )
    if (case.strategy_id, case.approach, case.priority) == wanted:
        return False
    case.strategy_id, case.approach, case.priority = wanted
    return True


def list_all(actor: Actor, *, now: datetime) -> list[StrategyView]:
    """Return every strategy in order, switched off ones too.

    Raises:
        NotPermitted: the actor lacks collections:assign.
    """
    actor.require(Permission.COLLECTIONS_ASSIGN)
    with transaction() as db:
        install(db, now=now)
    with reading() as db:
        catalogue, options = catalogues.current(db), sources_for(db, actor)
        counted = dict(
            db.execute(
                sa.select(col(CollectionCase.strategy_id), sa.func.count())
                .where(col(CollectionCase.closed_on).is_(None))
                .group_by(col(CollectionCase.strategy_id))
            ).all()
        )
        return [
            StrategyView(
                row.id or 0, row.name, sentence(row.criteria, catalogue, options), row.approach, Approach(row.approach).label,
                row.priority, row.script, row.active, row.version, int(counted.get(row.id, 0)), dict(row.criteria),
            )
            for row in repository.list_strategies(db, active=False)
        ]  # fmt: skip


def sentence(criteria: object, catalogue: Any, options: Any) -> str:
    """Return how the condition of a strategy reads; one that no longer fits says so."""
    try:
        node = language.parse(criteria, catalogue, ENTITY)
    except InvalidInput as fault:
        return f"条件已失效：{fault.sentence}"
    return language.to_sentence(node, catalogue, ENTITY, options) if criteria else "所有案件"


def save(
    actor: Actor,
    *,
    strategy_id: int,
    form: Mapping[str, object],
    expected_version: int,
    now: datetime,
) -> None:
    """Change what a strategy does: ``name``, ``approach``, ``priority``, ``script``, ``active``, ``criteria``, as far as given.

    Cases follow at the next refresh of the queue.

    Raises:
        NotFound: no such strategy.
        NotPermitted: the actor lacks collections:assign.
        Conflict: somebody changed it meanwhile.
        InvalidInput: by key.
    """
    from loanhub.services.collections import strategy_editor  # builds on this file

    with transaction() as db:
        query = sa.select(CollectionStrategy).where(col(CollectionStrategy.id) == strategy_id)
        row = db.execute(query.with_for_update()).scalar_one_or_none()
        if row is None:
            raise NotFound("没有找到这条策略")
        actor.require(Permission.COLLECTIONS_ASSIGN)
        if row.version != expected_version:
            raise Conflict("这条策略刚被别人改过，请刷新后再改")
        before = words(row)
        strategy_editor.keep_first(db, row)
        write(db, actor, row, form, now=now)
        after = words(row)
        changed = [key for key in after if before[key] != after[key]]
        if not changed:
            return
        row.version += 1
        row.updated_at, row.updated_by_id = now, actor.actor_id
        strategy_editor.keep(db, actor, row, now=now)
        events.record(
            db, actor, "collection.strategy_edited", now=now, entity="collection_strategy", entity_id=row.id,
            before={key: before[key] for key in changed}, after={key: after[key] for key in changed}, summary=row.name,
        )  # fmt: skip


def write(
    db: Session, actor: Actor, row: CollectionStrategy, form: Mapping[str, object], *, now: datetime
) -> None:
    """Put a form into a strategy, as far as given.

    Raises:
        InvalidInput: by key.
    """
    faults: dict[str, str] = {}
    name = str(form.get("name", row.name)).strip()
    if not 1 <= len(name) <= 40:
        faults["name"] = "名称要 1 到 40 个字"
    approach = Approach.find(str(form.get("approach", row.approach)))
    if approach is None:
        faults["approach"] = "请选择催收方式"
    typed = str(form.get("priority", row.priority)).strip()
    if not (typed.isascii() and typed.isdigit() and int(typed) <= 100):
        faults["priority"] = "优先度填 0 到 100 的整数，越大越靠前"
    script = str(form.get("script", row.script)).strip()
    if not 10 <= len(script) <= 500:
        faults["script"] = "话术要 10 到 500 个字"
    word = conduct.forbidden_in(script)
    if word:
        faults["script"] = f"话术不能出现「{word}」这样的字眼"
    if faults or approach is None:
        raise InvalidInput(fields=faults)
    tree: Any = form.get("criteria", row.criteria)
    node = language.parse(tree or {}, catalogues.current(db), ENTITY, right_of=lists.right_of(actor))
    row.name, row.approach, row.priority, row.script = name, approach.value, int(typed), script
    row.active = bool(form.get("active", row.active))
    row.criteria = language.to_json(node) if tree else {}


def words(row: CollectionStrategy) -> dict[str, object]:
    """Return a strategy by its labels, for the log."""
    return {
        "名称": row.name, "催收方式": Approach(row.approach).label, "优先度": row.priority, "话术": row.script,
        "启用": "是" if row.active else "否", "条件": str(row.criteria),
    }  # fmt: skip


def script_for(
    strategy: CollectionStrategy | None, *, name: str, days: int, amount: str, company: str
) -> str:
    """Return what may be said to the debtor, its figures filled in; empty without a strategy."""
    text = strategy.script if strategy is not None else ""
    for mark, value in zip(PLACEHOLDERS, (name, str(days), amount, company), strict=True):
        text = text.replace(mark, value)
    return text
