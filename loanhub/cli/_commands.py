"""How a file of this folder offers commands: ``COMMANDS = Commands("demo", build)``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer

from loanhub.domain.errors import LoanHubError


@dataclass(frozen=True)
class Commands:
    """One command, or a group of them (a typer app), under ``code``."""

    code: str
    target: Callable[..., Any] | typer.Typer

    def add_to(self, app: typer.Typer) -> None:
        """Attach the command to the main one."""
        if isinstance(self.target, typer.Typer):
            app.add_typer(self.target, name=self.code)
        else:
            app.command(self.code)(self.target)


def refuse(error: LoanHubError) -> typer.Exit:
    """Print a refusal as sentences and return the exit to raise."""
    fields = getattr(error, "fields", {})
    for line in [f"{key}：{sentence}" for key, sentence in fields.items()] or [error.sentence]:
        typer.secho(line, fg=typer.colors.RED, err=True)
    return typer.Exit(1)
