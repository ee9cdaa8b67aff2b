"""The permission matrix 角色与权限: what each role may do and how much of each protected field it sees."""

from __future__ import annotations

from dataclasses import dataclass

from loanhub.domain.catalogue import BUILTIN, Access, RoleRights, Sensitivity, access, may_enter
from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import Permission, Scope
from loanhub.repositories import access as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

READERS = (Permission.ROLES_EDIT, Permission.USERS_READ, Permission.AUDIT_READ)
NOUNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("日常", ("workbench", "inbox", "search", "interactions", "tasks")),
    ("线索与看板", ("leads", "boards", "deliveries", "rulings")),
    ("客户与资料", ("customers", "segments", "documents")),
    ("申请", ("applications",)),
    ("合同", ("contracts", "templates")),
    ("贷款与还款", ("loans", "payments", "day_ends", "collections")),
    ("对账与总账", ("statements", "ledger")),
    ("洞察", ("cockpit", "figures", "targets", "reports")),
    (
        "配置",
        (
            "products",
            "fields",
            "pipelines",
            "parameters",
            "rates",
            "channels",
            "messages",
            "assignments",
            "sops",
            "users",
        ),
    ),
    ("安全与审计", ("roles", "sessions", "api_keys", "archives", "audit")),
)
FIELD_ENTITIES = (("lead", "线索 · 受保护字段"), ("customer", "客户 · 受保护字段"))
FIELD_PERMISSION = {"lead": Permission.LEADS_READ, "customer": Permission.CUSTOMERS_READ}


@dataclass(frozen=True)
class RoleColumn:
    """A role: its name, how far it sees, and how many people at work hold it."""

    code: str
    label: str
    scope: str
    people: int


@dataclass(frozen=True)
class Row:
    """One permission or field; ``cells`` hold a word per role: 允许, 编辑, 只读, 脱敏, or empty for none."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A titled group of rows."""

    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Matrix:
    """The whole matrix, columns in the order of the roles."""

    roles: tuple[RoleColumn, ...]
    sections: tuple[Section, ...]


def matrix(actor: Actor) -> Matrix:
    """Return what every role may do, as stored now.

    Raises:
        NotPermitted: the actor holds none of roles:edit, users:read, audit:read.
    """
    if not actor.can_any(*READERS):
        raise NotPermitted("你没有查看角色与权限的权限，如有需要请联系安全管理员")
    with reading() as db:
        roles = repository.list_roles(db)
        people = repository.count_people_by_role(db)
    held = [set(role.permissions) for role in roles]
    sections = []
    for title, nouns in NOUNS:
        rows = tuple(
            Row(permission.label, tuple("允许" if permission.value in one else "" for one in held))
            for permission in Permission
            if permission.value.split(":")[0] in nouns
        )
        sections.append(Section(title, rows))
    for entity, title in FIELD_ENTITIES:
        fields = [
            s
            for s in BUILTIN.for_form(entity)
            if s.sensitivity in (Sensitivity.PERSONAL, Sensitivity.SENSITIVE)
        ]
        rights = [RoleRights(role.code, frozenset(role.permissions)) for role in roles]
        rows = tuple(
            Row(
                spec.label,
                tuple(
                    _field_word(access(spec, [one]), may_enter(spec, [one]))
                    if FIELD_PERMISSION[entity].value in one.permissions
                    else ""
                    for one in rights
                ),
            )
            for spec in fields
        )
        sections.append(Section(title, rows))
    columns = tuple(
        RoleColumn(role.code, role.label, Scope(role.scope).label, people.get(role.id or 0, 0))
        for role in roles
    )
    return Matrix(columns, tuple(sections))


def _field_word(right: Access, enters: bool) -> str:
    if right is Access.NONE:
        return ""
    if right is Access.MASKED:
        return "脱敏可改" if enters else "脱敏"
    return "编辑" if right is Access.WRITE else "只读"
