"""One report 报表: the catalogue of measures, the answer as one chooses, and how it is laid out."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, icon_button, link_button, note
from loanhub.components.charts import plot, take_away
from loanhub.components.cockpit_drill import records
from loanhub.components.condition_tree import condition_tree
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.report_table import big_figures, report_table
from loanhub.components.states import empty, skeleton_detail
from loanhub.domain.permissions import Permission
from loanhub.domain.reports import MAX_NAME, MAX_NOTE, ChartKind, Compare, Period
from loanhub.pages._page import Page, page
from loanhub.pages._tree import tree_of
from loanhub.pages.reports import KINDS
from loanhub.services.reports import READERS
from loanhub.state._base import SessionState
from loanhub.state.report import ReportState as S
from loanhub.state.report_subscriptions import ReportTakeState

MAY_EDIT = SessionState.allowed.contains(Permission.REPORTS_EDIT.value)
ICONS = dict(KINDS)
DRAWN = "report-chart"


def _text_of(source: Any, key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "")


def _fault(key: str) -> rx.Component:
    text = _text_of(S.faults, key)
    return rx.cond(text != "", rx.el.small(text, role="alert"), rx.fragment())


# ── left: the measures ──


def _measure(one: Any) -> rx.Component:
    on = one["on"] != ""
    return rx.el.li(
        rx.cond(one["head"] != "", rx.el.h3(one["head"]), rx.fragment()),
        rx.el.button(
            icon(rx.cond(on, "square-check", "square"), "s"),
            rx.el.span(one["label"], class_name="el"),
            type="button",
            title=one["about"],
            on_click=S.toggle_measure(one["code"]),
            class_name="rp-pick",
            custom_attrs={"aria-pressed": rx.cond(on, "true", "false"), "aria-description": one["about"]},
        ),
    )


def _close(pane: str) -> rx.Component:
    return rx.el.span(icon_button("x", "收起", on_click=S.show_pane(pane)), class_name="rp-close")


def _measures() -> rx.Component:
    search = rx.el.div(
        icon("search", "s", "f3"),
        rx.el.input(
            default_value=S.search, placeholder="搜索指标或口径", on_change=S.set_search.debounce(150), type="search",
            custom_attrs={"aria-label": "搜索指标"},
        ),
        class_name="rp-find",
    )  # fmt: skip
    none = rx.el.p("没有这样的指标，换个词试试。", class_name="t13 f3 pad")
    return rx.el.aside(
        rx.el.div(
            rx.el.h2("指标"), rx.el.span(S.measures.length(), " / 6", class_name="t12 f3"), rx.el.span(class_name="grow"),
            _close("measures"), class_name="row g2", style={"padding": "0 16px 8px"},
        ),
        search,
        rx.cond(S.offered.length() > 0, rx.el.ul(rx.foreach(S.offered, _measure), class_name="rp-cat"), none),
        class_name=classes("rp-side left", rx.cond(S.pane == "measures", "on", "")),
        custom_attrs={"aria-label": "指标目录"},
    )  # fmt: skip


# ── right: the layout ──


def _options(empty_text: str) -> list[rx.Component]:
    return [
        rx.el.option(empty_text, value=""),
        rx.foreach(
            S.dimensions,
            lambda one: rx.el.option(
                one["text"], value=one["code"], disabled=one["why"] != "", title=one["why"]
            ),
        ),
    ]


def _select(
    label: str, value: Any, on_change: Any, options: list[rx.Component], **props: Any
) -> rx.Component:
    return rx.el.select(
        *options, value=value, on_change=on_change, custom_attrs={"aria-label": label}, **props
    )


def _choices(label: str, value: Any, on_change: Any, options: Any) -> rx.Component:
    return _select(label, value, on_change, [rx.el.option(text, value=code) for code, text in options])


def _chosen(code: Any, place: Any) -> rx.Component:
    label = rx.foreach(S.catalogue, lambda one: rx.cond(one["code"] == code, one["label"], ""))
    first = rx.el.span("图", class_name="rp-drawn", title="图里画的是它")
    return rx.el.li(
        rx.el.span(label),
        rx.cond(
            place == 0,
            first,
            icon_button("arrow-up", "移到最前，图里画它", size="sm", on_click=S.raise_measure(code)),
        ),
        icon_button(
            "x", "去掉这个指标", size="sm", on_click=S.toggle_measure(code), disabled=S.measures.length() < 2
        ),
    )


def _chart_kinds() -> rx.Component:
    def one(place: int, kind: ChartKind) -> rx.Component:
        why = S.charts[place]["why"]
        return rx.el.button(
            icon(ICONS[kind.value], "s"), kind.label, type="button", on_click=S.choose("chart", kind.value),
            disabled=why != "", title=why,
            custom_attrs={"aria-pressed": rx.cond(S.chart == kind.value, "true", "false")},
        )  # fmt: skip

    return rx.el.div(
        *[one(place, kind) for place, kind in enumerate(ChartKind)],
        class_name="rp-kinds",
        role="group",
        custom_attrs={"aria-label": "图形"},
    )


def _conditions() -> rx.Component:
    def held(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(rx.el.span(one["label"], "：", class_name="f3"), one["text"]),
            icon_button("pencil", "修改条件", size="sm", on_click=S.open_conditions(one["entity"])),
            icon_button("x", "去掉条件", size="sm", on_click=S.drop_conditions(one["entity"])),
        )

    def add(one: Any) -> rx.Component:
        return button(
            rx.Var.create("加") + one["label"].to(str) + rx.Var.create("条件"), look="g", size="sm", icon_name="plus",
            on_click=S.open_conditions(one["value"]),
        )  # fmt: skip

    return rx.el.div(
        rx.el.span("条件"),
        rx.cond(S.condition_lines.length() > 0, rx.el.ul(rx.foreach(S.condition_lines, held), class_name="rp-list"), rx.fragment()),
        rx.el.div(rx.foreach(S.subjects, add), class_name="row g1 wrap"),
        _fault("criteria"),
        class_name="rp-field",
    )  # fmt: skip


def _field(label: str, *body: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.span(label), *body, class_name="rp-field")


def _settings() -> rx.Component:
    rows = [
        rx.cond(
            (S.rows[place - 1] != "") if place else True,
            _select(
                f"第 {place + 1} 行维度",
                S.rows[place],
                S.choose(f"row{place}"),
                _options("不分行" if not place else "再分一层…"),
            ),
            rx.fragment(),
        )
        for place in range(3)
    ]
    period = _choices("时间段", S.period, S.choose("period"), Period.options())
    own = rx.cond(
        S.period == "custom",
        rx.el.div(
            rx.el.input(
                type="date",
                value=S.first,
                on_change=S.choose("first"),
                custom_attrs={"aria-label": "开始日期"},
            ),
            rx.el.input(
                type="date", value=S.last, on_change=S.choose("last"), custom_attrs={"aria-label": "结束日期"}
            ),
            class_name="two",
        ),
        rx.fragment(),
    )
    compare = rx.cond(
        S.no_comparison != "",
        rx.el.small(S.no_comparison, class_name="h"),
        _choices("对比", S.compare, S.choose("compare"), Compare.options()),
    )
    top = rx.cond(
        S.rows[0] != "",
        _field(
            "只看前几名",
            rx.el.input(
                default_value=S.top, key=S.key + S.rows[0], placeholder="全部；其余合为「其他」", on_change=S.choose("top").debounce(400),
                input_mode="numeric", custom_attrs={"aria-label": "只看前几名"},
            ),
            _fault("top"),
        ),
        rx.fragment(),
    )  # fmt: skip
    return rx.el.aside(
        rx.el.div(rx.el.h2("设置"), rx.el.span(class_name="grow"), _close("settings"), class_name="row g2"),
        _field("已选指标", rx.el.ul(rx.foreach(S.measures, lambda code, at: _chosen(code, at)), class_name="rp-list"), _fault("measures")),
        _field("行", *rows, _fault("rows")),
        rx.cond(
            S.rows[0] != "",
            _field("列（透视）", _select("列", S.column, S.choose("column"), _options("不分列")), _fault("columns")),
            rx.fragment(),
        ),
        _field("时间段", period, own, _fault("period")),
        _field("对比", compare, _fault("compare")),
        _conditions(),
        top,
        _field("图形", _chart_kinds(), _fault("chart")),
        class_name=classes("rp-side right", rx.cond(S.pane == "settings", "on", "")),
        custom_attrs={"aria-label": "报表设置"},
    )  # fmt: skip


# ── middle: the answer ──


def _answer() -> rx.Component:
    drawn = rx.cond(
        S.chart_height != "0px",
        rx.el.figure(
            rx.el.figcaption(
                rx.el.p(S.conclusion, class_name="t13 f2 grow"), *take_away(DRAWN), class_name="row g2"
            ),
            rx.el.div(
                plot(S.figure, height=S.chart_height, file_name=S.name), id=DRAWN, style={"minHeight": S.chart_height},
                custom_attrs={"aria-hidden": "true"},
            ),
            class_name="rp-chart",
        ),
        rx.fragment(),
    )  # fmt: skip
    table = report_table(
        S.heads, S.groups, S.lines, S.totals, label=S.name, on_open=S.open_cell, on_sort=S.sort_by_column
    )
    phone = rx.cond(
        S.may_build,
        rx.el.div(
            button("指标", icon_name="list-checks", on_click=S.show_pane("measures")),
            button("设置", icon_name="sliders-horizontal", on_click=S.show_pane("settings")),
            class_name="rp-phone",
        ),
        rx.fragment(),
    )
    return rx.el.div(
        phone,
        rx.cond(S.about != "", rx.el.p(S.about, class_name="t13 f2"), rx.fragment()),
        rx.el.p(
            S.note,
            rx.cond(
                S.updated != "", rx.el.span(" · ", S.updated, style={"color": "var(--ok-fg)"}), rx.fragment()
            ),
            class_name="rp-said",
            role="status",
        ),
        rx.cond(S.fault_line != "", note(S.fault_line, "bad"), rx.fragment()),
        rx.cond(
            S.big.length() > 0,
            big_figures(S.big, S.open_cell),
            rx.cond(
                S.lines.length() > 0,
                rx.fragment(drawn, table),
                empty("期内没有数字", "换一个时间段，或去掉条件看看。", small=True),
            ),
        ),
        rx.cond(S.more != "", rx.el.p(S.more, class_name="t12 f3"), rx.fragment()),
        class_name="rp-main",
    )


def _condition_dialog() -> rx.Component:
    body = rx.el.div(
        condition_tree(tree_of(S)),
        rx.el.div(
            closing(button("取消")),
            button("应用", look="p", on_click=S.keep_conditions),
            class_name="row g2 end",
        ),
        class_name="col g5",
    )
    return dialog("条件", body, is_open=S.conditions_open, on_open_change=S.show_conditions, wide=True)


def _save_dialog() -> rx.Component:
    body = form(
        field(
            Field(key="name", label="报表名称", required=True, maximum_length=MAX_NAME),
            value=_text_of(S.values, "name"), error=_text_of(S.field_errors, "name"),
        ),
        field(
            Field(key="note", label="说明", maximum_length=MAX_NOTE, help="给谁看、怎么看"),
            value=_text_of(S.values, "note"), error=_text_of(S.field_errors, "note"),
        ),
        field(
            Field(key="shared_with", label="共享给", kind="select", options=S.sharing, help="各人打开只看到自己数据范围内的数"),
            value=_text_of(S.values, "shared_with"), error=_text_of(S.field_errors, "shared_with"),
        ),
        rx.el.div(closing(button("取消")), button("保存", look="p", kind="submit", writes=True), class_name="row g2 end"),
        on_submit=S.save,
        key=S.form_key,
    )  # fmt: skip
    title = rx.cond(S.save_as, "另存为新报表", "保存报表")
    return dialog(title, body, is_open=S.saving, on_open_change=S.show_save)


@page(
    route="/reports/[report_key]", title="报表", permission=READERS, on_load=S.load, nav="/reports", wide=True
)
def report() -> Page:
    """Draw one report."""
    gone = empty("没有找到这张报表", "它可能已删除，或没有共享给你。", link_button("看全部报表", "/reports"))
    panes = rx.cond(
        S.may_build,
        rx.el.div(_measures(), _answer(), _settings(), class_name="rp"),
        rx.el.div(_answer(), class_name="rp read"),
    )
    drawer = records(
        S.opened, S.opened.rows.to(list[dict[str, str]]), is_open=S.drill_open, on_open_change=S.show_drill,
        on_by=lambda _key: S.refresh, on_pick=lambda _key: S.refresh, on_export=S.export_drill,
    )  # fmt: skip
    body = rx.cond(S.missing, gone, rx.cond(S.loading & (S.heads.length() == 0), skeleton_detail(), panes))
    state = rx.cond(S.changed, "有未保存的改动", S.shared_label)
    export = rx.cond(
        S.may_build & ~S.missing,
        button("导出", icon_name="download", look="g", on_click=S.export, pending=S.busy),
        rx.fragment(),
    )
    target = rx.Var.create("report:") + S.key.to(str)
    out = rx.cond(
        ~S.missing & (S.key != "") & ~S.changed,
        rx.fragment(
            button("PDF", icon_name="download", look="g", on_click=ReportTakeState.take(target, "pdf")),
            link_button(
                "订阅", rx.Var.create("/reports/subscriptions?target=") + target, icon_name="mail", look="g"
            ),
        ),
        rx.fragment(),
    )
    as_new = rx.cond(
        MAY_EDIT & S.can_edit & ~S.missing,
        button("另存为", icon_name="copy", look="g", on_click=S.show_save_as),
        rx.fragment(),
    )
    save = rx.cond(
        MAY_EDIT & ~S.missing,
        button(rx.cond(S.can_edit, "保存", "另存为"), look="p", icon_name="save", on_click=S.show_save(True)),
        rx.fragment(),
    )
    discard = rx.cond(
        S.changed & ~S.missing,
        button("放弃改动", icon_name="undo-2", look="g", on_click=S.discard),
        rx.fragment(),
    )
    return Page(
        [body, drawer, _condition_dialog(), _save_dialog()], title=S.name, subtitle=state, back=("报表", "/reports"),
        tools=[discard, icon_button("refresh-cw", "重新计算", on_click=S.refresh), export, out, as_new], primary=save,
        on_phone=[export, out, save],
    )  # fmt: skip
