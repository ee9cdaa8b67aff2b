"""The decision on an application: approve with its terms, return, reject, withdraw; at the right, or in a sheet on a phone."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, kbd, link_button, note
from loanhub.components.chips import sla
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field
from loanhub.components.icons import icon
from loanhub.domain.applications import ApplicationStatus, Condition, Decision
from loanhub.domain.permissions import Permission
from loanhub.pages._application_draft import submit_panel
from loanhub.state.applications import ApplicationsState

S = ApplicationsState
DECISIONS = (
    (Decision.APPROVE, "circle-check", ""),
    (Decision.RETURN, "undo-2", "w"),
    (Decision.REJECT, "circle-x", "x"),
)


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _chips(options: Any, chosen: Any, on_toggle: Any) -> rx.Component:
    def chip(text: Any) -> rx.Component:
        pressed = chosen.contains(text)
        return rx.el.button(
            rx.cond(pressed, icon("check", "xs"), rx.fragment()),
            text,
            type="button",
            class_name="chip",
            on_click=on_toggle(text),
            custom_attrs={"aria-pressed": rx.cond(pressed, "true", "false")},
        )

    drawn = rx.foreach(options, chip) if isinstance(options, rx.Var) else [chip(text) for text in options]
    return rx.el.div(*(drawn if isinstance(drawn, list) else [drawn]), class_name="chips")


def _decision_form() -> rx.Component:
    """Amount, rate, term and conditions of an approval; reasons of the others; the opinion; what comes next."""
    gap = rx.cond(
        S.difference != "",
        rx.el.span(S.difference, class_name=rx.cond(S.lowers, "gap lo", "gap"), role="status"),
        rx.fragment(),
    )
    amount = rx.el.div(
        gap,
        field(
            Field("amount_fen", "批复金额", "money", required=True),
            value=S.shown.start_amount,
            error=_error("amount_fen"),
            on_change=S.type_amount.debounce(300),
        ),
    )
    terms = rx.el.div(
        field(
            Field("annual_rate", "年化利率（单利）", "percent"),
            value=S.shown.start_rate,
            error=_error("annual_rate"),
        ),
        field(
            Field("term_months", "期限", "select", options=S.terms),
            value=S.shown.start_term,
            error=_error("term_months"),
        ),
        class_name="two",
    )
    conditions = rx.el.div(
        rx.el.span("附加条件", class_name="lb"),
        _chips([c.label for c in Condition], S.conditions, S.toggle_condition),
        class_name="fld",
    )
    approve = rx.el.div(amount, terms, conditions, class_name="form", style={"gap": "12px"})
    reasons = rx.el.div(
        rx.el.span("原因", class_name="lb"),
        _chips(S.reason_options, S.chosen_reasons, S.toggle_reason),
        class_name="fld",
    )
    phrases = rx.el.div(
        rx.foreach(
            S.phrases,
            lambda text: rx.el.button(text, type="button", class_name="chip", on_click=S.say(text)),
        ),
        class_name="chips",
        role="group",
        custom_attrs={"aria-label": "常用意见"},
    )
    opinion = rx.el.div(
        rx.el.div(
            field(
                Field(
                    "opinion",
                    "审批意见",
                    "textarea",
                    required=True,
                    maximum_length=1000,
                    placeholder="至少 4 个字",
                ),
                value=S.opinion,
                error=_error("opinion"),
                on_blur=S.note_opinion,
            ),
            key=S.opinion_key,
        ),
        phrases,
        class_name="col g3",
    )
    return rx.el.form(
        rx.cond(S.decision == "approve", rx.el.div(approve, key=S.form_key), reasons),
        opinion,
        rx.el.div(
            note(S.sentence, "mute", "git-branch"),
            rx.cond(
                S.decision == "reject",
                button(S.verb, look="dp", size="lg", kind="submit", writes=True),
                rx.el.button(
                    rx.el.span(S.verb),
                    kbd("Ctrl", "↵"),
                    type="submit",
                    class_name="btn p lg",
                    custom_attrs={"data-writes": "true"},
                ),
            ),
            class_name="send",
        ),
        on_submit=S.decide,
    )


def _choices(on_choose: Any) -> rx.Component:
    return rx.el.div(
        *[
            rx.el.button(
                icon(symbol),
                f"{one.label}补件" if one is Decision.RETURN else one.label,
                type="button",
                class_name=look,
                on_click=on_choose(one.value),
                custom_attrs={"aria-pressed": rx.cond(S.decision == one.value, "true", "false")},
            )
            for one, symbol, look in DECISIONS
        ],
        class_name="dec3",
        role="group",
        custom_attrs={"aria-label": "审批决定"},
    )


def panel() -> rx.Component:
    """Draw the right column: the decision of those who may decide, the submission of a draft, else how far it is."""
    deadline = rx.cond(
        S.shown.sla_text != "",
        sla(S.shown.sla_text, percent=S.shown.sla_percent, status=S.shown.sla_status),
        rx.fragment(),
    )
    decide = rx.el.aside(
        rx.el.div(
            rx.el.div(rx.el.h2("审批决定"), rx.el.span(class_name="grow"), deadline, class_name="sec-h"),
            _choices(S.choose),
            rx.cond(S.sheet, rx.fragment(), _decision_form()),
            class_name="in",
        ),
        class_name="apd ask",
        custom_attrs={"aria-label": "审批决定"},
    )
    contract = rx.match(
        S.shown.status,
        *[
            (
                status.value,
                rx.cond(
                    S.shown.contract_id > 0,
                    link_button(
                        "查看合同",
                        "/contracts/" + S.shown.contract_id.to(str),
                        icon_name="file-text",
                        look="soft",
                    ),
                    rx.fragment(),
                ),
            )
            for status in (ApplicationStatus.CONTRACTED, ApplicationStatus.FUNDED)
        ],
        rx.cond(
            S.shown.can_contract,
            link_button(
                "生成合同", "/contracts?application=" + S.shown.id.to(str), icon_name="file-plus", look="p"
            ),
            rx.fragment(),
        ),
    )
    papers = rx.cond(
        S.allowed.contains(Permission.CONTRACTS_CREATE.value),
        link_button(
            "出具文书",
            "/contracts/issue?application=" + S.shown.id.to(str),
            icon_name="file-plus",
            look="soft",
        ),
        rx.fragment(),
    )
    state = rx.el.aside(
        rx.el.div(
            rx.el.div(rx.el.h2("进度"), rx.el.span(class_name="grow"), deadline, class_name="sec-h"),
            note(S.shown.why_not, "mute"),
            rx.cond(
                S.result.length() > 0,
                rx.el.dl(
                    rx.foreach(
                        S.result,
                        lambda r: rx.fragment(rx.el.dt(r["label"]), rx.el.dd(r["text"], class_name="r")),
                    ),
                    class_name="dl-g",
                ),
                rx.fragment(),
            ),
            rx.cond(S.shown.last_opinion != "", note(S.shown.last_opinion, "warn"), rx.fragment()),
            contract,
            papers,
            class_name="in",
        ),
        class_name="apd",
        custom_attrs={"aria-label": "进度"},
    )
    return rx.cond(S.shown.can_decide, decide, rx.cond(S.shown.can_edit, submit_panel(), state))


def phone_bar() -> rx.Component:
    """The three decisions under the thumb; each opens the sheet, which sends it: two taps."""
    bar = rx.el.div(
        rx.el.div(
            button("拒绝", look="d", on_click=S.open_sheet("reject")),
            button("退回", on_click=S.open_sheet("return")),
            button("通过", look="p", icon_name="check", on_click=S.open_sheet("approve")),
            class_name="acts",
        ),
        class_name="apb",
    )
    title = rx.match(S.decision, ("return", "退回补件"), ("reject", "拒绝申请"), "通过申请")
    sheet = dialog(
        title,
        rx.el.div(_decision_form(), class_name="apsheet"),
        is_open=S.sheet,
        on_open_change=S.show_sheet,
    )
    return rx.cond(S.shown.can_decide & S.picked, rx.fragment(bar, sheet), rx.fragment())


def withdraw() -> rx.Component:
    """Draw the dialog that takes the application back."""
    form = rx.el.form(
        rx.el.p("撤回后不再审批，需要时可以重新发起。"),
        field(Field("reason", "撤回原因", required=True, maximum_length=100), error=_error("reason")),
        rx.el.div(
            closing(button("取消")),
            button("撤回申请", look="dp", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=S.withdraw,
        class_name="form",
    )
    return dialog("撤回这笔申请", form, is_open=S.withdrawing, on_open_change=S.show_withdraw)
