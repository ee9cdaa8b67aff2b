"""Choosing many 多选: by checkbox, X, Shift+↑/↓, Ctrl+A or a long press; kept in the browser, so it follows no delay.

While cards are chosen the columns stay as they are (``hold``): what others do meanwhile appears when the choice ends,
or at once on 「看板有更新」.
"""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData

from loanhub.components.board.adapter import expression, setter
from loanhub.components.icons import icon

AT_ONCE = 500
"""As many as the server takes at once."""

CHOOSE = (
    f"const lhMost = {AT_ONCE};"
    + """
const lhChoose = (b, ids, anchor) => {
  if (!ids.length) window.lhKept = null;
  const next = [...new Set(ids)].slice(0, lhMost), starts = next.length && !b.chosen.length, ends = !next.length;
  b.set({
    chosen: next, anchor: anchor ?? b.anchor, ...(starts && b.views ? { hold: b.views } : ends ? { hold: {} } : {}),
    say: next.length ? `已选 ${next.length} 条` : "已取消选择",
  });
};
const lhToggle = (b, id) => {
  const has = b.chosen.includes(id);
  lhChoose(b, has ? b.chosen.filter((other) => other !== id) : [...b.chosen, id], id);
};
const lhSpan = (list, one, other) => {
  const [from, to] = [list.indexOf(one), list.indexOf(other)].sort((a, b) => a - b);
  return from < 0 ? [other] : list.slice(from, to + 1);
};
const lhExtend = (b, list, id, next) => {
  const anchor = list.includes(b.anchor) && b.chosen.includes(b.anchor) ? b.anchor : id;
  const left = new Set(lhSpan(list, anchor, id));
  lhChoose(b, [...b.chosen.filter((other) => !left.has(other)), ...lhSpan(list, anchor, next)], anchor);
};
const lhChooseAll = (b, list) =>
  lhChoose(b, list.every((id) => b.chosen.includes(id))
    ? b.chosen.filter((id) => !list.includes(id)) : [...b.chosen, ...list]);
const lhPress = (id) => setTimeout(() => {
  const button = document.getElementById(id);
  // A menu opens on pointerdown or a key, not on a click made by a script.
  if (button?.getAttribute("aria-haspopup") === "menu") {
    button.focus(); button.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  } else button?.click();
}, 80);
const lhOnMany = (b, id, button) => { if (!b.chosen.includes(id)) lhToggle(b, id); lhPress(button); };
const lhChooseKey = (b, e, id, list, focus) => {
  const mod = e.ctrlKey || e.metaKey, key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  const by = { ArrowUp: -1, ArrowDown: 1 }[key], next = list[list.indexOf(id) + by];
  const single = document.documentElement.dataset.hotkeys === "off" || mod || e.altKey || e.shiftKey ? {} : {
    x: () => lhToggle(b, id), a: () => lhOnMany(b, id, "board-assign"), e: () => b.call.edit(id),
    ...(b.chosen.length ? { m: () => lhOnMany(b, id, "board-move") } : {}),
  };
  const act = mod && !e.altKey && key === "a" ? () => lhChooseAll(b, list)
    : e.shiftKey && by && !mod ? () => { if (next) { lhExtend(b, list, id, next); focus(next); } }
    : key === "Escape" && b.chosen.length ? () => lhChoose(b, []) : single[key];
  if (!act) return false;
  e.preventDefault(); e.stopPropagation(); act();
  return true;
};
const lhPicks = (b, cache) => {
  b.picks = {};
  b.columns.forEach(({ code }) => {
    b.picks[code] = lhKeep(cache, "picks " + code, b.views[code].filter((id) => b.chosen.includes(id)));
  });
};
const lhBehind = (b) => b.chosen.length > 0 && !b.lift.id
  && b.columns.some(({ code }) => (b.hold[code] ?? b.order[code] ?? []).join() !== (b.order[code] ?? []).join());
const lhTap = () => matchMedia("(hover: none)").matches;
"""
)


def check(name: rx.Var[str], chosen: rx.Var[bool]) -> rx.Component:
    """Return the box that chooses a card; shown on hover, on focus and while any card is chosen."""
    return rx.el.button(
        rx.cond(chosen, icon("check", "xs"), rx.fragment()),
        type="button",
        role="checkbox",
        class_name="lb-check",
        tab_index=-1,
        custom_attrs={
            "data-act": "choose",
            "aria-checked": rx.cond(chosen, "true", "false"),
            "aria-label": f"选中 {name}",
            "title": "选中（X）",
        },
    )


def behind() -> rx.Component:
    """Return the note that others have changed the board meanwhile; evaluated where ``lb`` is in scope."""
    return rx.cond(
        expression("lhBehind(lb)").to(bool),
        rx.el.button(
            icon("refresh-cw", "s"),
            "看板有更新，点此显示",
            type="button",
            class_name="lb-behind",
            custom_attrs={"data-act": "catch-up"},
        ),
        rx.fragment(),
    )


class _Kept(rx.Fragment):
    """Draws nothing; gives the choice back when a reconnect has emptied what the browser kept."""

    _hook: str = ""

    def add_imports(self) -> dict[str, Any]:
        """Return what the hook uses."""
        return {"react": ["useContext", "useEffect"], "$/utils/context": ["DispatchContext"]}

    def add_hooks(self) -> list[str]:
        """Return the effect."""
        return [self._hook]


@rx.memo
def kept_choice(chosen: rx.Var[list[str]], number: rx.Var[int], store: rx.Var[str]) -> rx.Component:
    """Keep the choice over a lost connection; ``number`` counts the choices made by the server, which are final."""
    kept = _Kept.create()
    kept._hook = f"""
const lhKeep = {setter(store)};
useEffect(() => {{
  const kept = window.lhKept;
  if ({chosen!s}.length) window.lhKept = {{ ids: {chosen!s}, number: {number!s} }};
  else if (kept && kept.number === {number!s}) lhKeep({{ chosen: kept.ids }});
}}, [{chosen!s}, {number!s}]);"""
    return kept


def bulk(
    *actions: rx.Component, chosen: rx.Var[list[str]], browser: Any, busy: rx.Var[bool], summary: rx.Var[str]
) -> rx.Component:
    """Return the bar of what may be done with the chosen; 取消选择 needs no server. ``browser``: the browser-only state."""
    clear: rx.Var[Any] = rx.Var(
        _js_expr="(() => { window.lhKept = null; lhBar({ chosen: [], hold: {}, say: '已取消选择' }); })",
        _var_data=VarData(
            imports={"react": ["useContext"], "$/utils/context": ["DispatchContext"]},
            hooks={f"const lhBar = {setter(rx.Var.create(browser.get_full_name()))};": None},
        ),
    )
    bar = rx.el.div(
        rx.el.b("已选 ", chosen.length(), " 条"),
        rx.el.span(summary, class_name="f3"),
        rx.el.span(class_name="vr"),
        *actions,
        rx.el.button(
            icon("x", "s"),
            type="button",
            title="取消选择（Esc）",
            custom_attrs={"aria-label": "取消选择", "onClick": clear},
        ),
        class_name="bulk",
        role="toolbar",
        custom_attrs={"aria-label": "批量操作"},
    )
    kept = kept_choice(chosen=chosen, number=browser.chosen_by_server, store=browser.get_full_name())
    return rx.fragment(kept, rx.cond((chosen.length() > 0) | busy, bar, rx.fragment()))
