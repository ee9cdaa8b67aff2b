"""The timeline of a record: who did what, when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes
from loanhub.components.icons import icon
from loanhub.components.states import empty


def timeline(
    items: rx.Var[list[dict[str, str]]], *, on_more: Any = None, has_more: rx.Var[bool] | None = None
) -> rx.Component:
    """Events, newest first; each {icon, tone ('' p w d b), who, what, time, at (absolute), text, note, id}.

    A sensitive act carries the tone 'w'. ``text`` is what was written, ``note`` a smaller line (reason, file).
    """

    def item(event: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(icon(event["icon"].to(str)), class_name=classes("nd", event["tone"].to(str))),
            rx.el.div(
                rx.el.b(event["who"], class_name="nw"),
                rx.el.span(event["what"], class_name="f2"),
                rx.el.span(class_name="grow"),
                rx.el.time(event["time"], title=event["at"], class_name="t12 f3 nw"),
                class_name="row g2",
            ),
            rx.cond(
                event["text"] != "",
                rx.el.p(event["text"], class_name="f2 pre", style={"marginTop": "3px"}),
                rx.fragment(),
            ),
            rx.cond(event["note"] != "", rx.el.p(event["note"], class_name="t12 f3"), rx.fragment()),
        )

    more: Any = rx.fragment()
    if on_more is not None and has_more is not None:
        more = rx.cond(
            has_more,
            button("更早的", look="g", size="sm", icon_name="chevron-down", on_click=on_more),
            rx.fragment(),
        )
    full = rx.fragment(rx.el.ol(rx.foreach(items, item), class_name="tl"), more)
    return rx.cond(items.length() > 0, full, empty("还没有记录", "写下第一条跟进，这里就有了。", small=True))


def record_timeline(
    items: rx.Var[Any], *, on_more: Any, has_more: rx.Var[bool], is_filtered: rx.Var[bool]
) -> rx.Component:
    """The same with what was attached, shown and played in place.

    ``items`` carry their parts as attributes, and ``files`` {id, name, look: picture | audio | video | pdf | file}.
    """

    def file(one: Any) -> rx.Component:
        address = rx.Var.create("/api/files/") + one.id.to(str)
        shown = address + "?preview=1"
        picture = rx.el.a(
            # Nobody has opened it yet: what the page draws by itself is small and blurred, and leaves no entry in the log.
            rx.el.img(src=address + "?thumb=1", alt=one.name, loading="lazy"),
            href=shown,
            target="_blank",
            rel="noopener",
            class_name="tlp",
        )
        sound = rx.el.div(
            rx.el.span(icon("mic", "s"), one.name, class_name="row g1 t12 f3"),
            rx.el.audio(src=shown, controls=True, preload="none", custom_attrs={"aria-label": one.name}),
            class_name="tla",
        )
        film = rx.el.div(
            rx.el.span(icon("video", "s"), one.name, class_name="row g1 t12 f3"),
            rx.el.video(src=shown, controls=True, preload="none", custom_attrs={"aria-label": one.name}),
            class_name="tla tlv",
        )
        paper = rx.el.details(
            rx.el.summary(icon("file-text", "s"), one.name, class_name="chip"),
            rx.el.iframe(src=shown, title=one.name, loading="lazy", class_name="tld"),
        )
        other = rx.el.a(icon("paperclip", "s"), one.name, href=address, class_name="chip")
        return rx.match(
            one.look, ("picture", picture), ("audio", sound), ("video", film), ("pdf", paper), other
        )

    def item(event: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(icon(event.icon.to(str)), class_name=classes("nd", event.tone.to(str))),
            rx.el.div(
                rx.el.b(event.who, class_name="nw"),
                rx.el.span(event.what, class_name="f2"),
                rx.el.span(class_name="grow"),
                rx.el.time(event.time, title=event.at, class_name="t12 f3 nw"),
                class_name="row g2",
            ),
            rx.cond(
                event.text != "",
                rx.el.p(event.text, class_name="f2 pre", style={"marginTop": "3px"}),
                rx.fragment(),
            ),
            rx.cond(event.note != "", rx.el.p(event.note, class_name="t12 f3"), rx.fragment()),
            rx.cond(
                event.files.length() > 0,
                rx.el.div(rx.foreach(event.files, file), class_name="row g2 wrap tlfs"),
                rx.fragment(),
            ),
        )

    more = rx.cond(
        has_more,
        button("更早的", look="g", size="sm", icon_name="chevron-down", on_click=on_more),
        rx.fragment(),
    )
    none = rx.cond(
        is_filtered,
        empty("没有符合的动态", "换个分类、人或词再试。", small=True),
        empty("还没有记录", "写下第一条跟进，这里就有了。", small=True),
    )
    return rx.cond(
        items.length() > 0, rx.fragment(rx.el.ol(rx.foreach(items, item), class_name="tl"), more), none
    )


def kind_filter(
    kinds: Sequence[tuple[str, str]],
    chosen: rx.Var[str],
    on_choose: Any,
    counts: rx.Var[dict[str, int]] | None = None,
) -> rx.Component:
    """Chips above the timeline: all, calls, process, money, system; ``on_choose(code)``."""

    def chip(code: str, text: str) -> rx.Component:
        number: list[Any] = [" ", counts[code].to(str)] if counts is not None else []
        return rx.el.button(
            text,
            *number,
            type="button",
            class_name="chip",
            on_click=on_choose(code),
            custom_attrs={"aria-pressed": rx.cond(chosen == code, "true", "false")},
        )

    return rx.el.div(*[chip(code, text) for code, text in kinds], class_name="row g2 wrap", role="group")
