"""What a region shows when it has nothing to show: empty, no match, no right, error, loading."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from loanhub.components.buttons import button, classes
from loanhub.components.icons import icon

Drawing = Literal["cards", "done", "search", "broken", "lock"]

_DRAWINGS: dict[Drawing, str] = {
    "cards": '<g stroke="var(--line-2)" stroke-width="1.5"><rect x="1" y="14" width="42" height="56" rx="8"/>'
    '<rect x="54" y="6" width="42" height="72" rx="8" fill="var(--pine-2)" stroke="var(--pine-6)"/>'
    '<rect x="107" y="14" width="42" height="56" rx="8"/></g><g fill="var(--line)"><rect x="9" y="24" width="26" height="5" rx="2.5"/>'
    '<rect x="9" y="34" width="18" height="5" rx="2.5"/><rect x="115" y="24" width="26" height="5" rx="2.5"/></g>'
    '<path d="M75 30v24M63 42h24" stroke="var(--brand)" stroke-width="2.5" stroke-linecap="round"/>',
    "done": '<g fill="var(--pine-6)"><rect x="8" y="38" width="16" height="6" rx="2"/><rect x="28" y="38" width="16" height="6" rx="2"/>'
    '<rect x="48" y="38" width="16" height="6" rx="2"/><rect x="68" y="38" width="16" height="6" rx="2"/>'
    '<rect x="88" y="38" width="16" height="6" rx="2"/><rect x="108" y="38" width="16" height="6" rx="2"/></g>'
    '<circle cx="136" cy="41" r="13" fill="var(--brand)"/><path d="m130 41 4 4 8-8" stroke="var(--fg-on-brand)" '
    'stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/>',
    "search": '<circle cx="66" cy="38" r="24" stroke="var(--line-3)" stroke-width="2"/>'
    '<path d="m84 56 18 18" stroke="var(--line-3)" stroke-width="4" stroke-linecap="round"/>'
    '<path d="M56 38h20" stroke="var(--line-2)" stroke-width="4" stroke-linecap="round"/>',
    "broken": '<path d="M6 42h52" stroke="var(--pine-6)" stroke-width="4" stroke-linecap="round"/>'
    '<path d="M92 42h52" stroke="var(--line-2)" stroke-width="4" stroke-linecap="round"/>'
    '<path d="m64 30 8 12-6 8 10 10" stroke="var(--danger)" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/>'
    '<circle cx="6" cy="42" r="5" fill="var(--brand)"/><circle cx="144" cy="42" r="5" fill="var(--bg-sheet)" '
    'stroke="var(--line-3)" stroke-width="1.5"/>',
    "lock": '<rect x="45" y="34" width="60" height="44" rx="10" stroke="var(--line-3)" stroke-width="2"/>'
    '<path d="M57 34v-8a18 18 0 0 1 36 0v8" stroke="var(--line-3)" stroke-width="2"/>'
    '<circle cx="75" cy="54" r="5" fill="var(--line-3)"/>',
}


def _drawing(name: Drawing) -> rx.Component:
    return rx.html(
        f'<svg width="150" height="84" viewBox="0 0 150 84" fill="none" aria-hidden="true">{_DRAWINGS[name]}</svg>'
    )


def empty(
    title: str | rx.Var[str],
    reason: str | rx.Var[str] = "",
    *actions: rx.Component,
    drawing: Drawing = "cards",
    small: bool = False,
) -> rx.Component:
    """Nothing there yet: one reason, one action."""
    return rx.el.section(
        rx.fragment() if small else _drawing(drawing),
        rx.el.h2(title),
        rx.el.p(reason),
        rx.el.div(*actions, class_name="row g3 wrap"),
        class_name=classes("emp", "sm" if small else ""),
    )


def no_match(what: str, conditions: str | rx.Var[str], on_clear: Any) -> rx.Component:
    """The filters leave nothing; names them and offers to clear them."""
    return empty(
        f"没有符合条件的{what}",
        conditions,
        button("清除筛选", icon_name="x", on_click=on_clear),
        drawing="search",
    )


def no_permission(what: str | rx.Var[str], reason: str | rx.Var[str], *actions: rx.Component) -> rx.Component:
    """The person may not see this: what is missing and whom to ask."""
    return empty(what, reason, *actions, drawing="lock")


def error(reason: str | rx.Var[str], on_retry: Any, code: str | rx.Var[str] = "") -> rx.Component:
    """The region could not be loaded: what is safe, retry, and the number to report."""
    copy = rx.el.button(
        icon("copy"),
        "复制编号 ",
        code,
        type="button",
        class_name="btn g",
        on_click=rx.set_clipboard(code),
    )
    has_code = (
        rx.cond(code != "", copy, rx.fragment())
        if isinstance(code, rx.Var)
        else (copy if code else rx.fragment())
    )
    return empty(
        "页面没有加载出来",
        reason,
        button("重试", look="p", icon_name="refresh-cw", on_click=on_retry),
        has_code,
        drawing="broken",
    )


def bone(width: str = "100%", height: str = "14px", radius: str = "4px") -> rx.Component:
    """One grey block of a skeleton."""
    return rx.el.i(class_name="sk", style={"width": width, "height": height, "borderRadius": radius})


def running() -> rx.Component:
    """The thin line that runs below the bar while old data stays on screen."""
    return rx.el.div(rx.el.i(), class_name="pgb", role="progressbar", custom_attrs={"aria-label": "正在加载"})


def _skeleton(*children: rx.Component, class_name: str = "") -> rx.Component:
    voice = rx.el.span("正在加载", class_name="vh")
    return rx.el.div(
        voice,
        *children,
        class_name=classes("skw", class_name),
        role="status",
        custom_attrs={"aria-busy": "true"},
    )


def skeleton_rows(rows: int = 8) -> rx.Component:
    """A list or table on its way; appears after 200 ms only."""
    widths = ("72px", "96px", "60px", "84px")
    line = [
        rx.el.div(
            bone("16px", "16px"),
            bone(widths[i % 4]),
            bone("110px"),
            rx.el.span(class_name="grow"),
            bone("64px"),
            bone("72px", "4px", "2px"),
            class_name="row g6",
            style={
                "height": "var(--row-h)",
                "padding": "0 24px",
                "borderBottom": "1px solid var(--line)",
                "opacity": str(1 - i * 0.08),
            },
        )
        for i in range(rows)
    ]
    return _skeleton(*line)


def skeleton_detail() -> rx.Component:
    """A record's head and text on its way."""
    return _skeleton(
        rx.el.div(
            bone("56px", "56px", "50%"),
            rx.el.div(bone("180px", "22px"), bone("320px"), class_name="col g4"),
            class_name="row g5",
        ),
        rx.el.div(*[bone("100%", "5px", "2px") for _ in range(7)], class_name="row g1"),
        *[bone(width) for width in ("92%", "80%", "86%", "54%")],
        class_name="col g6 pad",
    )


