"""The graph of related parties 关系图: written relations, shared phone, address and identity, two steps out.

Shared values are compared by blind index only, and never leave it: an edge says that two parties share a phone,
not which. A party outside the reader's scope stands there without name, number or link.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import masking
from loanhub.domain.customers import RelationKind
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, CustomerRelation
from loanhub.repositories import customers as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.customers._shared import sees
from loanhub.services.customers.relations import _debts, _wan

MOST_NODES = 40
SHARED_LIMIT = 12
WIDTH, HEIGHT = 720, 440
"""The box places are computed in."""


@dataclass
class GraphNode:
    """A party on the graph: ``id`` text unique here; x, y its place in percent of the box; ``ring`` 0 the customer itself.

    ``shape`` person, company or hidden; ``tone`` '' , warn or danger; ``spoken`` is the node in one sentence.
    """

    id: str = ""
    x: str = "0"
    y: str = "0"
    ring: int = 0
    name: str = ""
    initials: str = ""
    shape: str = "person"
    tone: str = ""
    detail: str = ""
    exposure: str = ""
    href: str = ""
    spoken: str = ""


@dataclass
class GraphEdge:
    """A relation between two nodes; ``found`` was compared, not written; ``mx, my`` the middle, for the label."""

    id: str = ""
    a: str = ""
    b: str = ""
    x1: str = "0"
    y1: str = "0"
    x2: str = "0"
    y2: str = "0"
    mx: str = "0"
    my: str = "0"
    label: str = ""
    found: bool = False
    tone: str = ""
    spoken: str = ""


@dataclass(frozen=True)
class Graph:
    """The graph with what the visible parties owe together; ``hidden`` parties are not in ``total``."""

    nodes: list[GraphNode] = field(default_factory=list)
    edges: list[GraphEdge] = field(default_factory=list)
    total: str = "—"
    own: str = "—"
    hidden: int = 0
    late: int = 0
    sentence: str = ""
    cut: bool = False


@dataclass
class _Link:
    a: str
    b: str
    labels: list[str]
    found: bool


def graph(actor: Actor, *, customer_id: int) -> Graph:
    """Return the parties within two steps of a customer.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        return _Builder(db, actor, customer).build()


