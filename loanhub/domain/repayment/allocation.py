"""Allocation 还款分配: which part of which installment a payment settles.

Source: docs/algorithms/allocation.md; 民法典 561 unless the contract prints another order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput


class Component(Choice):
    """A part of what a borrower owes for one installment."""

    FEE = "fee", "费用"
    PENALTY = "penalty", "罚息"
    COMPOUND = "compound", "复利"
    INTEREST = "interest", "利息"
    PRINCIPAL = "principal", "本金"


class AllocationMode(Choice):
    """Whether a payment clears period by period or component by component."""

    BY_PERIOD = "by_period", "逐期"
    BY_COMPONENT = "by_component", "逐科目"


DEFAULT_ORDER = (
    Component.FEE,
    Component.PENALTY,
    Component.COMPOUND,
    Component.INTEREST,
    Component.PRINCIPAL,
)
PRINCIPAL_FIRST_ORDER = (
    Component.FEE,
    Component.PRINCIPAL,
    Component.INTEREST,
    Component.PENALTY,
    Component.COMPOUND,
)
RECOVERY_ORDER = (
    Component.FEE,
    Component.PRINCIPAL,
    Component.INTEREST,
    Component.PENALTY,
    Component.COMPOUND,
)
"""For money received after a write-off 核销后收回: costs, then principal, then interest, whatever its period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAmounts:
    """What is still unpaid of one installment, by component."""

    period: int
    due_date: date
    fee_fen: int = 0
    penalty_fen: int = 0
    compound_fen: int = 0
    interest_fen: int = 0
    principal_fen: int = 0

    def of(self, component: Component) -> int:
        """Return the open amount of one component in fen."""
        amount: int = getattr(self, f"{component.value}_fen")
        return amount

    @property
    def total_fen(self) -> int:
        """Everything still unpaid of this installment."""
        return self.fee_fen + self.penalty_fen + self.compound_fen + self.interest_fen + self.principal_fen


@dataclass(frozen=True, slots=True)
class Allocation:
    """An amount, above zero, given to one component of one installment."""

    period: int
    component: Component
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationResult:
    """Where a payment went; ``allocated_fen + overpaid_fen`` is the payment.

    ``remaining`` holds the installments due by then, as they stand afterwards, oldest first.
    """

    allocations: tuple[Allocation, ...]
    allocated_fen: int
    overpaid_fen: int
    remaining: tuple[OpenAmounts, ...]

    @property
    def remaining_due_fen(self) -> int:
        """What stays due after the payment."""
        return sum(open_amounts.total_fen for open_amounts in self.remaining)

    @property
    def remaining_by_component_fen(self) -> dict[Component, int]:
        """What stays due after the payment, by component."""
        return {component: sum(row.of(component) for row in self.remaining) for component in Component}


def check_order(order: Sequence[Component]) -> tuple[Component, ...]:
    """Return the order itself; every component must stand in it exactly once.

    Raises:
        InvalidInput: naming ``allocation``, a component is missing or stands twice.
    """
    if sorted(order) != sorted(Component):
        raise InvalidInput(fields={"allocation": "还款分配顺序须恰好包含费用、罚息、复利、利息、本金各一次"})
    return tuple(order)


def allocate(
    payment_fen: int,
    installments: Iterable[OpenAmounts],
    *,
    as_of: date,
    order: Sequence[Component] = DEFAULT_ORDER,
    mode: AllocationMode = AllocationMode.BY_PERIOD,
    prepay_future: bool = False,
) -> AllocationResult:
    """Return how a payment of ``payment_fen`` on ``as_of`` is spread over what is due.

    Only installments due on or before ``as_of`` take money, in (due date, period) order; those not yet
    due take the rest only when ``prepay_future``. What nobody takes is the overpayment 溢缴款.
    Nothing is rounded. Source: docs/algorithms/allocation.md.

    Raises:
        InvalidInput: a negative payment, or an order that misses or repeats a component.
    """
    if payment_fen < 0:
        raise InvalidInput(fields={"amount_fen": "还款金额不能为负数"})
    order = check_order(order)
    rows = sorted(installments, key=lambda row: (row.due_date, row.period))
    due = [row for row in rows if row.due_date <= as_of]
    future = [row for row in rows if row.due_date > as_of] if prepay_future else []
    taken: list[Allocation] = []
    left = payment_fen
    for group in (due, future):
        for row, component in _queue(group, order, mode):
            amount = min(left, row.of(component))
            if amount > 0:
                taken.append(Allocation(row.period, component, amount))
                left -= amount
    given: dict[tuple[int, Component], int] = {(a.period, a.component): a.amount_fen for a in taken}
    remaining = tuple(_after(row, given) for row in due)
    return AllocationResult(
        allocations=tuple(taken),
        allocated_fen=payment_fen - left,
        overpaid_fen=left,
        remaining=remaining,
    )


def _after(row: OpenAmounts, given: dict[tuple[int, Component], int]) -> OpenAmounts:
    def left(component: Component) -> int:
        return row.of(component) - given.get((row.period, component), 0)

    return replace(
        row,
        fee_fen=left(Component.FEE),
        penalty_fen=left(Component.PENALTY),
        compound_fen=left(Component.COMPOUND),
        interest_fen=left(Component.INTEREST),
        principal_fen=left(Component.PRINCIPAL),
    )


def _queue(
    rows: Sequence[OpenAmounts], order: Sequence[Component], mode: AllocationMode
) -> Iterable[tuple[OpenAmounts, Component]]:
    if mode is AllocationMode.BY_PERIOD:
        return ((row, component) for row in rows for component in order)
    return ((row, component) for component in order for row in rows)