def skeleton_record() -> rx.Component:
    """Customer 360 on its way, each part of the height it will have: the page fills in, nothing jumps."""
    head = rx.el.div(
        rx.el.div(
            bone("56px", "56px", "50%"),
            rx.el.div(
                rx.el.div(bone("120px", "22px"), class_name="nm"),
                rx.el.div(bone("110px"), bone("180px"), bone("60px"), bone("80px"), class_name="ln"),
                class_name="grow",
            ),
            class_name="who",
        ),
        rx.el.ol(
            *[rx.el.li(rx.el.i(), rx.el.span(bone("48px", "12px")), class_name="c" if place == 3 else "") for place in range(7)],
            class_name="brail",
            custom_attrs={"aria-hidden": "true"},
        ),
        class_name="c360h",
    )  # fmt: skip
    figures = [
        rx.el.div(
            rx.el.span(bone("56px", "12px"), class_name="t12 row"),
            rx.el.span(bone("88px", "22px"), class_name="num"),
            rx.el.span(bone("96px", "12px"), class_name="t12 row"),
            class_name="kpi",
        )
        for _ in range(4)
    ]
    step = rx.el.div(
        rx.el.div(bone("64px", "12px"), bone("160px"), bone("220px", "12px"), class_name="col g4"),
        class_name="next",
    )
    return _skeleton(
        head,
        rx.el.div(*figures, step, class_name="facts c4"),
        rx.el.div(*[rx.el.span(bone("36px")) for _ in range(6)], class_name="tabs c360t"),
    )


def skeleton_tiles(count: int = 4) -> rx.Component:
    """Tiles on their way."""
    one = [
        rx.el.div(bone("72px", "12px"), bone("120px", "28px"), bone("96px", "12px"), class_name="kpi g3")
        for _ in range(count)
    ]
    return _skeleton(*one, class_name="hero")


def skeleton_cards(count: int = 3) -> rx.Component:
    """Cards of a column on their way."""
    one = [
        rx.el.div(
            rx.el.div(bone("70px"), bone("18px", "10px"), class_name="row sb"),
            bone("76px", "20px", "5px"),
            bone("82%", "12px"),
            class_name="card col g4",
            style={"padding": "12px", "marginBottom": "8px", "opacity": str(1 - i * 0.2)},
        )
        for i in range(count)
    ]
    return _skeleton(*one)