class _Builder:
    def __init__(self, db: Session, actor: Actor, root: Customer) -> None:
        self.db, self.actor, self.root = db, actor, root
        self.people: dict[int, Customer] = {root.id or 0: root}
        self.outside: dict[str, CustomerRelation] = {}
        self.rings: dict[str, int] = {f"c{root.id}": 0}
        self.links: dict[tuple[str, str], _Link] = {}
        self.cut = False

    def build(self) -> Graph:
        frontier = [self.root.id or 0]
        for ring in (1, 2):
            reached = self._step(frontier, ring)
            # What lies behind somebody the reader may not see is not the reader's business either.
            frontier = [i for i in reached if self._sees(i)]
            if not frontier:
                break
        return self._draw()

    def _sees(self, customer_id: int) -> bool:
        return sees(self.actor, self.people[customer_id])

    def _step(self, frontier: list[int], ring: int) -> list[int]:
        found: list[int] = []
        pairs = [*self._written(frontier), *self._shared(frontier)]
        wanted = {i for pair in pairs for i in pair[:2] if isinstance(i, int)} - set(self.people)
        if wanted:
            query = sa.select(Customer).where(
                col(Customer.id).in_(wanted), col(Customer.deleted_at).is_(None)
            )
            loaded = {row.id or 0: row for row in self.db.execute(query).scalars()}
        else:
            loaded = {}
        for a, b, label, compared in pairs:
            ends = []
            for end in (a, b):
                if isinstance(end, int):
                    if end not in self.people:
                        if end not in loaded:
                            break
                        if len(self.rings) >= MOST_NODES:
                            self.cut = True
                            break
                        self.people[end] = loaded[end]
                        self.rings[f"c{end}"] = ring
                        found.append(end)
                    ends.append(f"c{end}")
                else:
                    if end not in self.rings:
                        if len(self.rings) >= MOST_NODES:
                            self.cut = True
                            break
                        self.rings[end] = ring
                    ends.append(end)
            if len(ends) == 2 and ends[0] != ends[1]:
                self._link(ends[0], ends[1], label, compared)
        return found

    def _link(self, a: str, b: str, label: str, compared: bool) -> None:
        key = (min(a, b), max(a, b))
        link = self.links.setdefault(key, _Link(a, b, [], True))
        if label not in link.labels:
            link.labels.append(label)
        link.found = link.found and compared

    def _written(self, frontier: list[int]) -> Iterable[tuple[int | str, int | str, str, bool]]:
        query = (
            sa.select(CustomerRelation)
            .where(
                sa.or_(
                    col(CustomerRelation.customer_id).in_(frontier),
                    col(CustomerRelation.related_id).in_(frontier),
                ),
                col(CustomerRelation.ended_at).is_(None),
            )
            .order_by(col(CustomerRelation.id))
            .limit(200)
        )
        for row in self.db.execute(query).scalars():
            label = RelationKind(row.kind).label
            if row.share_rate is not None:
                label += f" {row.share_rate * 100:.0f}%"
            if row.related_id is not None:
                yield row.customer_id, row.related_id, label, False
            else:
                key = f"r{row.id}"
                self.outside[key] = row
                yield row.customer_id, key, label, False

        yield from self._registered(frontier)

    def _registered(self, frontier: list[int]) -> Iterable[tuple[int | str, int | str, str, bool]]:
        """The legal representative 法定代表人 a firm's record names, where no relation has been written."""
        known = sa.select(col(CustomerRelation.customer_id)).where(
            col(CustomerRelation.customer_id).in_(frontier), col(CustomerRelation.ended_at).is_(None),
            col(CustomerRelation.kind) == RelationKind.LEGAL_REPRESENTATIVE.value,
        )  # fmt: skip
        written = set(self.db.execute(known).scalars())
        for customer_id in frontier:
            firm = self.people[customer_id]
            name = str(firm.profile.get("legal_representative") or "")
            if firm.kind == "company" and name and customer_id not in written:
                key = f"f{customer_id}"
                kind = RelationKind.LEGAL_REPRESENTATIVE
                # Never added to the session: it stands on the graph only.
                self.outside[key] = CustomerRelation(
                    customer_id=customer_id, kind=kind.value, name=name, note=""
                )
                yield customer_id, key, f"{kind.label}（登记）", False

    def _shared(self, frontier: list[int]) -> Iterable[tuple[int, int, str, bool]]:
        phones: dict[str, int] = {}
        addresses: dict[str, int] = {}
        numbers: dict[str, int] = {}
        for customer_id in frontier:
            one = self.people[customer_id]
            for index, table in (
                (one.phone_index, phones), (one.address_index, addresses), (one.id_number_index, numbers),
            ):  # fmt: skip
                if index:
                    table.setdefault(index, customer_id)
        for column, table, label in (
            (Customer.phone_index, phones, "同手机号"), (Customer.address_index, addresses, "同地址"),
            (Customer.id_number_index, numbers, "同证件"),
        ):  # fmt: skip
            if table:
                query = sa.select(col(Customer.id), col(column)).where(
                    col(column).in_(table), col(Customer.deleted_at).is_(None)
                )
                for other, index in self.db.execute(
                    query.order_by(col(Customer.id)).limit(SHARED_LIMIT)
                ).all():
                    if other is not None and other != table[index]:
                        yield table[index], int(other), label, True
        # Somebody else's contact, representative or owner with this very phone or identity number.
        for column, table, label in (
            (CustomerRelation.phone_index, phones, "号码登记为其关系人"),
            (CustomerRelation.id_number_index, numbers, "证件登记为其关系人"),
        ):
            if table:
                named = sa.select(col(CustomerRelation.customer_id), col(column), col(CustomerRelation.kind)).where(
                    col(column).in_(table), col(CustomerRelation.ended_at).is_(None),
                    col(CustomerRelation.related_id).is_(None),
                )  # fmt: skip
                for other, index, kind in self.db.execute(named.limit(SHARED_LIMIT)).all():
                    if other != table[index]:
                        words = RelationKind(kind).label if kind in RelationKind else label
                        yield int(other), table[index], f"{words}（同号）", True

    def _draw(self) -> Graph:
        seen = {i for i in self.people if self._sees(i)}
        debts = _debts(self.db, sorted(seen)) if self.actor.can(Permission.LOANS_READ) else None
        places = self._places()
        nodes = [self._node(key, places[key], seen, debts) for key in self.rings]
        by_id = {node.id: node for node in nodes}
        edges = [self._edge(link, by_id) for link in self.links.values()]
        late = sum(1 for i in seen if i != self.root.id and debts and debts.get(i, (0, 0))[1] > 0)
        hidden = len(self.people) - len(seen)
        own = debts.get(self.root.id or 0, (0, 0))[0] if debts is not None else None
        total = sum(owes for owes, _ in debts.values()) if debts is not None else None
        sentence = f"{len(nodes) - 1} 个关系方，{len(edges)} 条关系"
        if late:
            sentence += f"，{late} 个有逾期"
        if hidden:
            sentence += f"，{hidden} 个不在你的数据范围内"
        return Graph(nodes, edges, _wan(total), _wan(own), hidden, late, sentence, self.cut)

    def _places(self) -> dict[str, tuple[float, float]]:
        places = {f"c{self.root.id}": (WIDTH / 2, HEIGHT / 2)}
        first = [key for key, ring in self.rings.items() if ring == 1]
        turns: dict[str, float] = {}
        step = 2 * math.pi / max(len(first), 1)
        # Nobody stands right below the middle: there is written what the root owes.
        start = -math.pi / 2 + (step / 2 if len(first) % 2 == 0 else 0)
        for number, key in enumerate(first):
            turn = start + step * number
            turns[key] = turn
            places[key] = (WIDTH / 2 + 190 * math.cos(turn), HEIGHT / 2 + 118 * math.sin(turn))
        children: dict[str, list[str]] = {}
        for link in self.links.values():
            for inner, outer in ((link.a, link.b), (link.b, link.a)):
                placed = any(outer in known for known in children.values())
                if self.rings.get(outer) == 2 and self.rings.get(inner) == 1 and not placed:
                    children.setdefault(inner, []).append(outer)
        for inner, outers in children.items():
            room = 2 * math.pi / max(len(first), 1) * 0.8
            for number, outer in enumerate(outers):
                turn = turns[inner] + (number - (len(outers) - 1) / 2) * room / max(len(outers), 1)
                places[outer] = (WIDTH / 2 + 318 * math.cos(turn), HEIGHT / 2 + 190 * math.sin(turn))
        for key in self.rings:
            places.setdefault(key, (WIDTH - 40, HEIGHT - 30))
        return places

    def _node(
        self, key: str, place: tuple[float, float], seen: set[int], debts: dict[int, tuple[int, int]] | None
    ) -> GraphNode:
        node = GraphNode(
            id=key, x=f"{place[0] / WIDTH * 100:.1f}", y=f"{place[1] / HEIGHT * 100:.1f}", ring=self.rings[key]
        )  # fmt: skip
        if key in self.outside:
            row = self.outside[key]
            node.name, node.detail = row.name, "不是客户"
            if row.customer_id not in seen:
                node.name = masking.mask("name", row.name)
        else:
            customer_id = int(key[1:])
            one = self.people[customer_id]
            node.shape = "company" if one.kind == "company" else "person"
            if customer_id not in seen:
                node.shape, node.name, node.detail = "hidden", "范围外", "不在你的数据范围内"
                node.initials, node.spoken = "?", "不在你的数据范围内的一方"
                return node
            node.name = one.name
            node.href = "" if node.ring == 0 else f"/customers/{customer_id}"
            owes, late = (debts or {}).get(customer_id, (0, 0))
            node.exposure = "" if debts is None else (f"在贷 {_wan(owes)}" if owes else "无在贷")
            node.detail = node.exposure
            if late:
                node.tone, node.detail = "danger", f"{node.exposure} · 逾期 {late} 天"
        node.initials = node.name[:2] if node.shape == "company" else node.name[-2:]
        node.spoken = f"{node.name}，{node.detail}" if node.detail else node.name
        return node

    def _edge(self, link: _Link, by_id: dict[str, GraphNode]) -> GraphEdge:
        a, b = by_id[link.a], by_id[link.b]
        label = "、".join(link.labels)
        return GraphEdge(
            id=f"{a.id}-{b.id}", a=a.id, b=b.id, x1=a.x, y1=a.y, x2=b.x, y2=b.y, mx=f"{(float(a.x) + float(b.x)) / 2:.1f}",
            my=f"{(float(a.y) + float(b.y)) / 2:.1f}", label=label, found=link.found,
            tone="danger" if any(one.tone == "danger" and one.ring for one in (a, b)) else "", spoken=f"{a.name} — {label} — {b.name}",
        )  # fmt: skip
