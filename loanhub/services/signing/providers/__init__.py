"""Third parties that collect signatures 第三方电子签: what one can do, the generic one, and the work with it."""

from loanhub.services.signing.providers._protocol import (
    BUILTIN,
    HTTP,
    Order,
    Party,
    PartyState,
    Provider,
    State,
)
from loanhub.services.signing.providers.setup import LABELS, choose, keep_secret, provider_in_force

__all__ = [
    "BUILTIN", "HTTP", "LABELS", "Order", "Party", "PartyState", "Provider", "State", "choose", "keep_secret",
    "provider_in_force",
]  # fmt: skip
