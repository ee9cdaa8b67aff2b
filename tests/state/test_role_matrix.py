"""Every event handler and every HTTP route against every role: the whole remote interface, on one page.

``role_matrix.txt`` is reviewed by people: a change of it is a change of who may do what. Write it anew with
``LOANHUB_WRITE_MATRIX=1 pytest tests/state/test_role_matrix.py`` and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from reflex_base.registry import RegistrationContext

import loanhub.loanhub  # noqa: F401 - registers every handler and route
from loanhub.api._routing import ROUTES
from loanhub.domain.permissions import ROLES, RoleCode
from loanhub.state._marks import Mark, mark_of
from tests.builders import bare_actor

MATRIX = Path(__file__).with_name("role_matrix.txt")


def interface() -> dict[str, Mark]:
    """Return the mark of everything that can be called from outside, by name."""
    found: dict[str, Mark] = {}
    for name, registered in RegistrationContext.get().event_handlers.items():
        mark = mark_of(registered.handler.fn)
        if mark is not None and any(s.__module__.startswith("loanhub.") for s in registered.states):
            short = ".".join(part.rpartition("____")[2] for part in name.split(".")[-2:])
            found[f"event {short}"] = mark
    for (path, method), spec in ROUTES.items():
        found[f"http  {method} {path}"] = spec.mark
    return found


def row(name: str, mark: Mark) -> str:
    """Return one line: the name, and who may call."""
    if mark.key_scope:
        return f"{name}: API key with {mark.key_scope}"
    if mark.open_to_all:
        return f"{name}: anybody" + (" who signs" if mark.signed else "")
    roles = [role.value for role in RoleCode if mark.admits(bare_actor(role))]
    return f"{name}: " + ("every role" if len(roles) == len(RoleCode) else " ".join(roles) or "nobody")


def test_the_interface_is_exactly_the_reviewed_matrix() -> None:
    lines = sorted(row(name, mark) for name, mark in interface().items())
    if os.environ.get("LOANHUB_WRITE_MATRIX"):
        MATRIX.write_text("\n".join(lines) + "\n", encoding="utf-8")
    reviewed = MATRIX.read_text(encoding="utf-8").splitlines()

    assert lines == reviewed


def test_nobody_without_a_session_gets_past_a_mark() -> None:
    open_doors = {name for name, mark in interface().items() if mark.admits(None)}

    assert open_doors == {name for name, mark in interface().items() if mark.open_to_all}


@pytest.mark.parametrize("role", [RoleCode.ADMIN, RoleCode.SECURITY_ADMIN])
def test_administrators_reach_no_customer_data(role: RoleCode) -> None:
    spec = ROLES[role]

    assert not {p for p in spec.permissions if p.value.split(":")[0] in
                ("leads", "customers", "applications", "contracts", "loans", "payments", "documents", "search")}  # fmt: skip


def test_no_role_is_two_of_administrator_security_administrator_and_auditor() -> None:
    marks = ("users:edit", "roles:edit", "audit:read")
    for spec in ROLES.values():
        held = [m for m in marks if m in {p.value for p in spec.permissions}]
        assert len(held) <= 1, spec.code
