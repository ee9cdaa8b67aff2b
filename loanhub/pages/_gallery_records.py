"""The large parts of the component gallery: forms, lists, loans, records."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components import (
    allocation_bar,
    approval_path,
    avatar,
    buttons,
    chips,
    composer,
    filters,
    forms,
    kpi,
    masked,
    money,
    rail,
    schedule_table,
    table,
    timeline,
)
from loanhub.pages import _gallery_data as sample
from loanhub.pages._gallery_parts import line, part, said, says, var


def form_fields() -> rx.Component:
    """Every kind of field, with its states."""
    f = forms.Field
    errors = [{"key": "phone2", "label": "手机号", "sentence": "还差 4 位，手机号应为 11 位"}]
    return part(
        "表单",
        forms.form(
            forms.error_summary(var(errors)),
            forms.section(
                "基本信息",
                forms.field(f("name", "姓名", required=True, placeholder="请填写"), value="张建国"),
                forms.field(
                    f("phone2", "手机号", "tel", required=True),
                    value="138 0016",
                    error="还差 4 位，手机号应为 11 位",
                ),
                forms.field(
                    f("amount", "意向金额", "money", required=True, suffix="元", help="输入后显示大写")
                ),
                forms.field(f("rate", "年化利率", "percent"), value="8.40"),
                forms.field(
                    f("product", "产品", "select", options=(("house", "房抵贷"), ("flow", "流水贷")))
                ),
                forms.field(f("due", "面签日期", "date"), value="2026-05-20"),
                forms.field(f("id", "身份证号", "id_number"), value="310***********1234", read_only=True),
                forms.field(f("off", "停用"), value="放款后不能改", disabled=True),
                forms.field(f("sex", "性别", "radio", options=(("m", "男"), ("f", "女"))), value="m"),
                forms.field(f("memo", "备注", "textarea", full=True, placeholder="客户的顾虑、约定")),
                forms.field(f("file", "资料", "file", full=True)),
                forms.field(f("agree", "客户已签征信授权书", "checkbox", help="没有授权不能查征信")),
                forms.field(f("notify", "短信通知客户", "switch"), value=True),
                two_columns=True,
                hint="标 * 的必填",
            ),
            rx.el.div(
                buttons.button("保存线索", look="p", kind="submit", writes=True),
                forms.draft_note("已自动保存 10:31"),
                class_name="row g4",
            ),
            on_submit=says,
        ),
    )


def rows() -> rx.Component:
    """A list with filters, selection, sums and pages; on a phone, cards."""
    c = table.Column
    columns = [
        c("name", "客户", lambda r: r["name"], sortable=True),
        c("phone", "手机号", lambda r: r["phone"], look="f2"),
        c("amount", "意向金额（元）", lambda r: r["amount"], align="r", look="b", sortable=True),
        c("risk", "预评风险", lambda r: chips.risk(r["risk"].to(int), r["risk_label"])),
        c("rail", "进度", lambda r: rail.rail(r["stage"].to(int), label=r["stage_label"])),
        c("sla", "下一步时限", lambda r: chips.sla(r["left"], percent=r["percent"], status=r["sla"])),
        c("owner", "负责人", lambda r: avatar.person(r["owner"], r["initial"], r["color"]), secondary=True),
        c("status", "状态", lambda r: chips.status_chip(r["status"], r["tone"])),
    ]

    def card(r: Any) -> rx.Component:
        text = rx.el.div(
            rx.el.div(
                rx.el.b(r["name"], class_name="t16"),
                chips.risk(r["risk"].to(int), r["risk_label"]),
                class_name="row g2",
            ),
            rx.el.div(r["phone"], " · ", r["owner"], class_name="t13 f3"),
            rx.el.div(
                chips.sla(r["left"], percent=r["percent"], status=r["sla"]),
                rx.el.span(r["amount"], class_name="num f2"),
                class_name="row g3",
            ),
            class_name="grow",
        )
        return rx.el.div(
            text,
            rx.el.a(
                buttons.icon("phone", "l"),
                href="tel:10000",
                class_name="mact p",
                custom_attrs={"aria-label": "拨打"},
            ),
            class_name="row g4",
        )

    return part(
        "表格",
        filters.filter_bar(
            filters.search_box(says, placeholder="姓名、手机后四位、企业"),
            filters.option_filter(
                "来源",
                (("web", "官网 / H5"), ("ad", "抖音投放")),
                rx.Var.create("web"),
                says,
                icon_name="target",
            ),
            filters.option_filter(
                "风险", (("1", "低"), ("2", "中")), rx.Var.create(""), says, icon_name="shield"
            ),
            filters.chosen_filters(
                var([{"key": "days", "label": "接入", "value": "近 7 天"}]), says, said("清除")
            ),
            totals="126 条 · ¥2,184 万",
            tools=[buttons.icon_button("columns-3", "列", on_click=said("列"))],
        ),
        rx.el.div(
            table.new_rows(var(3, int), "线索", said("显示")),
            table.data_table(
                var(sample.LEADS),
                columns,
                row_id=lambda r: r["id"].to(str),
                label="线索",
                href=lambda r: "/leads/" + r["id"].to(str),
                card=card,
                actions=lambda r: rx.fragment(
                    rx.el.button(
                        buttons.icon("phone", "s"),
                        type="button",
                        custom_attrs={"aria-label": "拨打"},
                        on_click=said("拨打"),
                    ),
                    rx.el.button(
                        buttons.icon("ellipsis", "s"),
                        type="button",
                        custom_attrs={"aria-label": "更多"},
                        on_click=said("更多"),
                    ),
                ),
                row_class=lambda r: r["look"].to(str),
                selection=table.Selection(
                    var(["2"], list[str]), says, lambda: said("全选"), var("mixed", str)
                ),
                sorting=table.Sorting(var("amount", str), var("descending", str), says),
                sums=["合计", None, "1,450,000.00", None, None, None, None, None],
            ),
            table.pager(
                "1–4，共 126 条",
                var(1, int),
                var(8, int),
                on_previous=said("上一页"),
                on_next=said("下一页"),
            ),
            class_name="col card",
            style={"overflow": "hidden"},
        ),
        full=True,
    )


def loan_parts() -> rx.Component:
    """Schedule, allocation, approval path and steps."""
    return part(
        "还款计划 · 分配 · 审批路径",
        schedule_table.schedule_table(var(sample.SCHEDULE), var(sample.SUMS, dict[str, str])),
        rx.el.div(
            allocation_bar.allocation_bar(var(sample.PARTS), "¥26,486.52"),
            approval_path.approval_path(var(sample.STEPS)),
            class_name="two",
        ),
        approval_path.stepper(["上传", "列映射", "预检", "导入"], var(2, int)),
        full=True,
    )


def record_parts() -> rx.Component:
    """Tiles, next step, composer, timeline and masked values."""
    return part(
        "记录",
        kpi.tiles(
            kpi.tile(
                "今日待办", money.number("12", "项 · 1 超时"), hint="已完成 5 · 预计 3 时 20 分", href="/"
            ),
            kpi.tile(
                "首联及时率（本周）",
                money.number("94.1", "%"),
                hint=money.delta("1.5pp", direction="up", meaning="good"),
                explain="分配后 2 小时内首次联系的占比",
            ),
            kpi.tile(
                "5 月放款", money.money("486.0", unit="万"), hint=kpi.goal(81, 74), on_open=said("下钻")
            ),
        ),
        kpi.next_step(
            "16:30 陪同面签 · 浦汇银行相城支行",
            detail="带原件：身份证、房产证、营业执照",
            deadline=chips.sla("剩 1 时 12 分", percent=28, status="w"),
            action=buttons.button("到场打卡", look="p", size="sm", icon_name="check", on_click=said("打卡")),
        ),
        kpi.no_next_step(buttons.button("定下一步", size="sm", on_click=said("定下一步"))),
        composer.composer(says),
        timeline.kind_filter((("", "全部"), ("talk", "沟通"), ("money", "资金")), rx.Var.create(""), says),
        timeline.timeline(var(sample.EVENTS)),
        line(
            rx.el.span("手机号 "),
            masked.masked(
                "138****1234", plain=rx.Var.create(""), label="手机号", on_reveal=says, on_hide=said("遮回")
            ),
            masked.masked(
                "", plain="138 0013 1234", label="手机号", on_reveal=says, on_hide=said("遮回"), copy=True
            ),
        ),
    )
