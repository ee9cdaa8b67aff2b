"""What the browser shows before the server has answered: server order + pending moves.

The functions below are the whole optimistic layer (kanban.md §3). They run in the browser; Python only
holds their text, because no hand-written script file belongs to this project.

- A move is shown at once as a pending operation ``n`` and sent; the server, accepting or refusing, sets
  ``acked = n`` and re-sends what changed. A refused card returns because its operation falls out of the view.
- ``hold`` freezes all columns while a card is in the air; what others did meanwhile appears at the drop.
- ``lift.ver`` is the version seen when the card was lifted: a move by someone else during the drag must be
  a conflict, not silently overwritten.
"""

ORDER = """
const lhView = (ids, ops, acked, hold, col) => ops.reduce((view, op) => {
  if (op.n <= acked) return view;
  const rest = view.filter((id) => id !== op.id);
  if (op.to === col) {
    const at = rest.indexOf(op.before);
    rest.splice(at >= 0 ? at : rest.indexOf(op.after) + 1, 0, op.id);
  }
  return rest;
}, hold?.[col] ?? ids);
const lhKeep = (cache, name, next) => {
  const old = cache[name];
  const same = old && old.length === next.length && old.every((item, i) => item === next[i]);
  return same ? old : (cache[name] = next);
};
const lhBlank = {};
const lhBoard = (b, cache) => {
  b.views = {}; b.items = {};
  // A card that left while the columns are held still is still shown: as it was last seen.
  b.kept = Object.keys(b.hold ?? {}).length ? cache.seen : null;
  b.columns.forEach(({ code }) => {
    b.views[code] = lhKeep(cache, "ids " + code, lhView(b.order[code] ?? [], b.ops, b.acked, b.hold, code));
    b.items[code] = lhKeep(cache, "cards " + code, b.views[code].map((id) => lhCard(b, id)));
  });
  cache.seen = { ...b.kept, ...b.cards, ...b.patch };
  return b;
};
const lhCard = (b, id) => b.patch[id] ?? b.cards[id] ?? b.kept?.[id] ?? lhBlank;
const lhLaneOf = (b, id) => lhCard(b, id).lane ?? "-";
const lhLaneFolded = (b, key) =>
  b.folds["lane:" + key] ?? b.lanes.find((lane) => lane.key === key)?.folded ?? false;
const lhCode = (place) => (place ?? "").split("|")[0];
const lhIn = (b, place) => {
  const [code, key] = place.split("|");
  return (key === undefined ? b.views[code] : b.cells[key]?.[code]?.ids) ?? [];
};
const lhList = (b, id, code) => lhIn(b, b.lanes?.length ? `${code}|${lhLaneOf(b, id)}` : code);
const lhFlow = (b, code) => b.lanes?.length
  ? b.lanes.filter(({ key }) => !lhLaneFolded(b, key)).flatMap(({ key }) => b.cells[key][code].ids)
  : b.views[code];
const lhColumn = (b, code) => b.columns.find((column) => column.code === code) ?? lhBlank;
const lhWhere = (b, id) => b.columns.find(({ code }) => b.views[code].includes(id))?.code;
const lhCount = (b, column) =>
  column.count + (b.shift[column.code] ?? 0) + b.views[column.code].length - (b.order[column.code] ?? []).length;
const lhFolded = (b, column) => b.folds[column.code] ?? column.folded ?? false;
const lhForbidden = (b, from, to) =>
  from === to ? lhColumn(b, to).held ?? "" : lhColumn(b, to).forbidden_from?.[from] || lhColumn(b, to).forbidden || "";
const lhGate = (b, code) =>
  (b.lift.id && b.over === code && b.gates?.card === b.lift.id && b.gates.stages?.[code]) || null;
const lhBlocked = (b, to) => lhForbidden(b, b.lift.from, to)
  || (b.gates?.card === b.lift.id && to !== b.lift.from && b.gates.stages?.[to]?.blocked) || "";
const lhTab = (b) => b.tab || b.columns[0]?.code;
const lhNext = (b, index) => {
  const from = b.columns[index].code;
  const next = b.columns.slice(index + 1).find((column) => !column.forbidden_from?.[from]);
  return next && !lhForbidden(b, from, next.code) ? next : null;
};
const lhVersion = (b, id) =>
  (lhCard(b, id).ver ?? 0) + b.ops.filter((op) => op.n > b.acked && op.id === id).length;
const lhLift = (b, id, mode) => {
  b.set({ hold: b.views, over: "", lift: { id, ver: lhVersion(b, id), from: lhWhere(b, id), mode } });
  b.call.lift?.(id);
};
const lhMove = (b, id, to, index) => {
  const from = lhWhere(b, id);
  const list = lhList(b, id, to), rest = list.filter((other) => other !== id);
  const same = from === to && list.indexOf(id) !== index && b.sort;
  const still = !from || !b.views[to] || (from === to && (b.sort || list.indexOf(id) === index));
  if (same) b.set({ say: lhSay.sorted(b, id) });
  if (still || lhForbidden(b, from, to)) { b.set({ hold: {}, lift: {}, menu: "", over: "" }); return; }
  const op = {
    n: Math.max(b.acked, ...b.ops.map((other) => other.n)) + 1, id, from, to,
    after: rest[index - 1] ?? null, before: rest[index] ?? null,
    ver: b.lift.id === id ? b.lift.ver : lhVersion(b, id), key: generateUUID(),
  };
  b.set({ hold: {}, lift: {}, menu: "", over: "", ops: [...b.ops.filter((other) => other.n > b.acked), op] });
  b.call.move(op);
};
"""

