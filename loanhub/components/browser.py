"""The little JavaScript of our own, as expressions: what must happen in the browser without asking the server.

Everything here is a component without looks whose effect runs on mount. No other module of ``components``
(the board's adapter and ``over_list`` aside) holds JavaScript of more than one call.
"""

from __future__ import annotations

import json
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from reflex.vars import VarData
from reflex.vars.base import LiteralVar

EFFECT = VarData(imports={"react": "useEffect"})

# The prefix of a sequence is kept on window: every generated module has its own copy of these functions.
_HOTKEYS = """
const lhTyping = (e) => e.isComposing || e.keyCode === 229 || (e.target instanceof Element
  && e.target.closest('input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable=true],[cmdk-root]') !== null);
const lhHotkey = (keys, run) => {
  const steps = keys.toLowerCase().split(' ');
  const mod = steps[0].startsWith('mod+');
  const alt = steps[0].startsWith('alt+');
  const last = steps[steps.length - 1].replace('mod+', '').replace('alt+', '');
  const listen = (e) => {
    if (e.defaultPrevented && !mod) return;
    // In an input Ctrl+Z belongs to what is typed there.
    if (lhTyping(e) && (!mod || last === 'z')) return;
    if (mod !== (e.ctrlKey || e.metaKey) || alt !== e.altKey) return;
    if (!mod && !alt && document.documentElement.dataset.hotkeys === 'off') return;
    if (e.isComposing || e.key.toLowerCase() !== last) return;
    if (!mod && document.querySelector('[role=dialog],[role=alertdialog]')) return;
    const prefix = window.lhPrefix ?? '';
    if (steps.length === 2 ? prefix !== steps[0] : prefix !== '' && !mod) return;
    e.preventDefault();
    run();
  };
  window.addEventListener('keydown', listen);
  return () => window.removeEventListener('keydown', listen);
};
const lhPrefixKey = (key) => {
  const listen = (e) => {
    if (e.key.toLowerCase() === key && !lhTyping(e) && !e.ctrlKey && !e.metaKey && !e.altKey) {
      window.lhPrefix = key;
      window.clearTimeout(window.lhPrefixTimer);
      window.lhPrefixTimer = window.setTimeout(() => { window.lhPrefix = ''; }, 1200);
    } else if (window.lhPrefix && e.key !== 'Shift') {
      window.setTimeout(() => { window.lhPrefix = ''; });
    }
  };
  window.addEventListener('keydown', listen);
  return () => window.removeEventListener('keydown', listen);
};
"""

