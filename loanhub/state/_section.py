"""A section that could not be read: the page stays, the section says so with a number to report, and offers another try."""

from __future__ import annotations

import secrets

import structlog

from loanhub.domain.errors import LoanHubError

log = structlog.get_logger("loanhub.section")


def trouble(error: Exception) -> str:
    """Return the number a failed section shows; a refusal or a lost session is no trouble and goes on its way."""
    if isinstance(error, LoanHubError):
        raise error
    number = secrets.token_hex(4).upper()
    log.error("section_failed", number=number, exc_info=error)
    return number
