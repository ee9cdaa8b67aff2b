"""The keys of every page and the sheet that lists them (key ?)."""

from __future__ import annotations

from collections.abc import Sequence

import reflex as rx

from loanhub.components.browser import RowKeys, focus, hotkey, press
from loanhub.components.buttons import kbd
from loanhub.components.dialogs import dialog
from loanhub.components.toasts import press_undo

HELP = "hotkey-help"
GO = (
    ("w", "/", "工作台"), ("l", "/leads", "线索"), ("k", "/boards", "进件看板"), ("u", "/customers", "客户"),
    ("a", "/applications", "申请与审批"), ("r", "/loans", "贷款与还款"), ("c", "/cockpit", "驾驶舱"), ("t", "/inbox", "待办与消息"),
)  # fmt: skip
KEYS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("Ctrl", "K"), "命令面板"), (("/",), "搜索本页"), (("J", "K"), "上一条、下一条"), (("↵",), "打开"),
    (("X",), "选中"), (("Shift", "↓"), "连续选中"), (("Ctrl", "A"), "选中整列、本页"), (("A",), "分配（看板）"),
    (("E",), "编辑（看板）"), (("M",), "移至阶段（看板）"), (("Alt", "→"), "移到下一阶段（看板）"), (("N",), "写跟进"),
    (("Ctrl", "↵"), "提交"), (("Z",), "撤销"), (("?",), "快捷键列表"), (("Esc",), "关闭、取消选择"),
)  # fmt: skip


def page_hotkeys(paths: Sequence[str] | None = None) -> rx.Component:
    """Listen for the keys that work everywhere; ``paths`` are the routes that exist (None: all of ``GO``)."""
    go = [entry for entry in GO if paths is None or entry[1] in paths]
    lines = [rx.el.div(rx.el.span(text), kbd(*keys)) for keys, text in KEYS]
    lines += [rx.el.div(rx.el.span(f"去{text}"), kbd("G", key.upper())) for key, _, text in go]
    opener = rx.el.button(
        "快捷键", type="button", id=HELP, class_name="vh", tab_index=-1, custom_attrs={"aria-hidden": "true"}
    )
    return rx.fragment(
        RowKeys.create(),
        hotkey("/", focus("[data-search]")),
        hotkey("n", focus("[data-composer]")),
        hotkey("z", press_undo()),
        hotkey("mod+z", press_undo()),
        hotkey("?", press(HELP)),
        *[hotkey(f"g {key}", rx.redirect(path)) for key, path, _ in go],
        dialog("快捷键", rx.el.div(*lines, class_name="keys"), trigger=opener, wide=True),
    )