# Formats while typing (money by thousands, 12.5万 written out, phones 3-4-4), echoes money in 大写 and 万, names chosen files,
# guards unsaved forms, submits by Ctrl+Enter, keeps the focus order. Listens once, on the document.
_FORMS = """
const lhUpper = (text) => {
  const d = '零壹贰叁肆伍陆柒捌玖', u = ['', '拾', '佰', '仟'], g = ['', '万', '亿', '兆'];
  const [y, c = ''] = text.split('.');
  const whole = y.replace(/^0+/, '');
  let out = '';
  let zero = false;
  for (let i = 0; i < whole.length; i += 1) {
    const pos = whole.length - 1 - i, n = Number(whole[i]);
    if (n === 0) { zero = true; } else { out += (zero && out ? '零' : '') + d[n] + u[pos % 4]; zero = false; }
    if (pos % 4 === 0 && pos > 0 && /[1-9]/.test(whole.slice(Math.max(0, i - 3), i + 1))) { out += g[pos / 4]; }
  }
  const j = Number(c[0] || 0), f = Number(c[1] || 0);
  out = out ? out + '元' : '';
  if (!j && !f) return (out || '零元') + '整';
  return out + (j ? d[j] + '角' : (out ? '零' : '')) + (f ? d[f] + '分' : '');
};
const lhUnfold = (text) => {
  const typed = text.replace(/[０-９．]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0));
  const unit = /^([0-9.,\\s¥￥]*)([万亿wW])元?$/.exec(typed);
  if (!unit) return typed;
  const zeros = unit[2] === '亿' ? 8 : 4;
  const [y, c = ''] = unit[1].replace(/[^0-9.]/g, '').split('.');
  return y + c ? y + c.slice(0, zeros).padEnd(zeros, '0') + '.' + c.slice(zeros) : '';
};
const lhNotMoney = (text) => !/^[0-9]*([.][0-9]{0,2})?$/.test(text.replace(/[,，\\s¥￥元]/g, ''));
const lhDigits = (el, kind) => {
  const typed = kind === 'money' ? lhUnfold(el.value).replace(/\\.$/, /[万亿wW]/.test(el.value) ? '' : '.') : el.value;
  const echo = kind === 'money' ? el.closest('.fld')?.querySelector('[data-money-echo]') : null;
  if (kind === 'money' && lhNotMoney(typed)) {  // a sign, a third decimal, a letter: stays as typed, and is refused by its sentence
    if (echo) echo.textContent = '';
    return;
  }
  const before = (typed === el.value ? el.value.slice(0, el.selectionStart) : typed).replace(/[^0-9.]/g, '').length;
  let raw = typed.replace(kind === 'money' ? /[^0-9.]/g : /[^0-9]/g, '');
  let shown = raw;
  if (kind === 'money') {
    const [y, ...c] = raw.split('.');
    raw = y.replace(/^0+(?=\\d)/, '') + (c.length ? '.' + c.join('').slice(0, 2) : '');
    const [w, f] = raw.split('.');
    shown = w.replace(/\\B(?=(\\d{3})+$)/g, ',') + (f === undefined ? '' : '.' + f);
  } else if (/^1/.test(raw)) {
    raw = raw.slice(0, 11);
    shown = [raw.slice(0, 3), raw.slice(3, 7), raw.slice(7)].filter(Boolean).join(' ');
  }
  if (shown !== el.value) {
    el.value = shown;
    let at = 0;
    for (let seen = 0; at < shown.length && seen < before; at += 1) { if (/[0-9.]/.test(shown[at])) seen += 1; }
    el.setSelectionRange(at, at);
  }
  if (kind === 'money') {
    const cents = Number(raw || 0);
    if (echo) echo.textContent = cents > 0 && raw.length < 15
      ? (cents >= 10000 ? (Math.round(cents) / 10000).toLocaleString('en-US', {maximumFractionDigits: 4}) + ' 万 · ' : '') + lhUpper(raw) : '';
  }
};
const lhForms = () => {
  const dirty = () => document.querySelector('form[data-guard][data-dirty=true]');
  const input = (e) => {
    const el = e.target;
    if (!(el instanceof HTMLElement)) return;
    const kind = el.dataset.format;
    if (kind && !e.isComposing) lhDigits(el, kind);
    if (el.type === 'file') {
      const out = el.closest('.drop')?.querySelector('[data-file-name]');
      if (out) out.textContent = [...el.files].map((f) => f.name).join('、');
    }
    const form = el.closest('form[data-guard]');
    if (form) form.dataset.dirty = 'true';
  };
  const submit = (e) => { if (e.target.dataset) delete e.target.dataset.dirty; };
  const key = (e) => {
    if (!(e.ctrlKey || e.metaKey) || e.isComposing) return;
    const form = e.target instanceof Element ? e.target.closest('form') : null;
    if (form && (e.key === 'Enter' || e.key.toLowerCase() === 's')) { e.preventDefault(); form.requestSubmit(); }
  };
  const leave = (e) => { if (dirty()) { e.preventDefault(); e.returnValue = ''; } };
  const click = (e) => {
    const a = e.target instanceof Element ? e.target.closest('a[href]') : null;
    const form = a && a.target !== '_blank' ? dirty() : null;
    if (!form || form.contains(a)) return;
    if (window.confirm('这一页有未保存的修改，离开后不保留。离开吗？')) { delete form.dataset.dirty; }
    else { e.preventDefault(); e.stopPropagation(); }
  };
  document.addEventListener('input', input);
  document.addEventListener('compositionend', input);
  document.addEventListener('submit', submit, true);
  document.addEventListener('keydown', key);
  document.addEventListener('click', click, true);
  window.addEventListener('beforeunload', leave);
  return () => {
    document.removeEventListener('input', input);
    document.removeEventListener('compositionend', input);
    document.removeEventListener('submit', submit, true);
    document.removeEventListener('keydown', key);
    document.removeEventListener('click', click, true);
    window.removeEventListener('beforeunload', leave);
  };
};
"""

