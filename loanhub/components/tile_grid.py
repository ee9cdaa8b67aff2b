"""A grid of tiles that are pulled to their places and sizes: by mouse, finger or pen, and by the arrow keys.

Nothing is settled in the browser: a drop says which cells were meant, and the server answers how all tiles lie then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_base.event import EventChain
from reflex_base.vars.base import LiteralVar

ROW, GAP, COLUMNS = 44, 12, 12

_PULL = (
    """((e, tell, sizing) => {
  const grip = e.currentTarget, tile = grip.closest('[data-tile]'), grid = tile && tile.parentElement;
  if (e.button || !grid || getComputedStyle(grid).display !== 'grid') return;
  e.preventDefault();
  const at = (name) => parseInt(tile.dataset[name], 10);
  const from = {x: at('x'), y: at('y'), w: at('w'), h: at('h')};
  const unit = (grid.getBoundingClientRect().width + GAP) / COLUMNS, row = ROW + GAP;
  const left = e.clientX, top = e.clientY + (grid.getBoundingClientRect().top * -1);
  const ghost = document.createElement('div');
  ghost.className = 'rb-ghost';
  grid.appendChild(ghost);
  tile.classList.add('is-held');
  grip.setPointerCapture(e.pointerId);
  let to = from;
  const within = (value, low, high) => Math.min(high, Math.max(low, value));
  const draw = () => {
    ghost.style.gridColumn = `${to.x + 1} / span ${to.w}`;
    ghost.style.gridRow = `${to.y + 1} / span ${to.h}`;
  };
  const move = (m) => {
    const dx = m.clientX - left, dy = m.clientY - grid.getBoundingClientRect().top - top;
    const cells = [Math.round(dx / unit), Math.round(dy / row)];
    to = sizing
      ? {...from, w: within(from.w + cells[0], 2, COLUMNS - from.x), h: within(from.h + cells[1], 2, 16)}
      : {...from, x: within(from.x + cells[0], 0, COLUMNS - from.w), y: Math.max(0, from.y + cells[1])};
    if (!sizing) tile.style.transform = `translate(${dx}px, ${dy}px)`;
    draw();
  };
  const stop = (keep) => {
    grip.removeEventListener('pointermove', move);
    grip.removeEventListener('pointerup', up);
    grip.removeEventListener('pointercancel', off);
    document.removeEventListener('keydown', key, true);
    tile.style.transform = '';
    tile.classList.remove('is-held');
    ghost.remove();
    if (keep && ['x', 'y', 'w', 'h'].some((name) => to[name] !== from[name])) tell({id: tile.dataset.tile, ...to});
  };
  const up = () => stop(true), off = () => stop(false);
  const key = (k) => { if (k.key === 'Escape') { k.preventDefault(); k.stopPropagation(); stop(false); } };
  grip.addEventListener('pointermove', move);
  grip.addEventListener('pointerup', up);
  grip.addEventListener('pointercancel', off);
  document.addEventListener('keydown', key, true);
  draw();
})""".replace("COLUMNS", str(COLUMNS))
    .replace("GAP", str(GAP))
    .replace("ROW", str(ROW))
)

_KEYS = """((e, tell) => {
  const ways = e.shiftKey
    ? {ArrowLeft: 'narrower', ArrowRight: 'wider', ArrowUp: 'lower', ArrowDown: 'higher'}
    : {ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down'};
  if (!ways[e.key] || e.altKey || e.ctrlKey || e.metaKey) return;
  e.preventDefault();
  tell({id: e.currentTarget.closest('[data-tile]').dataset.tile, way: ways[e.key]});
})"""


def _handler(code: str, on_told: Callable[[Any], Any], *more: str) -> rx.Var[Any]:
    """Return a handler of the browser's event that calls ``code`` with it and with a way to tell the server."""

    def told(event: rx.Var[Any]) -> list[rx.Var[dict[str, Any]]]:
        return [rx.Var(f"{event!s}").to(dict[str, Any])]

    chain = LiteralVar.create(EventChain.create(value=on_told, args_spec=told, key="on_told"))
    rest = "".join(f", {one}" for one in more)
    return rx.Var(f"((e) => {code}(e, {chain!s}{rest}))", _var_data=VarData.merge(chain._get_all_var_data()))


def mover(on_drop: Callable[[Any], Any], on_step: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the attributes of a tile's grip: pulled it moves the tile; arrows move it, with Shift they size it."""
    return {"onPointerDown": _handler(_PULL, on_drop, "false"), "onKeyDown": _handler(_KEYS, on_step)}


def sizer(on_drop: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the attributes of a tile's corner: pulled it sizes the tile."""
    return {"onPointerDown": _handler(_PULL, on_drop, "true")}
