"""The page decorator: route, title, permission and menu entry in one place; the frame around every page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any

import reflex as rx
from reflex.vars import VarData

from loanhub.components.desktop import desktop_note
from loanhub.components.hotkeys import page_hotkeys
from loanhub.components.incoming_call import incoming_call
from loanhub.components.palette import command_palette
from loanhub.components.shell import Frame, public_frame, shell
from loanhub.components.states import no_permission, skeleton_detail
from loanhub.domain.permissions import Permission
from loanhub.state import _nav
from loanhub.state._base import SessionState
from loanhub.state.palette import PaletteState

BRAND = "贷通"
# What was typed and not sent stays in the tab only while its writer is signed in there.
LOGOUT = (
    "Object.keys(sessionStorage).filter((k)=>k.startsWith('lh-draft:')).forEach((k)=>sessionStorage.removeItem(k));"
    "fetch('/api/auth/logout',{method:'POST'}).finally(()=>window.location.assign('/login'))"
)


@dataclass
class Page:
    """What a page function returns when it fills more than the content: the parts of the top bar as well.

    title: overrides the decorator's (a record's name). back: (label, href) of the list it belongs to.
    views: saved views. tools: ghost buttons. primary: the one primary button. on_phone: what of them stands above
    the content on a phone, which has no top bar: all three unless the page says otherwise; a page that draws its own
    there gives none.
    """

    content: Sequence[rx.Component]
    title: str | rx.Var[str] | None = None
    subtitle: str | rx.Var[str] = ""
    back: tuple[str, str] | None = None
    views: rx.Component | None = None
    tools: Sequence[rx.Component] = field(default_factory=tuple)
    primary: rx.Component | None = None
    keys: Sequence[rx.Component] = field(default_factory=tuple)
    on_phone: Sequence[rx.Component] | None = None

    def __post_init__(self) -> None:
        if self.on_phone is None:
            self.on_phone = [part for part in (self.views, *self.tools, self.primary) if part is not None]


Draw = Callable[[], "rx.Component | Page"]


def _desktop() -> rx.Component:
    return desktop_note(SessionState.desktop_title, SessionState.desktop_link, SessionState.desktop_stamp)


@cache
def _frame() -> Frame:
    return Frame(
        company=SessionState.company_name,
        user_name=SessionState.user_name,
        user_title=SessionState.user_title,
        initials=SessionState.initials,
        nav=SessionState.nav,
        mobile=SessionState.mobile_nav,
        inbox_count=SessionState.inbox_count,
        on_logout=rx.call_script(LOGOUT),
        palette=command_palette(
            PaletteState.groups, PaletteState.search.debounce(120), on_open=PaletteState.open
        ),
    )


def page(
    *,
    route: str,
    title: str,
    permission: Permission | Sequence[Permission] | None,
    on_load: Any = (),
    nav: str = "",
    wide: bool = False,
    window_scroll: bool = False,
    holds: Any = None,
    waiting: Callable[[], rx.Component] = skeleton_detail,
) -> Callable[[Draw], Draw]:
    """Register a page inside the frame.

    permission: any of them opens it; None: anybody signed in. nav: the menu entry it belongs to (the first part
    of the route when empty); a page whose route is a menu entry makes that entry appear.
    on_load: handlers run after ``SessionState.enter``, on every visit and reconnect.
    holds: ``RecordPage.holds`` of the page of one record: until it says what the browser's address says, ``waiting``
    is shown and nothing of the record before.
    """
    codes = (
        ()
        if permission is None
        else (permission,)
        if isinstance(permission, Permission)
        else tuple(permission)
    )
    section = nav or "/" + route.strip("/").split("/")[0]
    _nav.open_route(route, title, codes)

    def register(draw: Draw) -> Draw:
        @wraps(draw)
        def framed() -> rx.Component:
            parts = draw()
            if not isinstance(parts, Page):
                parts = Page([parts])
            content = list(parts.content)
            if parts.on_phone:
                content.insert(0, rx.el.div(*parts.on_phone, class_name="macts"))
            own_title: Any = title if parts.title is None else parts.title
            subtitle, views, tools, primary = parts.subtitle, parts.views, list(parts.tools), parts.primary
            if holds is not None:
                here = in_address(route) == holds
                content = [rx.cond(here, rx.fragment(*content), waiting())]
                own_title, subtitle = rx.cond(here, own_title, title), rx.cond(here, subtitle, "")
                views = None if views is None else rx.cond(here, views, rx.fragment())
                tools = [rx.cond(here, tool, rx.fragment()) for tool in tools]
                primary = None if primary is None else rx.cond(here, primary, rx.fragment())
            return shell(
                _gate(content, codes, title),
                frame=_frame(),
                title=own_title,
                section=section,
                subtitle=subtitle,
                back=parts.back,
                views=None if views is None else _may(codes, views),
                tools=[_may(codes, tool) for tool in tools],
                primary=None if primary is None else _may(codes, primary),
                wide=wide,
                window_scroll=window_scroll,
                keys=rx.fragment(
                    page_hotkeys(),
                    _desktop(),
                    incoming_call(SessionState.incoming, on_close=SessionState.close_call),
                    *parts.keys,
                ),
            )

        extra = list(on_load) if isinstance(on_load, (list, tuple)) else [on_load]
        rx.page(route=route, title=f"{title} · {BRAND}", on_load=[SessionState.enter, *extra])(framed)
        return draw

    return register


def public_page(*, route: str, title: str, on_load: Any = ()) -> Callable[[Draw], Draw]:
    """Register a page anybody may open (login, H5)."""

    def register(draw: Callable[[], rx.Component]) -> Draw:
        @wraps(draw)
        def framed() -> rx.Component:
            return public_frame(draw())

        extra = list(on_load) if isinstance(on_load, (list, tuple)) else [on_load]
        rx.page(route=route, title=f"{title} · {BRAND}", on_load=extra)(framed)
        return draw

    return register


def bare_page(
    *, route: str, title: str, permission: Permission, on_load: Any = ()
) -> Callable[[Callable[[], rx.Component]], Draw]:
    """Register a page without the frame, for signed-in people only: a screen on the wall."""
    _nav.open_route(route, title, (permission,))

    def register(draw: Callable[[], rx.Component]) -> Draw:
        @wraps(draw)
        def framed() -> rx.Component:
            return _gate([draw()], (permission,), title)

        extra = list(on_load) if isinstance(on_load, (list, tuple)) else [on_load]
        rx.page(route=route, title=f"{title} · {BRAND}", on_load=[SessionState.enter, *extra])(framed)
        return draw

    return register


def in_address(route: str) -> rx.Var[str]:
    """Return the last variable part of ``route`` as the browser's address has it now, before any server has answered."""
    name = re.findall(r"\[(\w+)\]", route)[-1]
    return rx.Var(
        f"(lhAddress.{name} ?? '')",
        _var_type=str,
        _var_data=VarData(
            imports={"react-router": ["useParams"]}, hooks={"const lhAddress = useParams();": None}
        ),
    ).to(str)


def _allowed(codes: tuple[Permission, ...]) -> rx.Var[bool]:
    """Whether the person holds any of the permissions."""
    allowed = rx.Var.create(False)
    for code in codes:
        allowed = allowed | SessionState.allowed.contains(code.value)  # type: ignore[operator]
    return allowed


def _may(codes: tuple[Permission, ...], part: rx.Component) -> rx.Component:
    """Show a button of the top bar only where the page itself is shown."""
    return rx.cond(_allowed(codes), part, rx.fragment()) if codes else part


def _gate(content: Sequence[rx.Component], codes: tuple[Permission, ...], title: str) -> rx.Component:
    """Show the content to those who may see it. The service decides; this only spares them an empty page."""
    full = rx.fragment(*content)
    if codes:
        denied = no_permission(f"你没有权限看{title}", "需要时请主管或管理员在「角色与权限」里开通。")
        full = rx.cond(_allowed(codes), full, denied)
    return rx.cond(SessionState.signed_in, full, skeleton_detail())
