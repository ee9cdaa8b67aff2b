"""The frame of every page: sidebar, top bar, the phone's bars, keys and palette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.style import set_color_mode

from loanhub.components.avatar import avatar
from loanhub.components.browser import FormAssistant, press
from loanhub.components.buttons import classes, icon_button
from loanhub.components.dialog_focus import DialogFocus
from loanhub.components.dialogs import MenuItem, closing, drawer, menu
from loanhub.components.hotkeys import HELP
from loanhub.components.icons import icon, logo
from loanhub.components.palette import TRIGGER

MAIN = "main"

# Reads what the reader chose before the first paint, so that the sidebar never jumps.
_BEFORE_PAINT = """
(() => { const d = document.documentElement.dataset; try {
  const side = localStorage.getItem('lh-side'); if (side) d.side = side;
  const dense = localStorage.getItem('lh-density'); if (dense) d.density = dense;
  const delta = localStorage.getItem('lh-delta'); if (delta) d.delta = delta;
  const keys = localStorage.getItem('lh-hotkeys'); if (keys) d.hotkeys = keys;
} catch {} })();
"""


@dataclass(frozen=True)
class Frame:
    """What the frame shows of the person: vars and handlers, given by the page layer.

    nav: groups {label, items: [{label, href, icon, count, urgent}]}; mobile: five of {label, href, icon, plus, count}.
    """

    company: rx.Var[str]
    user_name: rx.Var[str]
    user_title: rx.Var[str]
    initials: rx.Var[str]
    nav: rx.Var[Any]
    mobile: rx.Var[Any]
    inbox_count: rx.Var[int]
    on_logout: Any
    palette: rx.Component


def before_paint() -> rx.Component:
    """Return the head script that applies the reader's own display choices before the first paint."""
    return rx.el.script(_BEFORE_PAINT)


def _remember(key: str, attribute: str, value: str) -> Any:
    """Set a display choice on <html> and keep it in this browser; no server involved."""
    return rx.call_script(
        f"document.documentElement.dataset.{attribute}='{value}';try{{localStorage.setItem('{key}','{value}')}}catch{{}}"
    )


def _toggle_side() -> Any:
    return rx.call_script(
        "(() => { const d = document.documentElement.dataset;"
        " const narrow = (document.querySelector('.side')?.offsetWidth ?? 0) < 100;"
        " d.side = narrow ? 'full' : 'min'; try { localStorage.setItem('lh-side', d.side) } catch {} })()"
    )


def sidebar(frame: Frame, section: str) -> rx.Component:
    """The sidebar: brand, jump box, groups of the menu, the person."""

    def entry(item: Any) -> rx.Component:
        here = item["href"] == section
        return rx.el.a(
            icon(item["icon"].to(str)),
            rx.el.span(item["label"], class_name="wd"),
            rx.cond(
                item["count"] != "",
                rx.el.span(item["count"], class_name=classes("n", rx.cond(item["urgent"], "hot", ""))),
                rx.fragment(),
            ),
            rx.cond(item["urgent"], rx.el.i(class_name="pt"), rx.fragment()),
            href=item["href"].to(str),
            title=item["label"],
            class_name=classes("nav", rx.cond(here, "on", "")),
            custom_attrs={"aria-current": rx.cond(here, "page", "false")},
        )

    def group(one: Any) -> rx.Component:
        return rx.el.div(
            rx.el.h2(one["label"]),
            rx.foreach(one["items"].to(list[dict[str, Any]]), entry),
            class_name="nav-g",
        )

    jump = rx.el.button(
        icon("search", "s"),
        rx.el.span("搜索或跳转", class_name="wd"),
        rx.el.span("Ctrl K", class_name="kbd"),
        type="button",
        on_click=press(TRIGGER),
        class_name="inp ph jump",
        custom_attrs={"aria-label": "搜索或跳转"},
    )
    brand = rx.el.a(
        logo(26),
        rx.el.span(rx.el.b("贷通"), rx.el.small(frame.company), class_name="grow wd"),
        href="/",
        class_name="brand",
        custom_attrs={"aria-label": "贷通，回到首页"},
    )
    person = rx.el.button(
        avatar(frame.initials.to(str)[-1:], name=frame.user_name, size="s28", online=True),
        rx.el.span(
            rx.el.span(frame.user_name, class_name="t13 b", style={"display": "block", "lineHeight": "17px"}),
            rx.el.span(
                frame.user_title, class_name="t12 f3 el", style={"display": "block", "lineHeight": "16px"}
            ),
            class_name="grow wd",
        ),
        icon("chevron-up", "s", "f3 wd"),
        type="button",
        class_name="side-foot",
        custom_attrs={"aria-label": "我的"},
    )
    return rx.el.nav(
        brand,
        jump,
        rx.el.div(rx.foreach(frame.nav.to(list[dict[str, Any]]), group), class_name="side-scroll"),
        user_menu(person, frame),
        class_name="side",
        custom_attrs={"aria-label": "主导航"},
    )


