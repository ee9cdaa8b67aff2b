"""Passwords cost the tests next to nothing: they spent more on signing in than on what they ask."""

from __future__ import annotations

from argon2 import PasswordHasher

from loanhub.services import _passwords

OF_THE_PRODUCT = _passwords.HASHER
"""For the tests of its cost."""


def make_cheap() -> None:
    """Hash with the least that argon2id accepts."""
    _passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
