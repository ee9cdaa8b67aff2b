"""``loanhub contract``: make the contract of an approved application, or fetch the PDF of one that was made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from loanhub.cli._commands import Commands, refuse
from loanhub.domain.errors import LoanHubError

app = typer.Typer(no_args_is_help=True, help="合同。Contracts.")

Login = Annotated[str, typer.Option("--as", help="以哪位员工的身份 (acting as this login)")]


@app.command()
def create(application: str, login: Login) -> None:
    """为已通过的申请生成借款合同。Make the loan contract of an approved application (its number)."""
    from loanhub.services import auth, contracts
    from loanhub.services.contracts import lookup

    try:
        actor = auth.actor_for_login(login)
        contract_id = contracts.create(
            actor, application_id=lookup.application_id(actor, application), now=datetime.now(UTC)
        )
        typer.echo(f"已生成合同 {lookup.contract_number(actor, contract_id)}")
    except LoanHubError as error:
        raise refuse(error) from None


@app.command()
def pdf(
    number: str, login: Login, out: Annotated[Path | None, typer.Option(help="存到哪里 (where to)")] = None
) -> None:
    """取出合同的 PDF，与生成时逐字节相同。Write the stored PDF of a contract (its number)."""
    from loanhub.services import auth, contracts
    from loanhub.services.contracts import lookup

    try:
        actor = auth.actor_for_login(login)
        name, content = contracts.open_pdf(
            actor, contract_id=lookup.contract_id(actor, number), now=datetime.now(UTC)
        )
    except LoanHubError as error:
        raise refuse(error) from None
    target = out or Path(name)
    target.write_bytes(content)
    typer.echo(f"已写入 {target}")


COMMANDS = Commands("contract", app)
