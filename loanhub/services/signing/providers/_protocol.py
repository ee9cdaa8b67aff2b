"""What a third party that collects signatures 第三方电子签 can do for us, whoever it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

BUILTIN, HTTP = "builtin", "http"


@dataclass(frozen=True)
class Party:
    """One person who is to sign; ``place`` counts from 1 and names them in every later message."""

    place: int
    role: str
    name: str
    phone: str


@dataclass(frozen=True)
class Order:
    """What is to be signed; ``key`` is our number of the round: the same key never begins a second one."""

    key: str
    title: str
    number: str
    sha256: str
    callback: str
    expires_at: datetime
    parties: tuple[Party, ...]


@dataclass(frozen=True)
class PartyState:
    """Where one person stands: ``status`` waiting, opened, signed or refused; ``evidence`` in the provider's words."""

    place: int
    status: str
    at: datetime | None = None
    link: str = ""
    reason: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """Where a round stands: ``status`` open, signed, refused or cancelled; ``reference`` is the provider's number."""

    reference: str
    status: str
    parties: tuple[PartyState, ...] = ()


class Provider(Protocol):
    """A third party. Each call raises Temporary or Unknown to be tried again, Refused when it says no."""

    def start(self, order: Order, pdf: bytes) -> State:
        """Hand a round over; the same key again gives the same round."""

    def status(self, key: str) -> State:
        """Return where a round stands, with the signers' links."""

    def cancel(self, key: str) -> None:
        """Take a round back, whether the provider has it or not."""

    def fetch(self, key: str) -> bytes:
        """Return the signed PDF."""