ACTIONS = """
const lhFocus = (id) => setTimeout(() => document.querySelector(`[data-card="${id}"]`)?.focus(), 0);
const lhMoveSaying = (b, id, to) => {
  const from = lhWhere(b, id), no = lhForbidden(b, from, to);
  b.set({ say: no ? lhSay.refused(b, id, to, no) : lhSay.moved(b, id, to, 1) });
  if (!no) { lhMove(b, id, to, 0); lhFocus(id); }
};
const lhStep = (b, id, by) => {
  const codes = b.columns.map((column) => column.code), at = codes.indexOf(lhWhere(b, id)) + by;
  if (codes[at]) lhMoveSaying(b, id, codes[at]);
  else b.set({ say: by > 0 ? "已在最后一个阶段" : "已在第一个阶段" });
};
const lhNeighbor = (b, id, dx, dy) => {
  const shown = b.columns.filter((column) => !lhFolded(b, column) && lhFlow(b, column.code).length);
  const x = shown.findIndex((column) => lhFlow(b, column.code).includes(id));
  if (x < 0) return;
  const list = shown[x + dx] ? lhFlow(b, shown[x + dx].code) : [], y = lhFlow(b, shown[x].code).indexOf(id) + dy;
  const next = list[dx ? Math.min(y, list.length - 1) : y];
  if (next) lhFocus(next);
};
const lhAdd = (b, input) => {
  const col = input.dataset.add, text = input.value.trim();
  if (!text || (b.asked.text === text && b.asked.n > b.answered)) return;
  b.set({ asked: { col, text, n: b.answered + 1 } });
  b.call.quick_add(col, text);
};
const lhClear = (b, ref) => useLayoutEffect(() => {
  const input = ref.current?.querySelector(`[data-add="${b.asked.col}"]`);
  if (input && b.asked.n <= b.answered && input.value.trim() === b.asked.text) input.value = "";
}, [b.added]);
const lhPick = (b, e, id) => {
  const list = b.views[lhWhere(b, id)] ?? [];
  if (e.shiftKey && list.includes(b.anchor)) lhChoose(b, [...b.chosen, ...lhSpan(list, b.anchor, id)]);
  else lhToggle(b, id);
};
const lhClick = (b, e) => {
  const at = e.target.closest?.("[data-act],[data-card]");
  if (!at || e.defaultPrevented) return;
  const { act = "open", to, add } = at.dataset, id = at.closest("[data-card]")?.dataset.card;
  const acts = {
    open: () => e.shiftKey || (b.chosen.length && lhTap()) ? lhPick(b, e, id) : b.call.open(id),
    choose: () => lhPick(b, e, id),
    "catch-up": () => b.set({ hold: {} }),
    menu: () => b.set({ menu: id, back: id }),
    next: () => lhMoveSaying(b, id, to),
    to: () => lhMoveSaying(b, b.menu, to),
    transfer: () => { b.call.transfer(b.menu, to, lhVersion(b, b.menu)); b.set({ menu: "" }); },
    more: () => b.call.load_more(to),
    age: () => b.call.age(to),
    tab: () => b.set({ tab: to }),
    fold: () => {
      b.set({ folds: { ...b.folds, [to]: !lhFolded(b, lhColumn(b, to)) } });
      b.call.toggle_fold(to);
    },
    lane: () => {
      b.set({ folds: { ...b.folds, ["lane:" + to]: !lhLaneFolded(b, to) } });
      b.call.toggle_fold("lane:" + to);
    },
    add: () => e.currentTarget.querySelector(`[data-add="${to}"]`)?.focus(),
    send: () => lhAdd(b, e.currentTarget.querySelector(`[data-add="${to}"]`)),
  };
  acts[act]?.();
};
const lhKey = (b, e) => {
  if (e.nativeEvent.isComposing) return;
  const { add, card: id } = e.target.dataset ?? {};
  if (add && e.key === "Enter") lhAdd(b, e.target);
  if (!id) return;
  if (b.lift.id) {
    if (e.key === "Enter" && b.lift.mode === "SNAP")
      e.target.dispatchEvent(new KeyboardEvent("keydown", { keyCode: 32, bubbles: true, cancelable: true }));
    return;
  }
  if (!e.defaultPrevented && lhChooseKey(b, e, id, b.views[lhWhere(b, id)] ?? [], lhFocus)) return;
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.shiftKey) return;
  const keys = e.altKey ? { ArrowLeft: () => lhStep(b, id, -1), ArrowRight: () => lhStep(b, id, 1) } : {
    Enter: () => b.call.open(id), m: () => b.set({ menu: id, back: id }),
    ArrowUp: () => lhNeighbor(b, id, 0, -1), ArrowDown: () => lhNeighbor(b, id, 0, 1),
    k: () => lhNeighbor(b, id, 0, -1), j: () => lhNeighbor(b, id, 0, 1),
    ArrowLeft: () => lhNeighbor(b, id, -1, 0), ArrowRight: () => lhNeighbor(b, id, 1, 0),
  };
  const act = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
  if (act) { e.preventDefault(); e.stopPropagation(); act(); }
};
"""

