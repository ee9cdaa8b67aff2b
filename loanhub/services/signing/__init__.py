"""Signing on a screen 电子签署: rounds and links, the signer's steps, the company's seal, its certificates."""

from loanhub.services.signing._shared import link_of
from loanhub.services.signing.certificates import (
    add_device,
    add_pkcs12,
    list_certificates,
    retire,
)
from loanhub.services.signing.proof import evidence
from loanhub.services.signing.providers.work import advance, advance_waiting, hear
from loanhub.services.signing.rounds import Extra, resend, revoke, start
from loanhub.services.signing.seal import finish, finish_waiting
from loanhub.services.signing.show import RoundView, SignerView, preview_code, round_of

__all__ = [
    "Extra", "RoundView", "SignerView", "add_device", "add_pkcs12", "advance", "advance_waiting", "evidence", "finish", "finish_waiting", "hear", "link_of",
    "list_certificates", "preview_code", "resend", "retire", "revoke", "round_of", "start",
]  # fmt: skip
