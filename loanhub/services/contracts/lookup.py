"""From the numbers people know to the ids the use cases take, inside the reader's scope."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from loanhub.domain.errors import NotFound
from loanhub.models import Application, Contract
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading


def _id_of(actor: Actor, model: type[SQLModel], number: str, sentence: str) -> int:
    table: Any = model
    query = sa.select(table.id).where(table.number == number.strip().upper(), visible_to(actor, model))
    with reading() as db:
        found = db.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(sentence)
    return int(found)


def application_id(actor: Actor, number: str) -> int:
    """Return the id of an application by its number.

    Raises:
        NotFound: no such number in the actor's scope.
    """
    return _id_of(actor, Application, number, "没有找到这个申请编号")


def contract_id(actor: Actor, number: str) -> int:
    """Return the id of a contract by its number.

    Raises:
        NotFound: no such number in the actor's scope.
    """
    return _id_of(actor, Contract, number, "没有找到这个合同编号")


def contract_number(actor: Actor, row_id: int) -> str:
    """Return the number of a contract.

    Raises:
        NotFound: no such contract in the actor's scope.
    """
    with reading() as db:
        query = sa.select(col(Contract.number)).where(col(Contract.id) == row_id, visible_to(actor, Contract))
        number = db.execute(query).scalar_one_or_none()
    if number is None:
        raise NotFound
    return str(number)
