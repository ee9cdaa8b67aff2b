"""What States, pages and routes call of the modules below them exists: the type checker is blind to it in States."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2] / "loanhub"
FILES = sorted(
    file
    for room in ("state", "pages", "api", "components", "jobs", "cli")
    for file in (ROOT / room).rglob("*.py")
)


def modules_of(tree: ast.Module) -> dict[str, ModuleType]:
    """Return the modules of ours a file knows by a name of its own."""
    found: dict[str, ModuleType] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("loanhub"):
            for one in node.names:
                try:
                    found[one.asname or one.name] = importlib.import_module(f"{node.module}.{one.name}")
                except ModuleNotFoundError:
                    continue
    return found


def missing_in(file: Path) -> Iterator[str]:
    """Yield each ``module.name`` the file uses that the module does not have."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    known = modules_of(tree)
    shadowed = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = node.value.id
            if name in known and name not in shadowed and not hasattr(known[name], node.attr):
                yield f"{file.name}:{node.lineno} {name}.{node.attr}"


@pytest.mark.parametrize("room", ["state", "pages", "api", "components", "jobs", "cli"])
def test_everything_called_is_there(room: str) -> None:
    assert [line for file in FILES if file.is_relative_to(ROOT / room) for line in missing_in(file)] == []
