"""Where each cap bites 产品对照: the dearest loan each product can make today, held against the caps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.errors import LoanHubError
from loanhub.domain.formats import local
from loanhub.domain.rates import format_percent
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.product_terms import check_cost
from loanhub.services.products import list_active
from loanhub.services.rates.checks import CostAboveCap
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
            worst: tuple[str, str, Decimal | None] = ("ok", "", None)
            for months in product.terms_months or [12]:
                try:
                    verdict = check_cost(
                        db, product, amount_fen=max(product.min_amount_fen, 1), months=months,
                        annual_rate=product.max_annual_rate, on=today, now=now,
                    )  # fmt: skip
                    state, sentence = ("warn", verdict.warnings[0]) if verdict.warnings else ("ok", "")
                except CostAboveCap as fault:
                    verdict, state, sentence = fault.verdict, "block", fault.verdict.sentence
                except LoanHubError as fault:
                    worst = ("block", fault.sentence, worst[2])
                    continue
                cost = max((line.cost_rate for line in verdict.lines), default=None)
                dearer = cost is not None and (worst[2] is None or cost > worst[2])
                if order[state] > order[worst[0]] or (state == worst[0] and dearer):
                    worst = (state, sentence, cost)
            mode = Mode.find(product.mode)
            state, sentence, cost = worst
            found.append(
                ProductVerdict(
                    product.code, product.label, mode.label if mode else "",
                    format_percent(product.max_annual_rate), "—" if cost is None else format_percent(cost), state,
                    sentence or "不超过各项上限",
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: -order[one.state])