def user_menu(trigger: rx.Component, frame: Frame, *, on_phone: bool = False) -> rx.Component:
    """The menu behind the avatar: own page, looks, keys, leaving; a phone has no keys, rows or sidebar to choose."""
    desk: list[MenuItem | rx.Component | None] = [
        MenuItem("标准行距", on_click=_remember("lh-density", "density", "cozy"), icon_name="rows-3"),
        MenuItem("紧凑行距", on_click=_remember("lh-density", "density", "compact"), icon_name="align-left"),
        MenuItem("收起或展开侧栏", on_click=_toggle_side(), icon_name="panel-left"),
        None,
        MenuItem("快捷键", on_click=press(HELP), icon_name="keyboard", shortcut="?"),
        MenuItem(
            "关闭单键快捷键", on_click=_remember("lh-hotkeys", "hotkeys", "off"), icon_name="toggle-left"
        ),
        MenuItem(
            "打开单键快捷键", on_click=_remember("lh-hotkeys", "hotkeys", "on"), icon_name="toggle-right"
        ),
        None,
    ]
    return menu(
        trigger,
        [
            MenuItem("我的账号", icon_name="user-round", href="/account"),
            MenuItem("我的导出", icon_name="download", href="/exports"),
            MenuItem("使用手册", icon_name="book-open", href="/handbook"),
            None,
            MenuItem("浅色", on_click=set_color_mode("light"), icon_name="sun"),
            MenuItem("深色", on_click=set_color_mode("dark"), icon_name="moon"),
            MenuItem("跟随系统", on_click=set_color_mode("system"), icon_name="sun-moon"),
            None,
            *([] if on_phone else desk),
            MenuItem("退出登录", on_click=frame.on_logout, icon_name="log-out"),
        ],
    )


def _bell(frame: Frame) -> rx.Component:
    count = rx.cond(
        frame.inbox_count > 0,
        rx.el.span(rx.cond(frame.inbox_count > 99, "99+", frame.inbox_count), class_name="bd"),
        rx.fragment(),
    )
    return rx.el.a(
        icon("bell"),
        count,
        href="/inbox",
        title="消息",
        class_name="btn i g bell",
        custom_attrs={"aria-label": "消息"},
    )


def top_bar(
    title: str | rx.Var[str],
    frame: Frame,
    *,
    subtitle: str | rx.Var[str] = "",
    back: tuple[str, str] | None = None,
    views: rx.Component | None = None,
    tools: Sequence[rx.Component] = (),
    primary: rx.Component | None = None,
) -> rx.Component:
    """The top bar: title and saved views left; tools, search, bell and the one primary button right.

    back: (label, href) of the list a record belongs to.
    """
    heading: rx.Component = rx.el.h1(title)
    if back is not None:
        heading = rx.el.div(
            rx.el.a(back[0], href=back[1]), icon("chevron-right", "s"), heading, class_name="crumb"
        )
    sub = (
        rx.el.span(subtitle, class_name="t13 f3 el")
        if isinstance(subtitle, rx.Var) or subtitle
        else rx.fragment()
    )
    return rx.el.header(
        heading,
        views or rx.fragment(),
        sub,
        rx.el.div(class_name="grow"),
        *tools,
        icon_button("search", "搜索或跳转", on_click=press(TRIGGER)),
        _bell(frame),
        primary or rx.fragment(),
        class_name="topb",
    )


def phone_menu(frame: Frame, section: str) -> rx.Component:
    """Every entry of the sidebar, in a sheet: the phone's bottom bar holds five of them."""

    def entry(item: Any) -> rx.Component:
        here = item["href"] == section
        return closing(
            rx.el.a(
                icon(item["icon"].to(str)),
                rx.el.span(item["label"], class_name="grow"),
                rx.cond(
                    item["count"] != "",
                    rx.el.span(item["count"], class_name=classes("n", rx.cond(item["urgent"], "hot", ""))),
                    rx.fragment(),
                ),
                href=item["href"].to(str),
                class_name=classes("nav", rx.cond(here, "on", "")),
                custom_attrs={"aria-current": rx.cond(here, "page", "false")},
            )
        )

    def group(one: Any) -> rx.Component:
        return rx.el.section(
            rx.el.h3(one["label"]),
            rx.el.div(rx.foreach(one["items"].to(list[dict[str, Any]]), entry)),
            custom_attrs={"aria-label": one["label"]},
        )

    opener = rx.el.button(
        icon("layout-grid"), type="button", class_name="ib", custom_attrs={"aria-label": "全部功能"}
    )
    groups = rx.foreach(frame.nav.to(list[dict[str, Any]]), group)
    return drawer("全部功能", rx.el.nav(groups, class_name="mnav"), trigger=opener)


