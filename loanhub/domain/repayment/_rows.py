"""One installment while the postings of its loan are replayed: what was charged, paid and waived of it."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

from loanhub.domain.repayment.allocation import Component, OpenAmounts
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.penalty import PenaltyTerms, segment

CHARGED = (Component.PENALTY, Component.COMPOUND)
AGREED = (Component.FEE, Component.INTEREST, Component.PRINCIPAL)


@dataclass(slots=True, eq=False)
class Row:
    """One installment while its postings are replayed.

    Attributes:
        since: the last day up to which penalty is charged; the due date at first.
        early_principal, early_fee: parts of ``installment`` repaid before its due date.
        early_interest: exact interest that ``early_principal`` has cost in this period, due with the rest.
        carried: holds what a restructure carried over; due again, and never charged.
        done: nothing is open and nothing more can be charged: later postings pass it by.
    """

    installment: Installment
    charging: PenaltyTerms
    last_free_day: date
    since: date
    charged: dict[Component, int] = field(default_factory=lambda: dict.fromkeys(CHARGED, 0))
    paid: dict[Component, int] = field(default_factory=lambda: dict.fromkeys(Component, 0))
    waived: dict[Component, int] = field(default_factory=lambda: dict.fromkeys(Component, 0))
    early_principal: int = 0
    early_fee: int = 0
    early_interest: Fraction = Fraction(0)
    cleared_date: date | None = None
    carried: bool = False
    done: bool = False

    @property
    def period(self) -> int:
        """Number of the installment."""
        return self.installment.period

    @property
    def due(self) -> date:
        """Due date of the installment."""
        return self.installment.due_date

    def gone(self, component: Component) -> int:
        """Return what was paid and waived of a component."""
        return self.paid[component] + self.waived[component]

    def agreed(self, component: Component) -> int:
        """Return what the schedule says is to be paid of a component."""
        if component is Component.PRINCIPAL:
            return self.installment.principal_fen
        return self.installment.interest_fen if component is Component.INTEREST else self.installment.fee_fen

    def open(self, component: Component, on: date) -> int:
        """Return what is unpaid of a component; penalty is hidden until grace has ended."""
        if component in CHARGED:
            return self.charged[component] - self.gone(component) if on > self.last_free_day else 0
        return self.agreed(component) - self.gone(component)

    def open_amounts(self, on: date) -> OpenAmounts:
        """Return what is unpaid, by component."""
        return self.amounts({component: self.open(component, on) for component in Component})

    def amounts(self, values: dict[Component, int]) -> OpenAmounts:
        """Return amounts by component in the form the waterfall reads."""
        return OpenAmounts(
            period=self.period,
            due_date=self.due,
            fee_fen=values[Component.FEE],
            penalty_fen=values[Component.PENALTY],
            compound_fen=values[Component.COMPOUND],
            interest_fen=values[Component.INTEREST],
            principal_fen=values[Component.PRINCIPAL],
        )

    def charge_to(self, day: date) -> None:
        """Charge penalty from the last cut to ``day``, rounded, whether or not grace still hides it."""
        if day <= self.since:
            return
        principal, interest = self.open(Component.PRINCIPAL, day), self.open(Component.INTEREST, day)
        if principal or interest:
            cut = segment(
                self.charging,
                from_date=self.since,
                to_date=day,
                principal_fen=principal,
                interest_fen=interest,
            )
            self.charged[Component.PENALTY] += cut.penalty_fen
            self.charged[Component.COMPOUND] += cut.compound_fen
        self.since = day

    def carry_to(self, day: date) -> None:
        """Let carried amounts be due on a day, penalty among them payable at once."""
        start = min(self.installment.start_date, day)
        self.installment = replace(self.installment, due_date=day, start_date=start)
        self.last_free_day, self.since = day - timedelta(days=1), day

    def note_cleared(self, day: date) -> None:
        """Remember the day nothing agreed was left; within grace that forgives the penalty for good."""
        if self.cleared_date is None and not any(self.open(component, day) for component in AGREED):
            self.cleared_date = day
            if day <= self.last_free_day:
                self.charged = dict.fromkeys(CHARGED, 0)
        if self.cleared_date is not None:
            self.done = not any(self.charged[c] - self.gone(c) for c in CHARGED)
