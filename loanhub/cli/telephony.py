"""``loanhub telephony``: report made-up calls to our own door, really signed."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from loanhub.cli._commands import Commands, refuse

app = typer.Typer(no_args_is_help=True, help="话务。The telephone system.")


@app.callback()
def _group() -> None:
    """话务。The telephone system."""


@app.command()
def simulate(
    phone: str = typer.Option("", help="对方手机号，留空用最新一条线索。The other party's number."),
    extension: str = typer.Option("", help="坐席分机，留空用第一个。The agent's extension."),
    direction: str = typer.Option("in", help="in 或 out"),
    result: str = typer.Option("answered", help="answered、missed、busy、rejected、failed、dead"),
    calls: int = typer.Option(1, min=1, max=1_000, help="几通。How many."),
    address: str = typer.Option("", help="服务地址，默认本机。Where the server answers."),
) -> None:
    """向自己的接口推送签名的通话事件，服务要在运行。Push signed call events to the running server."""
    from loanhub.domain.errors import LoanHubError
    from loanhub.services import telephony
    from loanhub.services._actor import SYSTEM

    for _ in range(calls):
        try:
            made = telephony.simulate(
                SYSTEM, phone=phone, extension=extension, direction=direction, result=result, address=address,
                now=datetime.now(UTC),
            )  # fmt: skip
        except LoanHubError as fault:
            raise refuse(fault) from None
        typer.echo(f"{made.call_id} → {' '.join(map(str, made.statuses))}")


COMMANDS = Commands("telephony", app)
