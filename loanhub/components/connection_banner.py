"""The banner of a lost connection, and of one that is back 断线提示."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.core.banner import has_connection_errors

from loanhub.components.icons import icon

_OFFLINE = """
const lhOffline = (lost, set) => {
  const root = document.documentElement;
  window.lhLost = Boolean(lost);
  if (lost) { root.dataset.offline = 'true'; set('lost'); return undefined; }
  if (root.dataset.offline === undefined) return undefined;
  delete root.dataset.offline;
  set('back');
  const timer = window.setTimeout(() => set(''), 2500);
  return () => window.clearTimeout(timer);
};
const lhWatchNetwork = (set) => {
  const off = () => { document.documentElement.dataset.offline = 'true'; set('lost'); };
  // The network is back; when the socket was lost as well, its own reconnect says so.
  const on = () => { if (!window.lhLost) lhOffline(false, set); };
  window.addEventListener('offline', off);
  window.addEventListener('online', on);
  return () => { window.removeEventListener('offline', off); window.removeEventListener('online', on); };
};
"""


class ConnectionBanner(rx.Fragment):
    """Says within seconds that the connection is lost, and that it is back; marks <html> meanwhile.

    ``html[data-offline]`` switches off every control marked ``data-writes``; inputs stay usable.
    """

    def add_custom_code(self) -> list[str]:
        """Return the effect functions."""
        return [_OFFLINE]

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Keep '' | 'lost' | 'back' in the browser."""
        data = VarData.merge(
            VarData(imports={"react": ["useEffect", "useState"]}), has_connection_errors._get_all_var_data()
        )
        return [
            rx.Var(
                _js_expr="const [lhLink, lhSetLink] = useState('');\n"
                f"useEffect(() => lhOffline({has_connection_errors!s}, lhSetLink), [{has_connection_errors!s}]);\n"
                "useEffect(() => lhWatchNetwork(lhSetLink), []);",
                _var_data=data,
            )
        ]

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """Create the banner."""
        link = rx.Var("lhLink", _var_type=str).to(str)
        lost = rx.el.div(
            rx.el.span(class_name="spin"),
            "连接已断开，正在重连…内容已暂存",
            class_name="offline",
            role="status",
        )
        back = rx.el.div(icon("circle-check", "s"), "已恢复连接", class_name="offline back", role="status")
        return super().create(rx.match(link, ("lost", lost), ("back", back), rx.fragment()), **props)


@rx.memo
def connection_banner() -> rx.Component:
    """Return the banner as a component of its own: its hooks need the event context around it."""
    return ConnectionBanner.create()
