"""Passwords: argon2id behind a semaphore, rules that need no special characters, one timing for everybody.

Source: docs/decisions/0002-sessions-and-guard.md (OWASP ASVS 5.0 V6.2; 19 MiB, 2 passes, 1 lane).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn_rs_py import zxcvbn

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.settings import settings

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
PARALLEL_HASHES = 4
WAIT_SECONDS = 10
MAXIMUM_LENGTH = 256
MINIMUM_SCORE = 2
BLOCKED_WORDS = (
    "loanhub",
    "daitong",
    "daikuan",
    "贷通",
    "贷款",
    "password",
    "mima",
    "admin",
    "123456",
    "qwerty",
)

_slots = threading.BoundedSemaphore(PARALLEL_HASHES)


class TooManySignIns(Conflict):
    """More people sign in at this moment than hashes may run side by side."""

    def __init__(self) -> None:
        super().__init__("现在登录的人太多，请过几秒再试")


def hash_password(password: str) -> str:
    """Return the argon2id hash to store; the password is neither truncated nor changed."""
    with _Slot():
        return HASHER.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Return whether the password is right; an unknown account (None) takes the same time and is never right."""
    with _Slot():
        try:
            HASHER.verify(password_hash or _nobody(), password[:MAXIMUM_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
    return bool(password_hash)


def check_rules(
    password: str, *, login: str, name: str, companies: Sequence[str], field: str = "password"
) -> None:
    """Refuse a weak password.

    At least 10 characters of any kind; neither the account, the name, a name of the company nor a common pattern
    (zxcvbn score ≥ 2 with those words known to the guesser).

    Raises:
        InvalidInput: with the sentence beside ``field``.
    """
    minimum = settings().password_minimum_length
    own = [word for word in (login, name, *companies) if len(word) >= 2]
    lowered = password.casefold()
    if len(password) < minimum:
        problem = f"密码至少 {minimum} 个字符，可以是一句话"
    elif len(password) > MAXIMUM_LENGTH:
        problem = f"密码最多 {MAXIMUM_LENGTH} 个字符"
    elif any(word.casefold() in lowered for word in own):
        problem = "密码里不能有账号、姓名或公司名"
    elif int(zxcvbn(password[:100], [*own, *BLOCKED_WORDS]).score) < MINIMUM_SCORE:
        problem = "这个密码太容易猜到，请加长或换成几个不相关的词"
    else:
        return
    raise InvalidInput(fields={field: problem})


class _Slot:
    """One of the few places to hash in; refuses after a wait, so that a flood cannot hold every thread."""

    def __enter__(self) -> None:
        if not _slots.acquire(timeout=WAIT_SECONDS):
            raise TooManySignIns

    def __exit__(self, *_: object) -> None:
        _slots.release()


@cache
def _nobody() -> str:
    return HASHER.hash("nobody's password")
