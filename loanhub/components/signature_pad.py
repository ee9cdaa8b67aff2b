"""A board to sign on by finger or pen 手写板: strokes with their times, in a hidden input of the form it stands in.

The listeners are on the document, so that a board drawn later works too; nothing leaves the browser before the form is
sent. One of the few places with JavaScript of our own, as an expression (see ``browser``).
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.browser import Effect
from loanhub.components.buttons import button
from loanhub.domain.signing import BOARD_HEIGHT, BOARD_WIDTH

_PAD = """
const lhPads = () => {
  const kept = new WeakMap();
  let open = null;
  const box = (svg) => document.getElementById(svg.id + '-ink');
  const keep = (svg, strokes) => { const el = box(svg); if (el) el.value = JSON.stringify(strokes); svg.dataset.empty = strokes.length ? '' : 'true'; };
  const draw = (one) => one.path.setAttribute('d', 'M' + one.line.map((p) => p[0] + ' ' + p[1]).join(' L') + (one.line.length < 2 ? ' l0.1 0' : ''));
  const add = (e) => {
    const r = open.svg.getBoundingClientRect();
    const x = Math.round((e.clientX - r.left) * BOARD_W / r.width), y = Math.round((e.clientY - r.top) * BOARD_H / r.height);
    const last = open.line[open.line.length - 1];
    if (last && last[0] === x && last[1] === y) return;
    open.line.push([Math.min(BOARD_W, Math.max(0, x)), Math.min(BOARD_H, Math.max(0, y)), Math.max(0, Math.round(e.timeStamp - open.all.begun))]);
  };
  const down = (e) => {
    const svg = e.target instanceof Element ? e.target.closest('svg[data-signpad]') : null;
    if (!svg || e.button > 0) return;
    e.preventDefault();
    let all = kept.get(svg);
    if (!all) { all = {strokes: [], begun: e.timeStamp}; kept.set(svg, all); }
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.querySelector('g').appendChild(path);
    open = {svg, all, path, line: [], id: e.pointerId};
    all.strokes.push(open.line);
    svg.setPointerCapture?.(e.pointerId);
    add(e);
    draw(open);
  };
  const move = (e) => {
    if (!open || e.pointerId !== open.id) return;
    const many = e.getCoalescedEvents?.() ?? [];
    (many.length ? many : [e]).forEach(add);
    draw(open);
  };
  const up = (e) => { if (!open || e.pointerId !== open.id) return; keep(open.svg, open.all.strokes); open = null; };
  const click = (e) => {
    const wipe = e.target instanceof Element ? e.target.closest('[data-signpad-clear]') : null;
    if (wipe) {
      const svg = document.getElementById(wipe.dataset.signpadClear);
      if (svg) { kept.delete(svg); svg.querySelector('g').replaceChildren(); keep(svg, []); }
    }
    const where = e.target instanceof Element ? e.target.closest('[data-place]') : null;
    if (where && navigator.geolocation) {
      navigator.geolocation.getCurrentPosition((p) => {
        const el = document.getElementById(where.dataset.place);
        if (el) el.value = p.coords.latitude.toFixed(4) + ',' + p.coords.longitude.toFixed(4);
        where.textContent = '已附上位置';
      }, () => { where.textContent = '没有取到位置，可以不附'; }, {timeout: 8000});
    }
  };
  document.addEventListener('pointerdown', down);
  document.addEventListener('pointermove', move);
  document.addEventListener('pointerup', up);
  document.addEventListener('pointercancel', up);
  document.addEventListener('click', click);
  return () => {
    document.removeEventListener('pointerdown', down);
    document.removeEventListener('pointermove', move);
    document.removeEventListener('pointerup', up);
    document.removeEventListener('pointercancel', up);
    document.removeEventListener('click', click);
  };
};
""".replace("BOARD_W", str(BOARD_WIDTH)).replace("BOARD_H", str(BOARD_HEIGHT))

_BOARD = {
    "display": "block", "width": "100%", "aspectRatio": f"{BOARD_WIDTH} / {BOARD_HEIGHT}", "touchAction": "none",
    "background": "#fff", "borderRadius": "12px", "border": "1px dashed var(--line-2)", "cursor": "crosshair",
}  # fmt: skip
_LINES = {
    "fill": "none",
    "stroke": "#101a59",
    "strokeWidth": "5",
    "strokeLinecap": "round",
    "strokeLinejoin": "round",
}


class SignatureBoards(Effect):
    """Listens for every board of the page; once, beside them."""

    def add_custom_code(self) -> list[str]:
        """Return the listener functions."""
        return [_PAD]

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Listen while the page is shown."""
        return self._effect("return lhPads();")


def signature_pad(key: str, label: str, *, error: str | rx.Var[str] = "") -> rx.Component:
    """Draw a board whose strokes the form sends under ``key`` as JSON: [[[x, y, milliseconds], …], …]."""
    return rx.el.div(
        rx.el.div(
            rx.el.span(label, class_name="f2 t14", custom_attrs={"id": f"pad-{key}-label"}),
            button(
                "重签",
                look="g",
                size="sm",
                icon_name="rotate-ccw",
                custom_attrs={"data-signpad-clear": f"pad-{key}"},
            ),
            class_name="row sb",
        ),
        rx.el.svg(
            rx.el.svg.g(style=_LINES),
            view_box=f"0 0 {BOARD_WIDTH} {BOARD_HEIGHT}",
            id=f"pad-{key}",
            style=_BOARD,
            role="img",
            custom_attrs={
                "data-signpad": "true",
                "data-empty": "true",
                "aria-labelledby": f"pad-{key}-label",
            },
        ),
        rx.el.input(type="hidden", name=key, default_value="", id=f"pad-{key}-ink"),
        rx.el.small(error, class_name="ce", role="alert"),
        style={"display": "grid", "gap": "6px"},
    )


def strokes(paths: rx.Var[Any], label: str) -> rx.Component:
    """Draw a stored signature; ``paths`` are SVG path data on the board."""
    return rx.el.svg(
        rx.el.svg.g(rx.foreach(paths, lambda path: rx.el.svg.path(d=path)), style=_LINES),
        view_box=f"0 0 {BOARD_WIDTH} {BOARD_HEIGHT}",
        style={**_BOARD, "cursor": "default", "maxWidth": "280px", "border": "1px solid var(--line)"},
        role="img",
        custom_attrs={"aria-label": label},
    )
