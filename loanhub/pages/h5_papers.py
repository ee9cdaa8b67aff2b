"""The customer's page for missing papers 手机补件: one card a paper, photographed or chosen, and that it arrived."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.icons import icon, logo
from loanhub.components.upload import send_files
from loanhub.domain.documents import DocumentKind
from loanhub.pages._page import public_page
from loanhub.settings import settings
from loanhub.state.h5_papers import HandInState

S = HandInState
ACCEPT = "image/jpeg,image/png,image/webp,application/pdf"


def _chooser(kind: DocumentKind, *, camera: bool) -> rx.Component:
    uid = f"{'shot' if camera else 'pick'}-{kind.value}"
    limit = max(settings().upload_photo_bytes, settings().upload_pdf_bytes)
    send = send_files(
        uid, list_id=f"way-{kind.value}", kind=kind.value, limit_bytes=limit, shrink=True, url="/h5/papers",
        token_of_path=True, on_done=lambda answers: S.handed(kind.value, answers),
    )  # fmt: skip
    attrs: dict[str, Any] = {"id": uid, "accept": "image/*" if camera else ACCEPT, "aria-hidden": "true"}
    attrs |= {"capture": "environment"} if camera else {"multiple": True}
    return rx.el.input(
        type="file", class_name="vh", tab_index=-1, on_change=[S.start(kind.value), send], custom_attrs=attrs
    )


def _state(item: Any) -> rx.Component:
    return rx.match(
        item["state"],
        ("done", rx.el.span(icon("circle-check", "s"), "已通过", class_name="row g1 t13 fg-ok")),
        ("sent", rx.el.span(icon("clock", "s"), "已传 ", item["files"], " 个，等待核对", class_name="row g1 t13 fw")),
        rx.el.span(icon("circle-dashed", "s"), "待上传", class_name="row g1 t13 f3"),
    )  # fmt: skip


def _item(item: Any) -> rx.Component:
    """One paper; the hidden inputs stand apart, one pair a kind, since their scripts are written once."""
    kind = item["kind"].to(str)
    busy = S.sending == kind
    shot = rx.call_script("document.getElementById('shot-" + kind + "')?.click()")
    pick = rx.call_script("document.getElementById('pick-" + kind + "')?.click()")
    tools = rx.cond(
        item["state"] == "done",
        rx.fragment(),
        rx.el.div(
            button("拍照", icon_name="camera", look="soft", size="lg", on_click=shot, disabled=busy, reason="正在上传"),
            button("选文件", icon_name="paperclip", size="lg", on_click=pick, disabled=busy, reason="正在上传"),
            class_name="row g3",
        ),
    )  # fmt: skip
    wrong = rx.cond(
        S.wrong.contains(kind), rx.el.p(S.wrong[kind], class_name="ce", role="alert"), rx.fragment()
    )
    return rx.el.section(
        rx.el.div(rx.el.h2(item["label"], class_name="t16 grow"), _state(item), class_name="row g2"),
        tools,
        rx.el.ul(id="way-" + kind, class_name="uplist", custom_attrs={"aria-live": "polite", "aria-label": "正在上传的文件"}),
        wrong,
        class_name="mcard ccard",
        custom_attrs={"aria-label": item["label"], "data-kind": kind},
    )  # fmt: skip


def _body() -> rx.Component:
    inputs = [
        rx.cond(
            S.kinds.contains(kind.value),
            rx.fragment(_chooser(kind, camera=True), _chooser(kind, camera=False)),
            rx.fragment(),
        )
        for kind in DocumentKind
    ]
    done = rx.cond(
        S.left == 0,
        rx.el.section(
            rx.el.span(icon("circle-check", "xl"), class_name="h5ok"),
            rx.el.b("都传好了", class_name="t16"),
            rx.el.p("客户经理核对后会联系您；还要补充可以继续传。", class_name="f2"),
            class_name="mcard ccard tc",
            role="status",
        ),
        rx.fragment(),
    )
    return rx.fragment(
        rx.el.div(
            rx.el.h1("补交贷款资料", class_name="t22 b"),
            rx.el.p(S.name, " 您好，请拍照或选择文件上传。链接 ", S.expires, " 前有效。", class_name="f2"),
            class_name="h5top",
        ),
        rx.cond(S.note != "", note(S.note, "info"), rx.fragment()),
        done,
        rx.foreach(S.wanted, _item),
        *inputs,
        rx.el.p("照片（JPG、PNG、WEBP）或 PDF；证件四角拍全、字迹清楚、不反光。", class_name="t13 f3"),
    )


@public_page(route="/h5/papers/[papers_token]", title="补交资料", on_load=S.load)
def h5_papers() -> rx.Component:
    """Draw what is asked for, or that the link counts no more."""
    over = rx.el.section(
        rx.el.span(icon("ban", "xl"), class_name="h5ok"),
        rx.el.h1("这个补件链接已失效", class_name="t22 b"),
        rx.el.p(
            "可能已过期、被撤回，或重新发送过。请用最新收到的链接，或联系您的客户经理。", class_name="f2"
        ),
        class_name="mcard ccard tc",
        role="status",
    )
    waiting = rx.el.div(
        class_name="mcard ccard", style={"minHeight": "320px"}, custom_attrs={"aria-busy": "true"}
    )
    return rx.el.div(
        rx.el.header(logo(28), rx.el.b(S.company, class_name="t16 cname"), rx.el.span(class_name="grow"), class_name="row g3"),
        rx.match(S.step, ("hand_in", _body()), ("over", over), waiting),
        note("我们不会在放款前收取任何费用，也不会索要您的银行卡密码或验证码。", "info"),
        rx.el.p(icon("lock", "s"), "加密传输，加密保存，只用于审核您的贷款申请", class_name="row g2 t12 f3 h5lock"),
        class_name="h5c",
    )  # fmt: skip
