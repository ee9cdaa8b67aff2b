"""Companies 企业客户 of the demo company, each of a borrower who is its legal representative and of whom else it belongs to.

Their codes lie in a region never issued (``990000``), their phones in a range no carrier has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.identity import check_uscc
from loanhub.models import Customer, Loan
from loanhub.services import customers
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

FIRMS = (("示例汇川五金有限公司", "五金", "60"), ("示例远达模具有限公司", "模具", "55"))
"""Name, industry, and what the legal representative holds in percent."""


def build(sales: Sequence[Actor], *, now: datetime) -> int:
    """Make a company for each of the first people who has two borrowers; return how many there are."""
    made = 0
    for owner in sales:
        if made == len(FIRMS):
            break
        people = _borrowers(owner)
        if len(people) < 2:
            continue
        (representative, number, city), (partner, other, _) = people
        name, industry, share = FIRMS[made]
        made += 1
        firm = customers.create(
            owner,
            {"kind": "company", "name": name, "id_number": _code(made), "phone": f"1549900000{made}", "city": city,
             "industry": industry, "legal_representative": representative},
            now=now,
        )  # fmt: skip
        for kind, who, known, held in (
            ("legal_representative", representative, number, ""), ("beneficial_owner", representative, number, share),
            ("beneficial_owner", partner, other, str(100 - int(share))),
        ):  # fmt: skip
            customers.relate(
                owner, customer_id=firm, kind=kind, name=who, related_number=known, share=held, now=now
            )
    return made


def _borrowers(owner: Actor) -> list[tuple[str, str, str]]:
    """Return name, number and city of the first two customers of this person with a loan."""
    query = (
        sa.select(col(Customer.name), col(Customer.number), col(Customer.city))
        .where(
            col(Customer.owner_id) == owner.user_id,
            col(Customer.id).in_(sa.select(col(Loan.customer_id))),
            col(Customer.deleted_at).is_(None),
        )
        .order_by(col(Customer.id))
        .limit(2)
    )
    with reading() as db:
        return [(name, number, city) for name, number, city in db.execute(query)]


def _code(number: int) -> str:
    body = f"91990000MA{number:07d}"
    return next(body + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if check_uscc(body + last).valid)
