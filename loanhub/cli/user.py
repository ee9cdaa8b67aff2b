"""``loanhub user``: add people, set passwords, disable accounts, from the server's own console."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from loanhub.cli._commands import Commands, refuse
from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import RoleCode

app = typer.Typer(no_args_is_help=True, help="员工账号。Accounts of the people who work here.")


@app.command("list")
def list_users() -> None:
    """列出员工。List the accounts."""
    from loanhub.services import users
    from loanhub.services._actor import SYSTEM

    for row in users.list_users(SYSTEM):
        state = "" if row.active else "（停用）"
        typer.echo(f"{row.login:<20}{row.name:<8}{row.roles:<24}{row.department}{state}")


@app.command()
def add(
    login: str,
    name: str,
    role: Annotated[RoleCode, typer.Option(help="角色 (role)")],
    department: Annotated[str, typer.Option(help="部门名称，缺省为公司 (department)")] = "",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """新建员工。Add a person."""
    from loanhub.services import users
    from loanhub.services._actor import SYSTEM

    try:
        users.create(
            SYSTEM, login=login, name=name, roles=[role.value], department=department, password=password,
            now=datetime.now(UTC),
        )  # fmt: skip
    except LoanHubError as error:
        raise refuse(error) from None
    typer.echo(f"已建账号 {login}")


@app.command()
def password(
    login: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """重设密码并退出其全部会话。Set a password and end all sessions of the account."""
    from loanhub.services import users
    from loanhub.services._actor import SYSTEM

    try:
        users.set_password(SYSTEM, login=login, password=password, now=datetime.now(UTC))
    except LoanHubError as error:
        raise refuse(error) from None
    typer.echo("密码已更新，此前的登录已全部退出")


@app.command()
def disable(login: str) -> None:
    """停用账号。Disable an account at once."""
    from loanhub.services import users
    from loanhub.services._actor import SYSTEM

    try:
        users.set_active(SYSTEM, login=login, active=False, now=datetime.now(UTC))
    except LoanHubError as error:
        raise refuse(error) from None
    typer.echo("账号已停用")


COMMANDS = Commands("user", app)
