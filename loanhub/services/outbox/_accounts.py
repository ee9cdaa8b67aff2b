"""How the channels are set up, read once a session: preview unless an administrator switched one on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.messages import ChannelMode
from loanhub.models import MessageAccount


@dataclass(frozen=True)
class Account:
    """A channel's settings in force; ``values`` hold the secret ones too and never leave the services."""

    channel: str
    live: bool
    values: Mapping[str, str]
    cost_fen: int


def read_account(row: MessageAccount) -> Account:
    """Return what a row says."""
    secrets = json.loads(row.secrets) if row.secrets else {}
    return Account(row.channel, row.mode == ChannelMode.LIVE.value, {**row.settings, **secrets}, row.cost_fen)


def accounts(db: Session) -> dict[str, Account]:
    """Return every channel that has been set up, by code."""
    known = db.info.get("message_accounts")
    if known is None:
        known = {row.channel: read_account(row) for row in db.execute(sa.select(MessageAccount)).scalars()}
        db.info["message_accounts"] = known
    found: dict[str, Account] = known
    return found
