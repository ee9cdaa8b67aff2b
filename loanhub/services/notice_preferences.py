"""What a person wants to hear 通知设置: ways per kind, do-not-disturb hours, digest; one's own affair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.channels import registry
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.messages import check_recipient, clock_time
from loanhub.domain.notices import INAPP, REQUIRED, Digest, NoticeKind, Preferences, read
from loanhub.models import NoticePreference, User
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@dataclass(frozen=True)
class KindView:
    """One kind as the page shows it: which ways are ticked, and what cannot be taken away."""

    code: str
    label: str
    channels: tuple[str, ...]
    urgent: bool
    required: bool


@dataclass(frozen=True)
class PreferencesView:
    """The page. ``email`` and ``phone`` are masked; ``channels`` are (code, label, what is missing)."""

    kinds: tuple[KindView, ...]
    channels: tuple[tuple[str, str, str], ...]
    quiet_from: str
    quiet_to: str
    digest: str
    digest_at: str
    digest_weekday: str
    desktop: bool
    email: str
    phone: str
    version: int


@dataclass(frozen=True)
class Reach:
    """What a person chose and where that person is reached."""

    preferences: Preferences
    email: str
    phone: str


def reach_of(db: Session, user_id: int) -> Reach:
    """Return how to reach a person; kept for the length of the transaction."""
    known: dict[int, Reach] = db.info.setdefault("notice_reach", {})
    if user_id not in known:
        row = db.get(NoticePreference, user_id)
        user = db.get(User, user_id) if row is not None else None
        known[user_id] = Reach(
            _read(row) if row else Preferences(),
            (row.email or "") if row else "",
            (user.phone or "") if user else "",
        )
    return known[user_id]


def _read(row: NoticePreference) -> Preferences:
    return read(
        row.kinds, quiet_from=row.quiet_from, quiet_to=row.quiet_to, digest=row.digest, digest_at=row.digest_at,
        digest_weekday=row.digest_weekday, desktop=row.desktop,
    )  # type: ignore[arg-type]  # fmt: skip


def wants_desktop(actor: Actor) -> bool:
    """Return whether the actor wants notices by the browser."""
    with reading() as db:
        return reach_of(db, actor.user_id).preferences.desktop


def view(actor: Actor) -> PreferencesView:
    """Return the actor's own settings."""
    with reading() as db:
        row = db.get(NoticePreference, actor.user_id)
        user = db.get(User, actor.user_id)
    chosen = _read(row) if row else Preferences()
    email, phone = (row.email or "") if row else "", (user.phone or "") if user else ""
    missing = {"email": "" if email else "先填邮箱", "sms": "" if phone else "请管理员登记手机号"}
    kinds = []
    for kind in NoticeKind:
        one = chosen.of(kind)
        kinds.append(
            KindView(kind.value, kind.label, tuple(sorted(one.channels)), one.urgent, kind in REQUIRED)
        )
    return PreferencesView(
        kinds=tuple(kinds),
        channels=((INAPP, "站内", ""), *((c.code, c.label.removesuffix("群机器人"), missing.get(c.code, "")) for c in registry().values())),
        quiet_from=row.quiet_from if row else "", quiet_to=row.quiet_to if row else "", digest=chosen.digest.value,
        digest_at=f"{chosen.digest_at:%H:%M}", digest_weekday=str(chosen.digest_weekday), desktop=chosen.desktop,
        email=mask(MaskKind.EMAIL, email), phone=mask(MaskKind.PHONE, phone), version=row.version if row else 0,
    )  # fmt: skip


def save(
    actor: Actor, *, version: int, kinds: Mapping[str, tuple[frozenset[str], bool]], quiet_from: str, quiet_to: str,
    digest: str, digest_at: str, digest_weekday: str, email: str, desktop: bool, now: datetime,
) -> None:  # fmt: skip
    """Set the actor's own wishes; what is held already stays held until its time. An empty ``email`` keeps it.

    Raises:
        Conflict: they were changed in another window.
        InvalidInput: by field.
    """
    faults: dict[str, str] = {}
    times = {
        "quiet_from": quiet_from.strip(),
        "quiet_to": quiet_to.strip(),
        "digest_at": digest_at.strip() or "09:00",
    }
    for key, text in times.items():
        if not text:
            continue
        try:
            times[key] = f"{clock_time(text, key):%H:%M}"
        except InvalidInput as fault:
            faults |= fault.fields
    if bool(times["quiet_from"]) != bool(times["quiet_to"]):
        faults["quiet_to" if times["quiet_from"] else "quiet_from"] = "免打扰的起止都要填"
    found = Digest.find(digest)
    if found is None:
        faults["digest"] = "请选择摘要方式"
    if digest_weekday not in tuple("0123456"):
        faults["digest_weekday"] = "请选择星期几"
    address = ""
    if email.strip():
        try:
            address = check_recipient("email", email)
        except InvalidInput as fault:
            faults["email"] = fault.fields["recipient"]
    if faults or found is None:
        raise InvalidInput(fields=faults)
    ways = {INAPP, *registry()}
    with transaction() as db:
        row = db.get(NoticePreference, actor.user_id, with_for_update=True)
        user = db.get(User, actor.user_id)
        if (row.version if row else 0) != version:
            raise Conflict("通知设置在别的窗口里改过，请刷新")
        if row is None:
            row = NoticePreference(user_id=actor.user_id, updated_at=now, version=0)
        if address:
            row.email = address
        stored: dict[str, object] = {}
        for kind in NoticeKind:
            channels, urgent = kinds.get(kind.value, (frozenset({INAPP}), False))
            wanted = (channels & ways) | ({INAPP} if kind in REQUIRED else set())
            if "email" in wanted and not row.email:
                raise InvalidInput(fields={"email": "要用邮件通知，先填邮箱"})
            if "sms" in wanted and not (user and user.phone):
                raise InvalidInput(fields={"phone": "要用短信通知，请管理员先登记你的手机号"})
            stored[kind.value] = {"channels": sorted(wanted), "urgent": urgent or kind is NoticeKind.SECURITY}
        row.kinds, row.quiet_from, row.quiet_to = stored, times["quiet_from"], times["quiet_to"]
        row.digest, row.digest_at, row.digest_weekday = found.value, times["digest_at"], int(digest_weekday)
        row.desktop, row.updated_at, row.version = desktop, now, row.version + 1
        db.add(row)
