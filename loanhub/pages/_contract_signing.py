"""Section 签署 of the contract page, and its dialogs: begin, links, take back, evidence."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.signature_pad import strokes
from loanhub.domain.signing import SignerRole
from loanhub.state.contract import ContractState as S

ROLES = tuple((one.value, one.label) for one in SignerRole if one is not SignerRole.BORROWER)

PROVIDERS = (("builtin", "本系统"), ("http", "第三方电子签"))


def _error(key: str) -> rx.Var[str]:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def signing_section(style: Any) -> rx.Component:
    """Draw who signs, who has, and what can be done about it."""
    r = S.round

    def one(signer: Any) -> rx.Component:
        code = rx.cond(
            r.previews & ((signer.can_resend & (signer.status == "opened")) | (r.status == "done")),
            button("看验证码", look="g", size="sm", on_click=S.show_code(signer.id)), rx.fragment(),
        )  # fmt: skip
        again = rx.cond(
            signer.can_resend,
            icon_button(
                "refresh-cw", "给" + signer.name + "重发链接", size="sm", on_click=S.resend_link(signer.id)
            ),
            rx.fragment(),
        )
        proof = rx.cond(
            signer.has_evidence,
            icon_button(
                "shield-check",
                "看" + signer.name + "的签署证据",
                size="sm",
                on_click=S.show_evidence(signer.id),
            ),
            rx.fragment(),
        )
        return rx.el.li(
            rx.el.span(signer.place, class_name="num t12 f3", style={"width": "14px"}),
            rx.el.div(
                rx.el.div(rx.el.b(signer.name, class_name="m t13"), " ", rx.el.span(signer.role, class_name="t12 f3")),
                rx.el.div(signer.phone, rx.cond(signer.note != "", " · " + signer.note, ""), class_name="t12 f3", style={"overflowWrap": "anywhere"}),
                class_name="grow", style={"minWidth": "0"},
            ),
            code, tag(signer.status_label, signer.tone), again, proof,
            class_name="row g2", style={"minHeight": "48px"},
        )  # fmt: skip

    start = rx.cond(
        r.can_start,
        button("发起电子签署", look="soft", size="sm", icon_name="send", writes=True, on_click=S.open_esign),
        rx.fragment(),
    )
    revoke = rx.cond(
        r.can_revoke, button("撤回签署", look="d", size="sm", icon_name="undo-2", writes=True, on_click=S.open_revoke),
        rx.fragment(),
    )  # fmt: skip
    chip = rx.cond(r.id > 0, status_chip(r.status_label, r.tone), rx.fragment())
    state = rx.cond(
        r.id > 0,
        rx.fragment(
            rx.el.ol(rx.foreach(S.signers, one), style={"listStyle": "none", "margin": "0", "padding": "0"}),
            rx.cond(
                r.can_revoke & (r.status == "open"),
                rx.el.p("链接有效至 ", r.expires, class_name="t12 f3"), rx.fragment(),
            ),
            rx.cond(r.expired, note("签署链接已过期，给没签的人重发链接即可继续", "warn"), rx.fragment()),
            rx.cond(
                r.fault != "",
                note(rx.cond(r.third_party, r.fault, "签章没有完成：" + r.fault) + "。系统会自动重试。", "warn"), rx.fragment(),
            ),
            rx.cond(r.third_party, rx.el.p("签署方式：", r.provider, class_name="t12 f3"), rx.fragment()),
            rx.cond(r.reason != "", note("原因：" + r.reason, "bad"), rx.fragment()),
            rx.cond(
                r.previews & r.can_revoke & (r.status == "open"),
                note("短信通道还是预览：把链接和验证码转告签署人。要真实发送，请管理员在「消息通道」里打开。"), rx.fragment(),
            ),
            rx.cond(r.seal != "", rx.el.p("签章：", r.seal, class_name="t12 f2", style={"marginTop": "6px"}), rx.fragment()),
        ),
        rx.el.p("还没有发起电子签署；也可以打印后当面签，再登记。", class_name="t12 f3"),
    )  # fmt: skip
    return rx.el.section(
        rx.el.div(
            rx.el.h2("电子签署"),
            rx.cond(r.total > 0, rx.el.span(r.done, " / ", r.total, class_name="num t12 f3"), rx.fragment()),
            rx.el.span(class_name="grow"), chip, class_name="sec-h",
        ),
        state,
        rx.el.div(start, revoke, class_name="row g2", style={"marginTop": "8px"}),
        style=style,
        custom_attrs={"data-signing": r.status},
    )  # fmt: skip


def esign_dialog() -> rx.Component:
    """Who signs besides those the contract names."""

    def extra(place: Any) -> rx.Component:
        number = place.to(str)
        return rx.el.div(
            field(Field("role" + number, "身份", kind="select", options=ROLES), error=_error("role")),
            field(Field("name" + number, "姓名", maximum_length=50), error=_error("name")),
            field(Field("phone" + number, "手机号", kind="tel", maximum_length=20), error=_error("phone")),
            class_name="form two-col",
        )  # fmt: skip

    body = form(
        rx.el.p("每个签署人收到一条带专属链接的短信，在手机上核对身份、逐页阅读、手写签名。全部签齐后系统自动加盖电子签章。", class_name="f2"),
        rx.el.p("借款人 ", rx.el.b(S.view.customer), " 按合同上的手机号发送。", class_name="f2"),
        field(
            Field("phone", "换一个手机号（可不填）", kind="tel", maximum_length=20, help="本人换了号码时填；必须是本人实名的手机号"),
            error=rx.cond(S.extra_count == 0, _error("phone"), "").to(str),
        ),
        rx.cond(
            S.round.offers,
            field(
                Field("provider", "在哪里签", kind="select", options=PROVIDERS, help="不选按公司参数；第三方平台不出示明示表，要先当面确认"),
                error=_error("provider"),
            ),
            rx.fragment(),
        ),
        rx.foreach(rx.Var.range(S.extra_count), extra),
        rx.el.div(button("加一个签署人", look="g", size="sm", icon_name="plus", on_click=S.add_signer), class_name="row"),
        rx.el.div(
            closing(button("取消")), button("发送签署链接", look="p", kind="submit", icon_name="send", writes=True),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        on_submit=S.start_signing, guard=False,
    )  # fmt: skip
    return dialog("发起电子签署", body, is_open=S.dialog == "esign", on_open_change=S.close_dialog)


def links_dialog() -> rx.Component:
    """The links, once: only their fingerprints are kept."""

    def one(link: Any, place: Any) -> rx.Component:
        return rx.el.div(
            rx.el.img(src=link["qr"], alt="给" + link["name"].to(str) + "扫的二维码", style={"width": "132px", "height": "132px", "background": "#fff", "borderRadius": "8px"}),
            rx.el.div(
                rx.el.b(link["name"], class_name="t14"),
                rx.el.p("当面签可以直接扫码；也可以复制发给本人。", class_name="t12 f3"),
                rx.el.code(link["address"], class_name="mono t12", style={"overflowWrap": "anywhere"}, custom_attrs={"data-link": "true"}),
                rx.el.div(button("复制短信内容", size="sm", icon_name="copy", on_click=S.copy_link(place)), class_name="row", style={"marginTop": "8px"}),
                class_name="grow", style={"minWidth": "0"},
            ),
            class_name="row g4", style={"alignItems": "flex-start", "padding": "10px 0", "borderBottom": "1px solid var(--line)"},
        )  # fmt: skip

    return dialog(
        "签署链接",
        rx.el.div(
            note(
                rx.cond(S.round.third_party, "平台也会自己通知签署人。", "链接只显示这一次，关掉后只能重发。")
                + "不要把一个人的链接发给别人。"
            ),
            rx.foreach(S.links, one),
            class_name="col g3",
        ),
        footer=[closing(button("好"))],
        is_open=S.dialog == "links",
        on_open_change=S.close_dialog,
    )


def revoke_dialog() -> rx.Component:
    """Why the round is taken back."""
    body = form(
        rx.el.p("已发出的链接全部失效，已经签的名也不再有效；之后可以重新发起，或改签纸质。", class_name="f2"),
        field(Field("reason", "撤回原因", kind="textarea", required=True, maximum_length=300), error=_error("reason")),
        rx.el.div(
            closing(button("取消", auto_focus=True)), button("撤回签署", look="dp", kind="submit", icon_name="undo-2", writes=True),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        on_submit=S.revoke_signing, guard=False,
    )  # fmt: skip
    return dialog(
        "撤回正在进行的签署",
        body,
        is_open=S.dialog == "revoke",
        on_open_change=S.close_dialog,
        role="alertdialog",
    )


def evidence_dialog() -> rx.Component:
    """What is behind a signature."""

    def line(item: Any) -> rx.Component:
        return rx.el.div(
            rx.el.dt(item["label"], class_name="f3 nw"),
            rx.el.dd(item["value"], style={"margin": "0", "textAlign": "right", "overflowWrap": "anywhere"}),
            class_name="row sb g4", style={"minHeight": "32px", "borderBottom": "1px solid var(--line)", "padding": "4px 0"},
        )  # fmt: skip

    return dialog(
        "签署证据",
        rx.el.div(
            strokes(S.evidence_paths, "合同上的签名"),
            rx.cond(
                S.evidence_sheet.length() > 0,
                rx.el.div(
                    rx.el.p("明示表上的签名", class_name="t12 f3"),
                    strokes(S.evidence_sheet, "明示表上的签名"),
                ),
                rx.fragment(),
            ),
            rx.el.dl(rx.foreach(S.evidence_facts, line), class_name="t13", style={"margin": "0"}),
            rx.el.p("手写笔迹只是佐证；防篡改由合同上的电子签章保证。", class_name="t12 f3"),
            class_name="col g3",
        ),
        footer=[closing(button("关闭"))],
        is_open=S.dialog == "evidence",
        on_open_change=S.close_dialog,
    )
