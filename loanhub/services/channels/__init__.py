"""Channels 渠道: look after them, their links and posters, what they cost, what is claimed back."""

from loanhub.services.channels.cost_table import CostRow, EntryView, cost_table
from loanhub.services.channels.costs import add_cost, settle, void_cost
from loanhub.services.channels.edit import ChannelForm, ChannelView, list_channels, save
from loanhub.services.channels.links import link_of, poster, qr_svg
from loanhub.services.channels.refunds import ClaimView, claim, decide, list_claimable, list_claims

__all__ = [
    "ChannelForm", "ChannelView", "ClaimView", "CostRow", "EntryView", "add_cost", "claim", "cost_table", "decide",
    "link_of", "list_channels", "list_claimable", "list_claims", "poster", "qr_svg", "save", "settle", "void_cost",
]  # fmt: skip
