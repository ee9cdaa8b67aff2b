"""What the cockpit needs to know besides the book: names, labels, stages, targets; compared to tell whether it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue.kinds.dates import start_of_day
from loanhub.domain.first_response import ResponseRules
from loanhub.domain.permissions import Scope
from loanhub.models import Department, User
from loanhub.repositories import book as repository
from loanhub.services import catalogue, targets
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._transaction import reading

if TYPE_CHECKING:
    from loanhub.services.cockpit.look import Selection


@dataclass(frozen=True)
class Step:
    """A stage of the first board."""

    code: str
    label: str
    dwell_target_hours: int


@dataclass(frozen=True)
class Facts:
    """Pairs of key and label; ``goals`` the month's disbursement targets by level and subject, in fen.

    response: how soon a new lead is to be contacted, under the rules in force.
    """

    stages: tuple[Step, ...]
    names: tuple[tuple[int, str], ...]
    channels: tuple[tuple[str, str], ...]
    products: tuple[tuple[str, str], ...]
    departments: tuple[tuple[str, str], ...]
    paths: tuple[tuple[int, str], ...]
    department_names: tuple[tuple[int, str], ...]
    goal: int | None
    goals: tuple[tuple[targets.Key, int], ...]
    response: ResponseRules
    today: date

    @property
    def personal_goals(self) -> tuple[tuple[int, int], ...]:
        """Return the targets of people."""
        return tuple((key[2], value) for key, value in self.goals if key[1] == targets.Level.USER.value)

    def department_goal(self, selection: Selection) -> int | None:
        """Return the target of the department chosen; None for a product, which has none."""
        if selection.product:
            return None
        return dict(self.goals).get(
            ("disbursed_amount", targets.Level.DEPARTMENT.value, selection.department)
        )

    def below(self, department: int) -> frozenset[int]:
        """Return a department and all below it."""
        prefix = dict(self.paths).get(department, "")
        return frozenset(
            one for one, path in self.paths if one == department or (prefix and path.startswith(prefix))
        )


def facts_of(actor: Actor, today: date) -> Facts:
    """Return the facts as of now; departments are those the reader reaches, in the order of the tree."""
    with reading() as db:
        found = targets.of_month(db, today.replace(day=1))
        options = catalogue.sources(db)
        goals = tuple(sorted((key, value) for key, value in found.items() if key[0] == "disbursed_amount"))
        stages = tuple(Step(one.code, one.label, one.dwell_target_hours) for one in repository.stages(db))
        names = tuple((int(key), str(name)) for key, name in db.execute(sa.select(col(User.id), col(User.name)).order_by(col(User.id))))  # fmt: skip
        departments, paths, department_names = _departments(db, actor)
        response = lead_rules(db, now=start_of_day(today + timedelta(days=1))).first
    return Facts(
        stages, names, tuple(options["channel"]), tuple(options.get("product", ())), departments, paths,
        department_names, targets.goal_of(found, actor, "disbursed_amount"), goals, response, today,
    )  # fmt: skip


def _departments(
    db: Session, actor: Actor
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
    rows = db.execute(sa.select(Department).order_by(col(Department.path))).scalars().all()
    everything = actor.is_system or actor.scope is Scope.ALL
    shown = tuple(
        (str(row.id), row.name) for row in rows
        if row.parent_id is not None and (everything or row.id in actor.department_ids)
    )  # fmt: skip
    paths = tuple((int(row.id or 0), row.path) for row in rows)
    return shown, paths, tuple((int(row.id or 0), row.name) for row in rows)
