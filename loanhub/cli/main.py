"""The ``loanhub`` command: everything an operator does. Help in Chinese and English."""

from __future__ import annotations

import typer

from loanhub.discovery import discover

app = typer.Typer(
    name="loanhub",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="贷通：小贷与助贷的客户管理系统。LoanHub: customer management for lenders and loan brokers.",
)

for _commands in discover("loanhub.cli", "COMMANDS").values():
    _commands.add_to(app)

if __name__ == "__main__":
    app()
