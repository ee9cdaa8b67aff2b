"""Whether a product may be offered 产品检查: its dearest loan against the caps, fees taken too early, terms that cannot work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.formats import local
from loanhub.domain.money import format_plain, parse_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.fees import upfront_refusals
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Product
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.product_terms import (
    LprMissing,
    check_cost,
    describe_link,
    fees_of,
    in_schedule,
    servicing_of,
    terms_for,
)
from loanhub.services.products import form as forms
from loanhub.services.quotes.quote import Quote, figure
from loanhub.services.quotes.sheet import headline
from loanhub.services.rates.checks import CostAboveCap

DEFAULT_TERM = 12
FIRST_ROWS = 6
_SEVERITY = {"ok": 0, "warn": 1, "block": 2}
_FORM_KEYS = {
    "annual_rate": "max_rate", "principal_fen": "max_amount", "periods": "terms_months", "lpr": "linked",
    "penalty_annual_rate": "penalty_rate", "tolerance_fen": "tolerance", "order": "allocation",
}  # fmt: skip
_ALLOWED = "不超过各项上限"


@dataclass(frozen=True)
class Worst:
    """The dearest loan a product can make: ``state`` ok, warn or block, why, and its cost a year when there is one."""

    state: str
    sentence: str
    cost: Decimal | None = None

    @property
    def cost_text(self) -> str:
        """The cost as a percentage."""
        return "—" if self.cost is None else format_percent(self.cost)


@dataclass(frozen=True)
class Checked:
    """What a form means: the sentences at its fields, the verdict, and a sample loan as plain texts."""

    errors: Mapping[str, str]
    state: str = ""
    sentence: str = ""
    cost: str = ""
    figures: Mapping[str, str] | None = None
    rows: tuple[dict[str, str], ...] = ()
    items: tuple[dict[str, str], ...] = ()
    link: str = ""


def worst_case(db: Session, product: Product, *, on: date, now: datetime) -> Worst:
    """Return the dearest loan of a product made on a day: highest rate, smallest amount, the dearest term.

    Fixed fees weigh most on the smallest amount. A loan that cannot be made at all counts as blocked.
    """
    worst = Worst("ok", "")
    for months in product.terms_months or [DEFAULT_TERM]:
        try:
            verdict = check_cost(
                db, product, amount_fen=max(product.min_amount_fen, 1), months=months,
                annual_rate=product.max_annual_rate, on=on, now=now,
            )  # fmt: skip
            state, sentence = ("warn", verdict.warnings[0]) if verdict.warnings else ("ok", "")
        except CostAboveCap as fault:
            verdict, state, sentence = fault.verdict, "block", fault.verdict.sentence
        except LoanHubError as fault:
            worst = Worst("block", fault.sentence, worst.cost)
            continue
        cost = max((line.cost_rate for line in verdict.lines), default=None)
        dearer = cost is not None and (worst.cost is None or cost > worst.cost)
        if _SEVERITY[state] > _SEVERITY[worst.state] or (state == worst.state and dearer):
            worst = Worst(state, sentence, cost)
    return Worst(worst.state, worst.sentence or _ALLOWED, worst.cost)


def refusals(
    db: Session, product: Product, *, on: date, now: datetime
) -> tuple[dict[str, str], Worst | None]:
    """Return the sentences, by field of the form, that keep a product from being offered, and its dearest loan.

    The dearest loan is None while nothing can be lent on such terms at all.
    """
    try:
        servicing_of(product)
        fees = fees_of(product)
        refused = _renamed(upfront_refusals(fees, own=product.mode == Mode.OWN.value), product)
        if refused:
            return refused, None
        for terms in _samples(db, product, on):
            build_schedule(terms)
    except InvalidInput as fault:
        return _renamed(fault.fields or {"label": fault.sentence}, product), None
    except LprMissing as fault:
        return {"linked": fault.sentence}, None
    worst = worst_case(db, product, on=on, now=now)
    return ({"max_rate": worst.sentence} if worst.state == "block" else {}), worst


def _samples(db: Session, product: Product, on: date) -> Iterator[Terms]:
    """Yield the corners of what a product offers: every term, least and most money, lowest and highest rate."""
    for months in product.terms_months:
        for amount in {product.min_amount_fen, product.max_amount_fen}:
            for rate in {product.min_annual_rate, product.max_annual_rate}:
                yield terms_for(
                    db,
                    product,
                    principal_fen=amount,
                    months=months,
                    annual_rate=rate,
                    start=on,
                    contract_day=on,
                )


def _renamed(faults: Mapping[str, str], product: Product) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, sentence in faults.items():
        head, _, place = path.partition("[")
        if head == "fees":
            slot = place.partition("]")[0]
            key = f"fee{slot or 0}_label" if product.fees else "max_rate"
        else:
            key = head if head in forms.BY_KEY else _FORM_KEYS.get(head, "label")
        found.setdefault(key, sentence)
    return found


def check_form(
    actor: Actor, *, form: Mapping[str, str], sample_amount: str = "", sample_months: str = "", now: datetime
) -> Checked:
    """Return what a form means today; nothing is written, and nothing typed is refused but by a sentence.

    sample_amount, sample_months: the loan shown beside it; what lies outside the product falls back to its own.

    Raises:
        NotPermitted: the actor lacks products:edit.
    """
    actor.require(Permission.PRODUCTS_EDIT)
    on = local(now).date()
    try:
        product = Product(code=form.get("code", ""), created_at=now, **forms.read(form))
    except InvalidInput as fault:
        return Checked(dict(fault.fields))
    with reading() as db:
        errors, worst = refusals(db, product, on=on, now=now)
        if worst is None:
            return Checked(errors)
        months = _months(product, sample_months)
        amount_fen = _amount(product, sample_amount)
        terms = terms_for(
            db, product, principal_fen=amount_fen, months=months, annual_rate=product.max_annual_rate, start=on,
            contract_day=on,
        )  # fmt: skip
    try:
        shown = figure(terms, [fee for fee in fees_of(product) if not in_schedule(fee, product)])
    except InvalidInput as fault:
        return Checked(errors | _renamed(fault.fields, product), worst.state, worst.sentence, worst.cost_text)
    return Checked(
        errors, worst.state, worst.sentence, worst.cost_text,
        headline(shown) | {"months": str(months), "rate": format_percent(terms.annual_rate)},
        _rows(shown), _items(shown), describe_link(terms.lpr) if terms.lpr else "",
    )  # fmt: skip


def _months(product: Product, text: str) -> int:
    offered = product.terms_months
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    return wanted if wanted in offered else DEFAULT_TERM if DEFAULT_TERM in offered else offered[0]


def _amount(product: Product, text: str) -> int:
    try:
        wanted = parse_fen(text)
    except InvalidInput:
        wanted = 0
    return min(max(wanted or product.min_amount_fen, product.min_amount_fen), product.max_amount_fen)


def _rows(shown: Quote) -> tuple[dict[str, str], ...]:
    """The first rows and the last, as a person checks a schedule."""
    count = len(shown.rows)
    places = list(range(count)) if count <= FIRST_ROWS + 1 else [*range(FIRST_ROWS), count - 1]
    return tuple(
        {
            "number": str(shown.rows[place].period),
            "due_date": shown.rows[place].due_date.isoformat(),
            "principal": format_plain(shown.rows[place].principal_fen),
            "interest": format_plain(shown.rows[place].interest_fen),
            "fee": format_plain(shown.row_fee_fen(place)),
            "total": format_plain(shown.row_payment_fen(place)),
        }
        for place in places
    )


def _items(shown: Quote) -> tuple[dict[str, str], ...]:
    return tuple(
        {
            "label": item.label, "standard": item.standard, "timing": item.timing,
            "amount": format_plain(item.amount_fen), "percent": f"{item.annual_pct}%",
        }
        for item in shown.disclosure.items
    )  # fmt: skip
