"""What a message channel 消息通道 is: a code, the settings an administrator fills in, and how it hands one over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loanhub.domain.messages import Outgoing, Receipt


@dataclass(frozen=True)
class Setting:
    """One input of a channel's settings; a ``secret`` one is stored encrypted and never shown again."""

    key: str
    label: str
    required: bool = False
    secret: bool = False
    help: str = ""
    default: str = ""
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MessageChannel:
    """A way out. ``send(values, message)`` returns the provider's receipt.

    It raises ``Temporary`` to be tried again, ``Refused`` to be given up, ``Unknown`` when the message was handed
    over and no answer came. ``repeatable``: the provider knows ``Outgoing.key``, so that the same message may be
    handed over twice; otherwise one whose worker died while sending waits for a person to look.
    ``shared``: there is one recipient for all (a group's robot), not an address of each person.
    """

    code: str
    label: str
    icon: str
    settings: tuple[Setting, ...]
    send: Callable[[Mapping[str, str], Outgoing], Receipt]
    repeatable: bool
    shared: bool = False
    note: str = ""