TELL = """
let lhToldAt = 0;
const lhTell = (b) => useEffect(() => {
  const { n, text, back } = b.told;
  // Only of a move this page has made: a page that is loaded again finds the words of the last one.
  if (!n || n === lhToldAt || !b.ops.some((op) => op.n === n)) return;
  lhToldAt = n;
  refs["__toast"]?.success(text, {
    id: "told-" + text, duration: %d,
    action: back.length ? { label: "撤销", onClick: () => b.call.undo(...back) } : undefined,
  });
}, [b.told]);
"""

GLIDE = """
const lhPlaces = (root) => {
  const { left, top } = root.getBoundingClientRect();
  return new Map([...root.querySelectorAll("[data-card]")].map((card) => {
    const box = card.getBoundingClientRect();
    return [card.dataset.card, [box.left - left + root.scrollLeft, box.top - top + root.scrollTop]];
  }));
};
const lhGlide = (b, cache, ref) => {
  const views = b.columns.map(({ code }) => b.views[code]);
  const changed = cache.views && lhKeep({ x: cache.views }, "x", views) !== cache.views;
  const mine = cache.ops !== b.ops || cache.hold !== b.hold;
  if (changed && !mine && ref.current && !matchMedia("(prefers-reduced-motion: reduce)").matches)
    cache.before = lhPlaces(ref.current);
  Object.assign(cache, { views, ops: b.ops, hold: b.hold });
  useLayoutEffect(() => {
    const before = cache.before;
    if (!before) return;
    cache.before = null;
    lhPlaces(ref.current).forEach(([x, y], id) => {
      const card = ref.current.querySelector(`[data-card="${id}"]`), old = before.get(id);
      const dx = old ? old[0] - x : 0, dy = old ? old[1] - y : 0;
      if (old && !dx && !dy) return;
      const from = old ? { transform: `translate(${dx}px, ${dy}px)` } : { opacity: 0 };
      card?.animate([from, {}], { duration: 240, easing: "cubic-bezier(.2,.8,.2,1)" });
    });
  });
};
"""
