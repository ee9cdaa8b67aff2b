"""``loanhub import``: bring a spreadsheet of leads in as one of the staff, through the very use case of the page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from loanhub.cli._commands import Commands, refuse
from loanhub.domain.errors import LoanHubError


def import_leads(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="XLSX、XLS 或 CSV。")],
    login: Annotated[str, typer.Option("--as", help="以谁的身份导入（登录名）。Whose import it is.")],
    consent: Annotated[
        bool, typer.Option("--consent", help="确认名单来源合规、已取得授权。The list was come by lawfully.")
    ] = False,
    owner: Annotated[str, typer.Option(help="归属：me、pool、team。Whose the leads become.")] = "me",
    duplicates: Annotated[str, typer.Option(help="重复：touch、skip、fill。What repeats become.")] = "touch",
) -> None:
    """导入线索名单。Import a list of leads; columns are mapped as on the page."""
    from loanhub.services import auth, files
    from loanhub.services.imports import prepare, result, run

    now = datetime.now(UTC)
    try:
        actor = auth.actor_for_login(login)
        with file.open("rb") as source:
            stored = files.upload(actor, source=source, file_name=file.name, kind=files.IMPORT_KIND, now=now)
        batch_id = prepare.create(actor, file_id=stored.id, now=now)
        chosen = {"owner": owner, "duplicates": duplicates, "consent": consent}
        prepare.set_options(actor, batch_id=batch_id, raw=chosen)
        run.start(actor, batch_id=batch_id, now=now)
        run.run(actor, batch_id=batch_id, clock=lambda: datetime.now(UTC))
        shown = result.show(actor, batch_id=batch_id, now=datetime.now(UTC))
    except LoanHubError as error:
        raise refuse(error) from error
    typer.echo(
        f"{shown.file_name}：共 {shown.row_count:,} 行，新建 {shown.created:,}，重复 {shown.groups['duplicate']:,}，"
        f"未导入 {shown.groups['refused']:,}"
    )


COMMANDS = Commands("import", import_leads)
