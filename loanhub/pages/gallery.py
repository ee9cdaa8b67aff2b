"""Every component with all its states, for those who build and check them; only in development."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import reflex as rx

from loanhub.components import buttons, charts, dialogs, filters, native, palette, states, toasts
from loanhub.components.hotkeys import page_hotkeys
from loanhub.components.shell import Frame, shell
from loanhub.pages import _gallery_data as sample
from loanhub.pages._gallery_parts import (
    button_looks,
    figures,
    line,
    marks,
    part,
    rails,
    said,
    says,
    seals,
    var,
)
from loanhub.pages._gallery_records import form_fields, loan_parts, record_parts, rows

ROUTE = "/dev/gallery"


def _overlays() -> rx.Component:
    b = buttons.button
    facts = [
        ("客户", "张建国"),
        ("借据", "CJ-JK-20260523-0003-01"),
        ("入账日", "2026-05-23"),
        ("剩余本金", "¥486,000.00 → ¥474,000.00"),
    ]
    return part(
        "弹层与反馈",
        line(
            dialogs.confirm(
                "作废后客户不能再签这份合同",
                "编号留存，可重新生成一份。",
                "作废 1 份合同",
                said("已作废"),
                trigger=b("二次确认", look="d"),
            ),
            dialogs.money_dialog(
                "确认入账",
                amount="12,000.00",
                uppercase="壹万贰仟元整",
                facts=facts,
                verb="确认入账 ¥12,000.00",
                on_confirm=said("已入账"),
                trigger=b("金额确认"),
            ),
            dialogs.drawer(
                "张建国", rx.el.p("抽屉里的内容。"), footer=[dialogs.closing(b("关闭"))], trigger=b("抽屉")
            ),
            dialogs.menu(
                b("菜单", icon_name="ellipsis"),
                [
                    dialogs.MenuItem("编辑", said("编辑"), "pencil", shortcut="E"),
                    dialogs.MenuItem("移至…", said("移至"), "move-right"),
                    None,
                    dialogs.MenuItem("作废", said("作废"), "ban", danger=True),
                ],
            ),
            dialogs.popover(b("浮层"), rx.el.p("一小块内容")),
            dialogs.tooltip(b("提示", look="g"), "分配后 2 小时内首次联系的占比"),
            b("撤销提示", on_click=toasts.undoable("已将 蒋慧 移至「银行面签」", said("已撤销"))),
            b("完成提示", on_click=toasts.done("已保存")),
            b(
                "错误提示",
                on_click=toasts.failed(
                    "王丽华 没有移动：合同未签完", label="去催签", on_action=said("已催签")
                ),
            ),
        ),
        dialogs.conflict_dialog(
            "李四 2 分钟前改过这里",
            var(sample.CONFLICT),
            is_open=var(False, bool),
            on_resolve=says,
            on_open_change=says,
        ),
        native.native_form(
            rx.el.input(type="hidden", name="sample", value="1"),
            rx.el.span("NativeForm：由浏览器提交，不画东西", class_name="t12 f3"),
            action="/dev/gallery",
        ),
    )


def _states() -> rx.Component:
    retry = buttons.button("新建线索", look="p", icon_name="plus", on_click=said("新建"))
    return part(
        "空、错、无权、加载",
        rx.el.div(
            states.empty(
                "看板还没有进件",
                "导入一份名单，或手动录入第一条线索。",
                retry,
                buttons.button("导入名单", icon_name="upload", on_click=said("导入")),
            ),
            states.empty(
                "今天的待办都办完了",
                "明天有 5 项，第一项 09:30 陪蒋慧面签。",
                buttons.button("看看明天", on_click=said("明天")),
                drawing="done",
            ),
            states.no_match("客户", "当前筛选：房抵贷、金额 ≥ 200 万、苏州。", said("清除")),
            states.error(
                "服务器没有回应。你刚写的跟进还在，恢复后再提交即可。", said("重试"), code="LH-5031"
            ),
            states.no_permission(
                "你没有权限看征信报告",
                "该字段对客户经理不可见。可以请主管临时授权。",
                buttons.button("申请查看", look="p", icon_name="send", on_click=said("已申请")),
            ),
            rx.el.div(
                states.running(), states.skeleton_rows(4), class_name="card", style={"overflow": "hidden"}
            ),
            class_name="three",
        ),
        rx.el.div(
            states.skeleton_detail(), states.skeleton_tiles(), states.skeleton_cards(2), class_name="three"
        ),
        full=True,
    )


def _chart() -> rx.Component:
    bars = go.Figure(
        go.Bar(
            x=["1 月", "2 月", "3 月", "4 月"],
            y=[2100.0, 1890.0, 2310.0, 2486.0],
            hovertemplate="%{y:,.1f} 万",
        ),
        layout={"template": "none"},
    )
    twin = rx.el.table(
        rx.el.tbody(rx.el.tr(rx.el.td("4 月"), rx.el.td("2,486.0 万", class_name="r"))), class_name="tbl in"
    )
    return part(
        "图表",
        charts.chart(bars, title="放款（万元）", conclusion="4 月放款 2,486 万，连续两月上升。", table=twin),
    )


def _frame() -> Frame:
    return Frame(
        company=var("澄江普惠 · 华东", str),
        user_name=var("林若溪", str),
        user_title=var("客户经理 · 华东一组", str),
        initials=var("若溪", str),
        nav=var(sample.NAV, list[dict[str, Any]]),
        mobile=var(sample.MOBILE, list[dict[str, Any]]),
        inbox_count=var(5, int),
        on_logout=said("已退出"),
        palette=palette.command_palette(var(sample.PALETTE, list[dict[str, Any]]), says),
    )


@rx.page(route=ROUTE, title="组件与状态 · 贷通")
def gallery() -> rx.Component:
    """All components on one page, in the real frame."""
    parts = (
        figures(),
        marks(),
        rails(),
        seals(),
        button_looks(),
        _overlays(),
        form_fields(),
        record_parts(),
        rows(),
        loan_parts(),
        _states(),
        _chart(),
    )
    body = rx.el.div(
        *parts, class_name="pad two", style={"columnGap": "48px", "background": "var(--bg-sheet)"}
    )
    views = var(
        [{"id": "1", "name": "我负责的", "count": "18"}, {"id": "2", "name": "华东一组", "count": "126"}]
    )
    return shell(
        body,
        frame=_frame(),
        title="组件与状态",
        section="/leads",
        views=filters.saved_views(
            views,
            rx.Var.create("2"),
            says,
            on_add=said("存为视图"),
            changed=var(True, bool),
            on_save=said("已保存"),
        ),
        primary=buttons.button("新建线索", look="p", icon_name="plus", on_click=said("新建")),
        keys=page_hotkeys(),
    )
