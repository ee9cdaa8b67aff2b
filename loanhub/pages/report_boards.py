"""Boards of reports 报表看板: the list, and one board of tiles."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, icon_button, link_button
from loanhub.components.chips import tag
from loanhub.components.dialogs import MenuItem, closing, dialog, menu
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.report_tabs import report_tabs
from loanhub.components.states import empty, skeleton_cards, skeleton_tiles
from loanhub.components.tile_grid import mover, sizer
from loanhub.domain.permissions import Permission
from loanhub.domain.report_boards import MAX_NAME, Show, Source
from loanhub.pages._page import Page, page
from loanhub.services.reports import READERS
from loanhub.state._base import SessionState
from loanhub.state.report_boards import ReportBoardsState as L
from loanhub.state.report_boards import ReportBoardState as S
from loanhub.state.report_subscriptions import ReportTakeState

MAY_EDIT = SessionState.allowed.contains(Permission.REPORTS_EDIT.value)
WAYS = (
    ("左移一格", "left", "arrow-left"), ("右移一格", "right", "arrow-right"), ("上移", "up", "arrow-up"),
    ("下移", "down", "arrow-down"), ("加宽", "wider", "plus"), ("变窄", "narrower", "minus"), ("加高", "higher", "plus"),
    ("变矮", "lower", "minus"),
)  # fmt: skip


def _error(state: Any, key: str) -> Any:
    return rx.cond(state.field_errors.contains(key), state.field_errors[key], "").to(str)


def _name_fields(state: Any, name: Any, shared: Any) -> list[rx.Component]:
    return [
        field(
            Field("name", "看板名称", required=True, maximum_length=MAX_NAME),
            value=name,
            error=_error(state, "name"),
        ),
        field(
            Field("shared_with", "共享给", kind="select", options=state.sharing, help="各人打开只看到自己数据范围内的数"),
            value=shared, error=_error(state, "shared_with"),
        ),
        rx.el.div(
            closing(button("取消")), button("保存", look="p", kind="submit", writes=True), class_name="row g3 end"
        ),
    ]  # fmt: skip


def _card(row: Any) -> rx.Component:
    return rx.el.article(
        rx.el.a(row.name, href=rx.Var.create("/reports/boards/") + row.id.to(str)),
        rx.el.p(row.tiles, " 块", class_name="t13 f2"),
        rx.el.div(
            icon("layout-dashboard", "s", "f3"), tag(row.shared, "line"),
            rx.el.span(row.owner, " · ", row.changed, class_name="t12 f3 el"), class_name="row g2", style={"marginTop": "auto"},
        ),
        class_name="rp-card",
    )  # fmt: skip


@page(route="/reports/boards", title="报表看板", permission=READERS, on_load=L.load, nav="/reports")
def report_boards() -> Page:
    """Draw the list."""
    new = rx.cond(
        MAY_EDIT, button("新建看板", look="p", icon_name="plus", on_click=L.ask(True)), rx.fragment()
    )
    none = empty(
        "还没有看板",
        "把常看的报表和驾驶舱指标摆在一页上，开会时一屏看完；也可以共享给部门或角色。",
        small=True,
    )
    body = rx.el.div(
        report_tabs("/reports/boards"),
        rx.cond(
            L.loading & (L.rows.length() == 0), skeleton_cards(),
            rx.cond(L.rows.length() > 0, rx.el.div(rx.foreach(L.rows, _card), class_name="rp-cards", style={"paddingTop": "16px"}), none),
        ),
        style={"overflow": "auto"},
    )  # fmt: skip
    made = dialog(
        "新建看板", form(*_name_fields(L, "", "me"), on_submit=L.create, key=L.form_key, guard=False), is_open=L.asking,
        on_open_change=L.ask,
    )  # fmt: skip
    return Page([body, made], primary=new)


def _picture(tile: Any) -> rx.Component:
    picture = tile.picture
    drawn = rx.el.svg(
        rx.foreach(
            picture.lines.to(list[dict[str, str]]),
            lambda one: rx.el.svg.polyline(
                points=one["points"], fill="none", stroke=one["stroke"], stroke_width=one["width"]
            ),
        ),
        rx.foreach(
            picture.bars.to(list[dict[str, str]]),
            lambda one: rx.el.svg.rect(
                x=one["x"], y=one["y"], width=one["w"], height=one["h"], fill=one["fill"]
            ),
        ),
        rx.foreach(
            picture.words.to(list[dict[str, str]]),
            lambda one: rx.el.svg.text(one["text"], x=one["x"], y=one["y"], class_name="rb-word"),
        ),
        view_box=picture.view,
        preserve_aspect_ratio="xMinYMid meet",
        class_name="rb-svg",
        custom_attrs={"role": "img", "aria-label": tile.title},
    )
    # On a phone the picture keeps a width at which its words can be read, and is pushed sideways.
    return rx.el.div(drawn, class_name="rb-scroll", custom_attrs={"tabIndex": 0})


def _table(tile: Any) -> rx.Component:
    def head(text: Any, place: Any) -> rx.Component:
        return rx.el.th(text, scope="col", class_name=tile.aligns[place])

    def cell(text: Any, place: Any, aligns: Any) -> rx.Component:
        return rx.el.td(text, class_name=aligns[place])

    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(rx.foreach(tile.heads, lambda text, at: head(text, at)))),
            rx.el.tbody(
                rx.foreach(
                    tile.rows,
                    lambda row: rx.el.tr(rx.foreach(row, lambda text, at: cell(text, at, tile.aligns))),
                )
            ),
            rx.cond(
                tile.last.length() > 0,
                rx.el.tfoot(rx.el.tr(rx.foreach(tile.last, lambda text, at: cell(text, at, tile.aligns)))),
                rx.fragment(),
            ),
            class_name="rb-table",
        ),
        rx.cond(tile.more != "", rx.el.p(tile.more, class_name="t12 f3"), rx.fragment()),
        class_name="rb-scroll",
        custom_attrs={"tabIndex": 0, "role": "region", "aria-label": tile.title},
    )


def _figure(tile: Any) -> rx.Component:
    return rx.el.p(
        rx.cond(tile.prefix != "", rx.el.span(tile.prefix, class_name="t13 f3"), rx.fragment()),
        rx.el.b(tile.figure, class_name="num"),
        rx.el.span(tile.unit, class_name="t13 f2"),
        rx.cond(tile.change != "", rx.el.span(tile.change, " 较上期", class_name="t12 f2"), rx.fragment()),
        class_name="rb-figure",
    )


def _menu(tile: Any) -> rx.Component:
    looks = [
        MenuItem(f"显示为{one.label}", on_click=S.show_as(tile.id, one.value), icon_name=name)
        for one, name in zip(Show, ("hash", "chart-column", "table"), strict=True)
    ]
    shown = rx.cond(
        tile.source == Source.REPORT.value, rx.fragment(*[_item(one) for one in looks]), rx.fragment()
    )
    moves = [MenuItem(label, on_click=S.step(tile.id, way), icon_name=name) for label, way, name in WAYS]
    return menu(
        icon_button("ellipsis", rx.Var.create("摆放 ") + tile.title.to(str), size="sm"),
        [
            *moves,
            None,
            shown,
            MenuItem("移下看板", on_click=S.take_off(tile.id), icon_name="trash-2", danger=True),
        ],
    )


def _item(one: MenuItem) -> rx.Component:
    return rx.menu.item(icon(one.icon_name, "s"), one.text, on_select=one.on_click)


def _tile(tile: Any) -> rx.Component:
    grip = rx.cond(
        S.arranging,
        rx.el.button(
            icon("grip-vertical", "s"), type="button", class_name="rb-grip",
            custom_attrs={
                "aria-label": rx.Var.create("移动 ") + tile.title.to(str), "title": "拖动摆放；方向键移动，Shift 加方向键改大小",
                **mover(S.drop, S.press),
            },
        ),
        rx.fragment(),
    )  # fmt: skip
    corner = rx.cond(
        S.arranging,
        rx.el.span(class_name="rb-corner", custom_attrs={"aria-hidden": "true", **sizer(S.drop)}),
        rx.fragment(),
    )
    body = rx.cond(
        tile.problem != "",
        rx.el.p(icon("circle-alert", "s"), tile.problem, class_name="t13 f2 row g2"),
        rx.match(tile.show, ("number", _figure(tile)), ("chart", _picture(tile)), _table(tile)),
    )
    title = rx.cond(
        tile.link != "",
        rx.el.a(tile.title, href=tile.link, class_name="el"),
        rx.el.span(tile.title, class_name="el"),
    )
    return rx.el.section(
        rx.el.header(grip, rx.el.h2(title, title=tile.note), rx.cond(S.arranging, _menu(tile), rx.fragment())),
        body,
        corner,
        class_name="rb-tile",
        style={"--c": tile.column, "--r": tile.row},
        custom_attrs={
            "data-tile": tile.id, "data-x": tile.x, "data-y": tile.y, "data-w": tile.w, "data-h": tile.h, "data-show": tile.show,
        },
    )  # fmt: skip


def _add_dialog() -> rx.Component:
    shows = Show.options()
    body = form(
        field(
            Field("source", "放什么", kind="select", options=Source.options()), value=S.source, on_change=S.choose_source
        ),
        field(
            Field("key", rx.cond(S.source == "measure", "指标", "报表"), kind="select", required=True, options=S.sources),
            error=_error(S, "key"),
        ),
        rx.cond(
            S.source == "measure",
            rx.fragment(),
            field(Field("show", "显示为", kind="select", options=shows), value=Show.CHART.value, error=_error(S, "show")),
        ),
        rx.cond(_error(S, "tiles") != "", rx.el.small(_error(S, "tiles"), role="alert", class_name="fd"), rx.fragment()),
        rx.el.div(closing(button("取消")), button("放上看板", look="p", kind="submit", writes=True), class_name="row g3 end"),
        on_submit=S.add, key=S.form_key, guard=False,
    )  # fmt: skip
    return dialog("放上看板", body, is_open=S.adding, on_open_change=S.ask_add)


@page(
    route="/reports/boards/[board_id]",
    title="报表看板",
    permission=READERS,
    on_load=S.load,
    nav="/reports",
    wide=True,
)
def report_board() -> Page:
    """Draw one board."""
    target = rx.Var.create("board:") + S.number.to(str)
    gone = empty(
        "没有找到这个看板", "它可能已删除，或没有共享给你。", link_button("看全部看板", "/reports/boards")
    )
    bare = empty(
        "看板还是空的", "放上常看的报表和指标，拖动摆放。",
        rx.cond(S.can_edit, button("放上第一块", look="p", icon_name="plus", on_click=S.ask_add(True)), rx.fragment()),
    )  # fmt: skip
    grid = rx.el.div(
        rx.foreach(S.tiles, _tile), class_name=classes("rb-grid", rx.cond(S.arranging, "is-arranging", ""))
    )
    shown = rx.cond(S.tiles.length() > 0, grid, rx.cond(S.loading, skeleton_tiles(), bare))
    body = rx.el.div(
        rx.el.p(S.said, class_name="vh", custom_attrs={"aria-live": "polite"}),
        rx.cond(S.missing, gone, shown),
        style={"overflow": "auto"},
    )
    named = dialog(
        "名称与共享",
        form(
            *_name_fields(S, S.name, S.shared_with),
            rx.el.div(button("删除看板", look="d", icon_name="trash-2", on_click=S.delete, writes=True), class_name="row"),
            on_submit=S.rename, key=S.form_key, guard=False,
        ),
        is_open=S.naming, on_open_change=S.ask_name,
    )  # fmt: skip
    edits = rx.cond(
        S.can_edit & ~S.missing,
        rx.fragment(
            icon_button("pencil", "名称与共享", on_click=S.ask_name(True)),
            button("添加", icon_name="plus", look="g", on_click=S.ask_add(True)),
        ),
        rx.fragment(),
    )
    takes = rx.cond(
        ~S.missing & (S.tiles.length() > 0),
        rx.fragment(
            button("PDF", icon_name="download", look="g", on_click=ReportTakeState.take(target, "pdf")),
            link_button("订阅", rx.Var.create("/reports/subscriptions?target=") + target, icon_name="mail", look="g"),
        ),
        rx.fragment(),
    )  # fmt: skip
    arrange = rx.cond(
        S.can_edit & (S.tiles.length() > 0),
        button(
            rx.cond(S.arranging, "摆好了", "摆放"), look="p", icon_name="layout-dashboard", on_click=S.arrange(~S.arranging)
        ),
        rx.fragment(),
    )  # fmt: skip
    return Page(
        [body, named, _add_dialog()], title=S.name, subtitle=S.shared, back=("报表看板", "/reports/boards"),
        tools=[takes, edits], primary=arrange,
    )  # fmt: skip
