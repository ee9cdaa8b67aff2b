"""A small firm, its customers, and files to hand in."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy.engine import Engine

from loanhub.models import Customer
from loanhub.services import files
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from tests.people import NOON, Company, make_company


@pytest.fixture
def company(database: Engine) -> Company:
    return make_company()


def make_customer(company: Company, owner: str = "sales", number: str = "C1") -> int:
    with transaction() as db:
        row = Customer(
            name="张伟", kind="person", owner_id=company.users[owner], department_id=company.departments["team"],
            created_at=NOON, updated_at=NOON, number=number,
        )  # fmt: skip
        db.add(row)
        db.flush()
        return row.id or 0


def picture(width: int = 64, height: int = 48, color: tuple[int, int, int] = (200, 180, 160)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), color).save(target, "PNG")
    return target.getvalue()


def hand_in(
    actor: Actor,
    content: bytes,
    *,
    name: str = "a.png",
    kind: str = "id_front",
    customer_id: int | None = None,
    now=NOON,  # type: ignore[no-untyped-def]
) -> int:
    return files.upload(
        actor, source=io.BytesIO(content), file_name=name, kind=kind, customer_id=customer_id, now=now
    ).id
