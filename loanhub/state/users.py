"""People and departments 员工与部门: the list, the sheet to add or change, disabling, a new password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services import departments, handover, users
from loanhub.services.departments import DepartmentView
from loanhub.services.users import UserView
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives

TABS = {"people": "员工", "departments": "部门", "leave": "请假"}
STATES = (("active", "在用"), ("disabled", "已停用"))
_WRITERS = (Permission.USERS_EDIT, Permission.ROLES_EDIT)


@dataclass
class UserRow:
    """A person as the list draws them."""

    id: str = ""
    login: str = ""
    name: str = ""
    initial: str = ""
    color: int = 1
    title: str = ""
    roles: str = ""
    department: str = ""
    status: str = ""
    tone: str = ""
    seen: str = ""
    active: bool = True
    editable: bool = False


@dataclass
class DepartmentRow:
    """A department as the tree draws it; ``indent`` is CSS."""

    id: str = ""
    name: str = ""
    kind: str = ""
    city: str = ""
    indent: str = ""
    people: str = ""
    is_root: bool = False


class UsersState(SessionState):
    """The page of people and departments."""

    tab: str = "people"
    tabs: list[dict[str, str]] = []
    rows: list[UserRow] = []
    department_rows: list[DepartmentRow] = []
    total: str = ""
    text: str = ""
    role: str = ""
    department: str = ""
    department_label: str = ""
    status: str = ""
    roles: list[dict[str, str]] = []
    departments: list[dict[str, str]] = []
    can_create: bool = False
    loading: bool = True
    has_filter: bool = False

    sheet: str = ""
    """Which sheet is open: '' none, 'new', 'edit', 'password', 'department', 'rename'."""
    chosen: str = ""
    chosen_name: str = ""
    chosen_login: str = ""
    values: dict[str, str] = {}
    held: list[str] = []
    form_key: str = ""
    confirming: bool = False
    work: str = ""
    """What the chosen person still works on, as one reads it; '' for nothing."""
    field_errors: dict[str, str] = {}

    _version: int = 0

    @rx.event
    @needs(Permission.USERS_READ)
    @outlives(
        "sheet", "confirming",
        keep=("chosen", "chosen_name", "chosen_login", "values", "held", "form_key", "field_errors", "work", "_version"),
    )  # fmt: skip
    async def load(self) -> None:
        """Show everybody."""
        self.text, self.role, self.department, self.status, self.sheet, self.confirming = (
            "",
            "",
            "",
            "",
            "",
            False,
        )
        self.loading = True
        tab = str(self.router.url.query_parameters.get("tab", ""))
        self.tab = tab if tab in TABS else "people"
        await self._read()

    async def _read(self) -> None:
        actor = await self._actor()
        active = {"active": True, "disabled": False}.get(self.status)
        place = int(self.department) if self.department.isdigit() else None
        text, role = self.text, self.role

        def work() -> tuple[list[UserView], int, list[tuple[str, str]], list[DepartmentView]]:
            found = users.list_users(actor, text=text, role=role, department_id=place, active=active)
            return (
                found,
                len(users.list_users(actor)),
                users.list_roles(actor),
                departments.list_departments(actor),
            )

        found, total, offered, tree = await rx.run_in_thread(work)
        now = utc_now()
        self.rows = [
            UserRow(
                id=str(one.id), login=one.login, name=one.name, initial=_listing.initial(one.name),
                color=_listing.color_of(one.name), title=one.title or "—", roles=one.roles or "—",
                department=one.department, active=one.active, editable=one.editable,
                status="停用" if not one.active else "待改密码" if one.must_change_password else "在用",
                tone="closed" if not one.active else "warn" if one.must_change_password else "ok",
                seen=formats.relative(one.last_seen_at, now),
            )
            for one in found
        ]  # fmt: skip
        self.department_rows = [
            DepartmentRow(
                id=str(one.id), name=one.name, kind=one.kind_label, city=one.city or "—", indent=f"{one.depth * 20}px",
                people=str(one.people), is_root=one.depth == 0,
            )
            for one in tree
        ]  # fmt: skip
        self.departments = [{"value": str(one.id), "label": "　" * one.depth + one.name} for one in tree]
        names = {str(one.id): one.name for one in tree}
        self.department_label = names.get(self.department, "")
        self.roles = [{"value": code, "label": label} for code, label in offered]
        self.can_create = actor.can_any(*_WRITERS)
        self.tabs = [
            {"id": "people", "name": TABS["people"], "count": str(total)},
            {"id": "departments", "name": TABS["departments"], "count": str(len(tree))},
            {"id": "leave", "name": TABS["leave"], "count": ""},
        ]
        self.total = f"{len(found)} 人"
        self.has_filter = bool(self.text or self.role or self.department or self.status)
        self.loading = False

    @rx.event
    @needs(Permission.USERS_READ)
    async def choose_tab(self, code: str) -> None:
        """Show people, departments or leave."""
        self.tab = str(code) if str(code) in TABS else "people"

    @rx.event(supersedes=True)
    @needs(Permission.USERS_READ, per_minute=120)
    async def search(self, text: str) -> None:
        """Search by account, name or title."""
        self.text = str(text).strip()[:60]
        await self._read()

    @rx.event
    @needs(Permission.USERS_READ)
    async def set_filter(self, key: str, value: str) -> None:
        """Set or clear a filter: role, department or status."""
        if key in ("role", "department", "status"):
            setattr(self, key, str(value)[:32])
        await self._read()

    @rx.event
    @needs(Permission.USERS_READ)
    async def clear_filters(self) -> Any:
        """Show everybody again."""
        self.text, self.role, self.department, self.status = "", "", "", ""
        await self._read()
        return rx.call_script(
            "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
        )

    async def _find(self, user_id: str) -> UserView | None:
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: users.list_users(actor))
        return next((one for one in found if str(one.id) == str(user_id)), None)

    def _open(self, sheet: str, values: dict[str, str]) -> None:
        self.sheet, self.values, self.field_errors = sheet, values, {}
        self.form_key = f"{sheet}-{utc_now().timestamp()}"

    @rx.event
    @needs(*_WRITERS)
    async def open_new(self) -> None:
        """Open the empty sheet of a new person."""
        self.chosen, self.chosen_name, self.chosen_login, self.held = "", "", "", []
        root = next((row.id for row in self.department_rows if row.is_root), "")
        self._open("new", {"department_id": self.department or root})

    @rx.event
    @needs(*_WRITERS)
    async def open_edit(self, user_id: str) -> None:
        """Open the sheet of a person."""
        one = await self._find(user_id)
        if one is None:
            return
        self.chosen, self.chosen_name, self.chosen_login = str(one.id), one.name, one.login
        self.held, self._version = list(one.role_codes), one.version
        self._open("edit", {"name": one.name, "title": one.title, "department_id": str(one.department_id)})

    @rx.event
    @needs(*_WRITERS)
    async def open_password(self, user_id: str) -> None:
        """Open the sheet of a new temporary password."""
        one = await self._find(user_id)
        if one is not None:
            self.chosen, self.chosen_name, self.chosen_login = str(one.id), one.name, one.login
            self._open("password", {})

    @rx.event
    @needs(*_WRITERS)
    async def close(self, is_open: bool) -> None:
        """Close the open sheet."""
        if not is_open:
            self.sheet, self.field_errors = "", {}

    @rx.event
    @needs(*_WRITERS)
    async def save(self, form: dict[str, Any]) -> Any:
        """Add the person or save the changes."""
        actor, now = await self._actor(), utc_now()
        texts = {
            key: str(form.get(key, ""))[:256]
            for key in ("login", "name", "title", "department_id", "password")
        }
        # A role this actor may not give is not on the form; a person who holds it keeps it.
        offered = {role["value"] for role in self.roles}
        roles = [code for code in self.held if code not in offered and self.sheet == "edit"]
        roles += [role["value"] for role in self.roles if form.get("role." + role["value"])]
        place = int(texts["department_id"]) if texts["department_id"].isdigit() else 0
        if self.sheet == "edit" and self.chosen.isdigit():
            user_id, version = int(self.chosen), self._version
            await rx.run_in_thread(
                lambda: users.edit(
                    actor, user_id=user_id, version=version, name=texts["name"], title=texts["title"],
                    department_id=place, roles=roles, now=now,
                )
            )  # fmt: skip
            sentence = f"已保存 {texts['name']}，新的权限 5 秒内生效"
        else:
            await rx.run_in_thread(
                lambda: users.create(
                    actor, login=texts["login"], name=texts["name"], title=texts["title"], roles=roles,
                    department_id=place, password=texts["password"], now=now,
                )
            )  # fmt: skip
            sentence = f"已新建 {texts['name']}，首次登录须改密码"
        self.sheet = ""
        await self._read()
        return done(sentence)

    @rx.event
    @needs(*_WRITERS)
    async def set_password(self, form: dict[str, Any]) -> Any:
        """Set the temporary password of the chosen person."""
        actor, now, login = await self._actor(), utc_now(), self.chosen_login
        await rx.run_in_thread(
            lambda: users.set_password(
                actor, login=login, password=str(form.get("password", ""))[:300], now=now
            )
        )
        self.sheet = ""
        await self._read()
        return done(f"已重设 {self.chosen_name} 的密码，此前的登录已全部退出")

    @rx.event
    @needs(*_WRITERS)
    async def ask_disable(self, user_id: str) -> None:
        """Ask before disabling, and say what the person still works on."""
        one = await self._find(user_id)
        if one is not None:
            actor, wanted = await self._actor(), one.id
            found = await rx.run_in_thread(lambda: handover.open_work(actor, user_id=wanted))
            self.work = "、".join(text for text, _ in found)
            self.chosen, self.chosen_name, self.chosen_login, self.confirming = (
                str(one.id),
                one.name,
                one.login,
                True,
            )

    @rx.event
    @needs(*_WRITERS)
    async def stop_asking(self, is_open: bool) -> None:
        """Close the question."""
        self.confirming = bool(is_open) and self.confirming

    @rx.event
    @needs(*_WRITERS)
    async def disable(self) -> Any:
        """Disable the chosen person at once."""
        actor, now, login = await self._actor(), utc_now(), self.chosen_login
        self.confirming = False
        ended = await rx.run_in_thread(lambda: users.set_active(actor, login=login, active=False, now=now))
        await self._read()
        return done(f"已停用 {self.chosen_name}，退出 {ended} 个设备")

    @rx.event
    @needs(*_WRITERS)
    async def enable(self, user_id: str) -> Any:
        """Let a person in again."""
        one = await self._find(user_id)
        if one is None:
            return None
        actor, now = await self._actor(), utc_now()
        await rx.run_in_thread(lambda: users.set_active(actor, login=one.login, active=True, now=now))
        await self._read()
        return done(f"已恢复 {one.name}")

    @rx.event
    @needs(Permission.USERS_EDIT)
    async def open_department(self, parent_id: str) -> None:
        """Open the sheet of a new department below another."""
        parent = next((row for row in self.department_rows if row.id == str(parent_id)), None)
        if parent is not None:
            self.chosen, self.chosen_name = parent.id, parent.name
            self._open("department", {"parent_id": parent.id})

    @rx.event
    @needs(Permission.USERS_EDIT)
    async def open_rename(self, department_id: str) -> None:
        """Open the sheet of a department's name and city."""
        row = next((row for row in self.department_rows if row.id == str(department_id)), None)
        if row is not None:
            self.chosen, self.chosen_name = row.id, row.name
            self._open("rename", {"name": row.name, "city": "" if row.city == "—" else row.city})

    @rx.event
    @needs(Permission.USERS_EDIT)
    async def save_department(self, form: dict[str, Any]) -> Any:
        """Add the department, or save its name and city."""
        actor, now = await self._actor(), utc_now()
        name, city, kind = (str(form.get(key, ""))[:100] for key in ("name", "city", "kind"))
        number = int(self.chosen) if self.chosen.isdigit() else 0
        if self.sheet == "rename":
            await rx.run_in_thread(
                lambda: departments.rename(actor, department_id=number, name=name, city=city, now=now)
            )
        else:
            await rx.run_in_thread(
                lambda: departments.create(actor, name=name, kind=kind, parent_id=number, city=city, now=now)
            )
        self.sheet = ""
        await self._read()
        return done(f"已保存「{name.strip()}」")