# J/K and the arrows walk over [data-row] elements; Enter opens, X selects: clicks on what the row itself offers.
_ROWS = """
const lhRows = () => {
  const key = (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || !(e.target instanceof Element)) return;
    if (e.target.closest('input:not([type=checkbox]),textarea,select,[role=dialog],[role=menu],[cmdk-root],[data-col]')) return;
    if (document.documentElement.dataset.hotkeys === 'off' && !e.key.startsWith('Arrow') && e.key !== 'Enter') return;
    const rows = [...document.querySelectorAll('[data-row]')].filter((r) => r.offsetParent !== null);
    if (rows.length === 0) return;
    const here = rows.indexOf(e.target.closest('[data-row]'));
    const go = (n) => { e.preventDefault(); rows[Math.max(0, Math.min(rows.length - 1, n))].focus(); };
    if (e.key === 'j' || (e.key === 'ArrowDown' && here >= 0)) go(here + 1);
    else if (e.key === 'k' || (e.key === 'ArrowUp' && here >= 0)) go(here < 0 ? 0 : here - 1);
    else if (here >= 0 && e.key === 'Enter' && e.target === rows[here]) { e.preventDefault(); (rows[here].querySelector('[data-open]') || rows[here]).click(); }
    else if (here >= 0 && e.key === 'x') { e.preventDefault(); rows[here].querySelector('input[type=checkbox]')?.click(); }
  };
  document.addEventListener('keydown', key);
  return () => document.removeEventListener('keydown', key);
};
"""

# What is typed stays in this tab until it is sent: a reload, a killed tab of a phone, a session that has ended lose nothing.
# Under a name that says whose it is and what about; ``turn`` is the form's key: a new one after sending means an empty box.
_DRAFTS = """
const lhDraft = (name, turn) => {
  const box = name ? document.querySelector('textarea[data-draft]') : null;
  if (!box) return undefined;
  const at = 'lh-draft:' + name;
  window.lhSent ??= {};
  const sent = window.lhSent[at];
  const store = (text) => { try { text ? sessionStorage.setItem(at, text) : sessionStorage.removeItem(at); } catch {} };
  if (sent !== undefined && sent !== turn) { delete window.lhSent[at]; store(''); }
  let kept = '';
  try { kept = sessionStorage.getItem(at) ?? ''; } catch {}
  if (kept && !box.value) { box.value = kept; box.dispatchEvent(new Event('input', {bubbles: true})); }
  const typed = () => { delete window.lhSent[at]; store(box.value); };
  const submit = () => { window.lhSent[at] = turn; };
  box.addEventListener('input', typed);
  box.form?.addEventListener('submit', submit);
  return () => { box.removeEventListener('input', typed); box.form?.removeEventListener('submit', submit); };
};
"""


class Effect(rx.Fragment):
    """A component that draws nothing and runs an effect."""

    def _effect(self, body: str, deps: str = "[]", *data: Any) -> list[rx.Var[Any]]:
        merged = VarData.merge(EFFECT, *data)
        return [rx.Var(_js_expr=f"useEffect(() => {{ {body} }}, {deps})", _var_data=merged)]


class Hotkey(Effect):
    """One shortcut: ``c``, ``g l`` (a sequence), ``mod+k`` (Ctrl or ⌘), ``alt+arrowright``."""

    on_press: rx.EventHandler[rx.event.no_args_event_spec]
    _keys: str = ""

    @classmethod
    def create(cls, keys: str, on_press: Any) -> rx.Component:
        """Create the listener for ``keys``; single letters rest while someone types or composes."""
        component = super().create(on_press=on_press)
        component._keys = keys
        return component

    def add_custom_code(self) -> list[str]:
        """Return the shared listener functions."""
        return [_HOTKEYS]

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Subscribe on mount; without dependencies, so that the handler never sees old vars."""
        handler = LiteralVar.create(self.event_triggers["on_press"])
        prefix = (
            f"const off = lhPrefixKey('{self._keys.split()[0]}');"
            if " " in self._keys
            else "const off = () => {};"
        )
        body = f"{prefix} const end = lhHotkey('{self._keys}', () => ({handler!s})()); return () => {{ off(); end(); }};"
        return [
            rx.Var(
                _js_expr=f"useEffect(() => {{ {body} }})",
                _var_data=VarData.merge(EFFECT, handler._get_all_var_data()),
            )
        ]


class FormAssistant(Effect):
    """Formats money and phones while typing, echoes 大写, guards unsaved forms; once per page, in the shell."""

    def add_custom_code(self) -> list[str]:
        """Return the listener functions."""
        return [_FORMS]

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Listen while the page is shown."""
        return self._effect("return lhForms();")