def phone_top(
    title: str | rx.Var[str], frame: Frame, section: str, back: tuple[str, str] | None = None
) -> rx.Component:
    """The phone's top bar: title, search, all that can be gone to (on a record the way back instead), the avatar."""
    before = (
        [
            rx.el.a(
                icon("chevron-left"),
                href=back[1],
                class_name="ib",
                custom_attrs={"aria-label": f"回到{back[0]}"},
            )
        ]
        if back is not None
        else []
    )
    find = rx.el.button(
        icon("search"),
        type="button",
        class_name="ib",
        on_click=press(TRIGGER),
        custom_attrs={"aria-label": "搜索或跳转"},
    )
    face = rx.el.button(
        avatar(frame.initials.to(str)[-1:], name=frame.user_name, size="s32"),
        type="button",
        class_name="ib",
        custom_attrs={"aria-label": "我的"},
    )
    every = [] if back is not None else [phone_menu(frame, section)]
    # The heading of the page is the one in ``top_bar``; below 768 px only this one is shown.
    return rx.el.div(
        *before, rx.el.h1(title), find, *every, user_menu(face, frame, on_phone=True), class_name="mtop"
    )


def phone_bar(frame: Frame, section: str) -> rx.Component:
    """The phone's bottom bar: five places by role, the plus in the middle."""

    def place(item: Any) -> rx.Component:
        here = item["href"] == section
        plus = rx.el.a(
            icon(item["icon"].to(str)),
            href=item["href"].to(str),
            class_name="fab",
            custom_attrs={"aria-label": item["label"]},
        )
        plain = rx.el.a(
            icon(item["icon"].to(str)),
            item["label"],
            rx.cond(item["count"] != "", rx.el.span(item["count"], class_name="bd"), rx.fragment()),
            href=item["href"].to(str),
            class_name=rx.cond(here, "on", ""),
            custom_attrs={"aria-current": rx.cond(here, "page", "false")},
        )
        return rx.cond(item["plus"], plus, plain)

    return rx.el.nav(
        rx.foreach(frame.mobile.to(list[dict[str, Any]]), place),
        class_name="mbar",
        custom_attrs={"aria-label": "底部导航"},
    )


def shell(
    *content: rx.Component,
    frame: Frame,
    title: str | rx.Var[str],
    section: str,
    subtitle: str | rx.Var[str] = "",
    back: tuple[str, str] | None = None,
    views: rx.Component | None = None,
    tools: Sequence[rx.Component] = (),
    primary: rx.Component | None = None,
    wide: bool = False,
    window_scroll: bool = False,
    keys: rx.Component | None = None,
) -> rx.Component:
    """Put a page into the frame.

    section: href of the menu entry it belongs to. wide: the sidebar starts narrow (board, approval, designers).
    window_scroll: the window itself scrolls sideways (what dragging over many columns needs).
    """
    heading = top_bar(title, frame, subtitle=subtitle, back=back, views=views, tools=tools, primary=primary)
    main = rx.el.main(
        heading,
        phone_top(title, frame, section, back),
        rx.el.div(*content, class_name="content"),
        id=MAIN,
        class_name="sheet",
        tab_index=-1,
    )
    skip = rx.el.button(
        "跳到正文",
        type="button",
        class_name="skip",
        on_click=rx.call_script(f"document.getElementById('{MAIN}')?.focus()"),
    )
    return rx.el.div(
        skip,
        sidebar(frame, section),
        main,
        phone_bar(frame, section),
        frame.palette,
        keys or rx.fragment(),
        FormAssistant.create(),
        DialogFocus.create(),
        class_name=classes("app", "wide" if wide or window_scroll else "", "winx" if window_scroll else ""),
    )


def public_frame(*content: rx.Component) -> rx.Component:
    """The frame of a page without login: the whole window."""
    return rx.el.div(rx.el.main(*content, id=MAIN), FormAssistant.create(), class_name="pub")
