"""What the public calculator begins with: the range of the company's own products, nothing of any customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from loanhub.domain.calendar import shanghai_date
from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.money import FEN_PER_WAN
from loanhub.services import parameters, products
from loanhub.services._transaction import reading

MOST_TERMS = 4


@dataclass(frozen=True)
class Offer:
    """Smallest and largest amount in 万, the usual terms in months, the form to begin with, and who offers."""

    brand: str = ""
    company: str = ""
    phone: str = ""
    least_wan: int = 1
    most_wan: int = 70
    terms: tuple[str, ...] = ("12", "24", "36", "60")
    form: dict[str, str] = field(default_factory=dict)


def find(*, now: datetime) -> Offer:
    """Return the offer of the own products in force today; without one, plain numbers to calculate with.

    The dearest rate of the first product is shown, so that nobody is promised less than may come.
    """
    with reading() as db:
        company, brand = parameters.company(db, now=now), parameters.brand(db, now=now)
        today = shanghai_date(now)
        own = [p for p in products.list_active(db, today=today) if p.mode == Mode.OWN.value]
        if not own:
            return Offer(brand=brand, company=company.name, phone=company.phone)
        first = own[0]
        least = max(1, min(p.min_amount_fen for p in own) // FEN_PER_WAN)
        most = max(least, max(p.max_amount_fen for p in own) // FEN_PER_WAN)
        months = sorted({term for p in own for term in p.terms_months})
        terms = [term for term in months if term >= 3] or months
        middle = terms[len(terms) // 2] if terms else 12
        rate = (first.max_annual_rate * 100).normalize()
        return Offer(
            brand=brand,
            company=company.name,
            phone=company.phone,
            least_wan=least,
            most_wan=most,
            terms=tuple(str(term) for term in terms[-MOST_TERMS:]) or Offer().terms,
            form={
                "amount": f"{min(most, max(least, 10))}万",
                "method": first.method if first.method != "custom" else "equal_installment",
                "rate": f"{rate:f}",
                "months": str(middle),
            },
        )
