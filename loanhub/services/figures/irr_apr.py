"""irr_apr.json: annualized cost of cash flows, regular and dated (README §5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from loanhub.domain.rates import percent
from loanhub.domain.repayment.cost import NoRate, cost_of_flows, xirr
from loanhub.services.figures._figures import Figures, Section, fixed
from loanhub.services.figures._given import Given, Unreadable, read_day

_RATES = ("apr_simple_pct", "apr_simple_pct_6", "eir_compound_pct", "eir_compound_pct_6")


def _periodic(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value, "")
    flows, per_year = given.integers("flows_fen"), given.integer("periods_per_year", least=1)
    given.done()
    try:
        cost = cost_of_flows(flows, per_year)
    except NoRate:
        return {"total_cost_fen": -sum(flows), "irr_per_period": None, **dict.fromkeys(_RATES)}
    return {
        "total_cost_fen": cost.total_cost_fen,
        "irr_per_period": fixed(cost.irr_per_period, 12),
        "apr_simple_pct": str(percent(cost.apr_simple_rate)),
        "apr_simple_pct_6": str(percent(cost.apr_simple_rate, 6)),
        "eir_compound_pct": str(percent(cost.eir_compound_rate)),
        "eir_compound_pct_6": str(percent(cost.eir_compound_rate, 6)),
    }


def _dated(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value, "")
    flows = [_flow(item, place) for place, item in enumerate(_list(given.raw("flows")))]
    given.done()
    try:
        rate = xirr(flows)
    except NoRate:
        return {"xirr_pct": None, "xirr_pct_6": None}
    return {"xirr_pct": str(percent(rate)), "xirr_pct_6": str(percent(rate, 6))}


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise Unreadable("flows", "须是至少有一笔的列表")
    return value


def _flow(item: object, place: int) -> tuple[date, int]:
    path = f"flows[{place}]"
    if not isinstance(item, list) or len(item) != 2 or type(item[1]) is not int:
        raise Unreadable(path, "须是 [日期, 金额（分）]")
    try:
        return read_day(item[0]), item[1]
    except ValueError:
        raise Unreadable(path, "日期须是存在的 YYYY-MM-DD") from None


FIGURES = Figures(
    code="irr_apr",
    sections={
        "periodic": Section(
            answer=_periodic,
            beside=("flows_fen", "periods_per_year"),
            results=("total_cost_fen", "irr_per_period", *_RATES),
        ),
        "dated": Section(answer=_dated, beside=("flows",), results=("xirr_pct", "xirr_pct_6")),
    },
)
