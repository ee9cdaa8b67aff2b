"""commission.json: splits, tiers, clawback 佣金 (README §14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain import commission
from loanhub.domain.commission import ClawbackMode, Share, Tier, TierMode
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given


def _split(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    amount, shares = given.integer("amount_fen"), []
    for share in given.objects("splits"):
        shares.append(Share(share.text("role"), share.decimal("ratio")))
        share.done()
    given.done()
    found = commission.split(amount, shares)
    return {
        "parts": [{"role": part.role, "amount_fen": part.amount_fen} for part in found.parts],
        "retained_fen": found.retained_fen,
    }


def _tier(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    amount, mode, tiers = given.integer("amount_fen"), given.choice("mode", TierMode), []
    for tier in given.objects("tiers"):
        tiers.append(Tier(tier.integer("upto_fen", None, least=1), tier.decimal("rate")))
        tier.done()
    given.done()
    return {"commission_fen": commission.tiered_fen(amount, tiers, mode)}


def _clawback(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    paid, mode = given.integer("commission_fen"), given.choice("mode", ClawbackMode)
    held, window = given.integer("months_held"), given.integer("window_months", least=1)
    given.done()
    return {
        "clawback_fen": commission.clawback_fen(
            commission_fen=paid, months_held=held, window_months=window, mode=mode
        )
    }


FIGURES = Figures(
    code="commission",
    sections={
        "split": Section(answer=_split),
        "tier": Section(answer=_tier),
        "clawback": Section(answer=_clawback),
    },
)
