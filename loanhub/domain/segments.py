"""What a segment 客户分群 may be: who shares it, what its name and condition must satisfy."""

from __future__ import annotations

from dataclasses import replace

from loanhub.domain.catalogue import Catalogue
from loanhub.domain.choice import Choice
from loanhub.domain.criteria import SPECIAL, Aggregate, All, AnyOf, Condition, Node, Not
from loanhub.domain.errors import InvalidInput

MAX_NAME = 20
MAX_NOTE = 200


class Shared(Choice):
    """Who may see and use a segment besides its owner 共享范围."""

    OWN = "own", "仅自己"
    TEAM = "team", "本部门"
    ALL = "all", "全公司"


WIDTH = {Shared.OWN: 0, Shared.TEAM: 1, Shared.ALL: 2}


def faults(name: str, note: str, shared: str) -> dict[str, str]:
    """Return the sentence of each field at fault, by key."""
    found = {}
    if not 1 <= len(name) <= MAX_NAME:
        found["name"] = f"分群名称要 1 到 {MAX_NAME} 个字"
    if len(note) > MAX_NOTE:
        found["note"] = f"说明最多 {MAX_NOTE} 个字"
    if Shared.find(shared) is None:
        found["shared"] = "请选择共享范围"
    return found


def fixed(
    node: Node, catalogue: Catalogue, entity: str, *, user_id: int | None, department_id: int | None
) -> Node:
    """Return the condition with 我 and 我的部门 replaced by whom they mean now.

    A segment is the same customers whoever looks, and the nightly count is nobody's.

    Raises:
        InvalidInput: it says 我的团队 or 我的部门及下级, which stand for changing sets of people.
    """

    def one(operand: object, kind: str) -> object:
        if not isinstance(operand, str) or operand not in SPECIAL.get(kind, {}):
            return operand
        known = {"me": user_id, "my_department": department_id}.get(operand)
        if known is None:
            word = SPECIAL[kind][operand]
            raise InvalidInput(
                fields={"criteria": f"分群对每个人都是同一批客户，不能用「{word}」，请选具体的人或部门"}
            )
        return known

    match node:
        case All(children):
            return All(tuple(
                fixed(c, catalogue, entity, user_id=user_id, department_id=department_id) for c in children
            ))  # fmt: skip
        case AnyOf(children):
            return AnyOf(tuple(
                fixed(c, catalogue, entity, user_id=user_id, department_id=department_id) for c in children
            ))  # fmt: skip
        case Not(child):
            return Not(fixed(child, catalogue, entity, user_id=user_id, department_id=department_id))
        case Condition(key, _, value):
            kind = catalogue.get(entity, key).kind
            found = [one(item, kind) for item in value] if isinstance(value, list) else one(value, kind)
            return replace(node, value=found)
        case Aggregate():
            related = catalogue.related(entity, node.of).entity
            return replace(
                node,
                where=fixed(node.where, catalogue, related, user_id=user_id, department_id=department_id),
            )
