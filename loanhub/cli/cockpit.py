"""``loanhub cockpit``: the file the cockpit starts from, compared with the database or made anew."""

from __future__ import annotations

import typer

from loanhub.cli._commands import Commands

app = typer.Typer(no_args_is_help=True, help="驾驶舱快照。The cockpit's file.")


@app.callback()
def _group() -> None:
    """驾驶舱快照。The cockpit's file."""


@app.command()
def rebuild() -> None:
    """从数据库重做快照文件。Read everything anew and write the file."""
    from loanhub.services import cockpit

    book = cockpit.keeper().rebuild()
    cockpit.save()
    typer.echo(
        f"快照已重做：{book.leads.height:,} 条线索、{book.loans.height:,} 笔借据、{book.payments.height:,} 笔还款"
    )


@app.command()
def verify() -> None:
    """快照逐行与数据库比对，不符时退出码为 1。Compare the file, brought up to date, with the database."""
    from loanhub.services import cockpit

    differing = cockpit.keeper().differing()
    if differing:
        names = {
            "leads": "线索",
            "customers": "客户",
            "applications": "申请",
            "loans": "借据",
            "payments": "还款",
        }
        typer.secho(f"快照与数据库不符：{'、'.join(names[one] for one in differing)}。运行 loanhub cockpit rebuild", fg=typer.colors.RED, err=True)  # fmt: skip
        raise typer.Exit(1)
    typer.echo("快照与数据库逐行相符")


COMMANDS = Commands("cockpit", app)
