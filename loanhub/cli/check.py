"""``loanhub check``: is this installation sound? Schema, keys, ledger, start-up rules."""

from __future__ import annotations

import typer

from loanhub.cli._commands import Commands


def check() -> None:
    """检查数据库、密钥与账务是否完好。Check schema, keys and ledger."""
    from loanhub.models import SQLModel
    from loanhub.models.encryption import check_stored_data
    from loanhub.repositories.ledger import trial_balance
    from loanhub.repositories.schema import pending
    from loanhub.services._transaction import engine, reading

    faults = []
    if pending(engine()):
        typer.secho("数据库有未执行的升级，先运行 loanhub migrate", fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    with reading() as db:
        unreadable = check_stored_data(db, SQLModel.metadata.sorted_tables)
        faults += [f"现有密钥读不出 {place}" for place in unreadable]
        balance = trial_balance(db)
        if balance.debit_fen != balance.credit_fen:
            faults.append(f"借贷不平：借 {balance.debit_fen} 分，贷 {balance.credit_fen} 分")
        faults += [f"凭证 {number} 借贷不平" for number in balance.unbalanced]
    for fault in faults:
        typer.secho(fault, fg=typer.colors.RED, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"数据库结构最新；密钥可读；{balance.transactions:,} 笔凭证借贷平衡")


COMMANDS = Commands("check", check)
