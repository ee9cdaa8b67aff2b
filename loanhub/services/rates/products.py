"""Where each cap bites 产品对照: the dearest loan each product can make today, held against the caps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.formats import local
from loanhub.domain.rates import format_percent
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.products import list_active
from loanhub.services.products.check import worst_case
from loanhub.services.rates.lpr import require_reader


@dataclass(frozen=True)
class ProductVerdict:
    """A product at its highest rate: the cost of its dearest loan, and what the caps say; ``state`` ok, warn or block."""

    code: str
    label: str
    mode: str
    highest_rate: str
    cost: str
    state: str
    sentence: str


def list_product_verdicts(actor: Actor, *, now: datetime) -> list[ProductVerdict]:
    """Return every product offered today at its highest rate, smallest amount (where fixed fees weigh most) and dearest term.

    Raises:
        NotPermitted: the actor holds neither rates:edit nor rates:review.
    """
    require_reader(actor)
    today = local(now).date()
    order = {"ok": 0, "warn": 1, "block": 2}
    found = []
    with reading() as db:
        for product in list_active(db, today=today):
            worst = worst_case(db, product, on=today, now=now)
            mode = Mode.find(product.mode)
            found.append(
                ProductVerdict(
                    product.code, product.label, mode.label if mode else "",
                    format_percent(product.max_annual_rate), worst.cost_text, worst.state, worst.sentence,
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: -order[one.state])
