"""A record over a list as a step of the browser's history; the State's half is ``state/_over_list.py``."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex.vars.base import LiteralVar

from loanhub.components.browser import EFFECT, Effect

# A record opened over a list is a step of its own in the history: Back closes it, Forward opens it again, and the list
# under it is not visited anew. Listens before the router, which knows nothing of these steps (state/_over_list.py).
_OVER_LIST = """
const lhOverList = (route, name, open, close) => {
  const bare = (path) => path.replace(/\\/+$/, '') || '/';
  const pop = (e) => {
    const quiet = window.lhQuiet;
    window.lhQuiet = false;
    if (quiet) { e.stopImmediatePropagation(); return; }
    const url = new URL(window.location.href), was = window.lhOver ?? '', id = url.searchParams.get(name) ?? '';
    url.searchParams.delete(name);
    if (bare(url.pathname) !== route || was === id) return;
    if (was && !id && url.href === window.lhUnder) {
      e.stopImmediatePropagation();
      const form = document.querySelector('[role=dialog] form[data-guard][data-dirty=true]');
      if (form && !window.confirm('这一页有未保存的修改，离开后不保留。离开吗？')) {
        window.lhQuiet = true;
        window.history.forward();
        return;
      }
      window.lhOver = '';
      close();
    } else if (!was && id && window.history.state?.lhOver === url.href) {
      e.stopImmediatePropagation();
      window.lhOver = id;
      window.lhUnder = url.href;
      open(id);
    }
  };
  window.addEventListener('popstate', pop, true);
  return () => window.removeEventListener('popstate', pop, true);
};
"""


class OverList(Effect):
    """Makes Back close the record shown over a list and Forward open it again; see ``state/_over_list.py``."""

    on_open: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]
    _route: str = ""
    _name: str = ""

    @classmethod
    def create(cls, route: str, name: str, on_open: Any, on_close: Any) -> rx.Component:
        """Create the listener: the list's address, the parameter that names the record, and what opens and closes it."""
        component = super().create(on_open=on_open, on_close=on_close)
        component._route, component._name = route, name
        return component

    def add_custom_code(self) -> list[str]:
        """Return the listener."""
        return [_OVER_LIST]

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Begin anew where a page begins; listen without dependencies, so that the handlers are never old ones."""
        opens = LiteralVar.create(self.event_triggers["on_open"])
        closes = LiteralVar.create(self.event_triggers["on_close"])
        start = "window.lhQuiet = false; window.lhOver = '';"
        body = f"return lhOverList('{self._route}', '{self._name}', (id) => ({opens!s})(id), () => ({closes!s})());"
        data = VarData.merge(EFFECT, opens._get_all_var_data(), closes._get_all_var_data())
        return [
            *self._effect(start),
            rx.Var(_js_expr=f"useEffect(() => {{ {body} }})", _var_data=data),
        ]