class RowKeys(Effect):
    """J/K, arrows, Enter and X over anything marked ``data-row``; once per page, in the shell."""

    def add_custom_code(self) -> list[str]:
        """Return the listener functions."""
        return [_ROWS]

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Listen while the page is shown."""
        return self._effect("return lhRows();")


class Draft(Effect):
    """Keeps what is typed into the ``data-draft`` textarea beside it, and puts it back; '' as name keeps nothing."""

    _name: Any = ""
    _turn: Any = ""

    @classmethod
    def create(cls, name: str | rx.Var[str], turn: Any) -> rx.Component:
        """Create the keeper. name: who writes and about what; turn: the key of the form, changed once it is sent."""
        component = super().create()
        component._name, component._turn = LiteralVar.create(name), LiteralVar.create(turn)
        return component

    def add_custom_code(self) -> list[str]:
        """Return the function."""
        return [_DRAFTS]

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Look at the box whenever it is another one."""
        name, turn = self._name, self._turn
        return self._effect(
            f"return lhDraft({name!s}, {turn!s});",
            f"[{name!s}, {turn!s}]",
            name._get_all_var_data(),
            turn._get_all_var_data(),
        )


@rx.memo
def keeping(name: rx.Var[str], turn: rx.Var[str]) -> rx.Component:
    """Return the keeper as a component of its own: its effect begins when the form is there, also in a drawer."""
    return Draft.create(name, turn)


class After(Effect):
    """Fires ``on_elapsed`` once, ``seconds`` after it was mounted: the 30 seconds of a revealed number."""

    on_elapsed: rx.EventHandler[rx.event.no_args_event_spec]
    _seconds: float = 0

    @classmethod
    def create(cls, seconds: float, on_elapsed: Any) -> rx.Component:
        """Create the timer."""
        component = super().create(on_elapsed=on_elapsed)
        component._seconds = seconds
        return component

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Start on mount, stop on unmount."""
        handler = LiteralVar.create(self.event_triggers["on_elapsed"])
        wait = int(self._seconds * 1000)
        body = f"const t = setTimeout(() => ({handler!s})(), {wait}); return () => clearTimeout(t);"
        return self._effect(body, "[]", handler._get_all_var_data())


def hotkey(keys: str, on_press: Any) -> rx.Component:
    """Listen for a shortcut (see ``Hotkey``); ``on_press`` is a handler or several."""
    return Hotkey.create(keys, on_press)


def press(element_id: str) -> EventSpec:
    """Return the event that clicks an element of the page: opens a dialog from a shortcut without the server."""
    return rx.call_script(f"document.getElementById('{element_id}')?.click()")


def focus(selector: str) -> EventSpec:
    """Return the event that moves the focus to the first element matching a CSS selector, and shows it."""
    return rx.call_script(
        f"(() => {{ const el = document.querySelector(\"{selector}\"); el?.focus(); el?.scrollIntoView({{block: 'center'}}); }})()"
    )


def print_file(url: str) -> EventSpec:
    """Return the event that prints a PDF of ours: in a hidden frame, or by opening it where a frame shows no PDF.

    ``url``: a path of our own server; phones and browsers without a PDF reader get the file itself.
    """
    return rx.call_script(
        "((url) => { const away = () => window.location.assign(url);"
        " if (!navigator.pdfViewerEnabled || matchMedia('(max-width: 767px)').matches) return away();"
        " document.getElementById('lh-print')?.remove();"
        " const frame = document.createElement('iframe'); frame.id = 'lh-print'; frame.title = '打印';"
        " frame.style.cssText = 'position:fixed;right:0;bottom:0;width:1px;height:1px;border:0;opacity:0';"
        " frame.onload = () => { try { frame.contentWindow.focus(); frame.contentWindow.print(); }"
        " catch { window.open(url, '_blank', 'noopener'); } };"
        f" frame.src = url; document.body.append(frame); }})({json.dumps(url)})"
    )


def focus_first_error() -> EventSpec:
    """Return the event for after a refused form: the first wrong field gets the focus."""
    return rx.call_script("setTimeout(() => document.querySelector('[aria-invalid=true]')?.focus(), 60)")
