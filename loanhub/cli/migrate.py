"""``loanhub migrate``: bring the database to the newest schema."""

from __future__ import annotations

import typer

from loanhub.cli._commands import Commands


def migrate() -> None:
    """升级数据库结构。Bring the database to the newest schema."""
    from loanhub.repositories.schema import upgrade
    from loanhub.services._transaction import engine
    from loanhub.settings import prepare_folders, settings

    prepare_folders(settings())
    before, after = upgrade(engine())
    typer.echo("数据库已是最新" if before == after else f"数据库已升级到 {after}")


COMMANDS = Commands("migrate", migrate)
