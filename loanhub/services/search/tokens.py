"""What a record is found by: its tokens, written in the transaction of its change."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from loanhub.domain.names import number_tokens, search_tokens
from loanhub.models import SearchToken
from loanhub.repositories import bulk
from loanhub.services import _party_keys


def tokens_of(row: object, entity: str = "") -> set[str]:
    """Return every token a record is found by: name, company, number; phone and identity number as blind indexes.

    With an ``entity`` those under which 查重 finds its likely doubles stand among them.
    """
    tokens = search_tokens(getattr(row, "name", "") or "")
    tokens |= search_tokens(getattr(row, "company_name", "") or "")
    tokens |= number_tokens(getattr(row, "number", "") or "")
    for attribute in ("phone_index", "phone_tail_index", "id_number_index", "id_number_tail_index"):
        value = getattr(row, attribute, None)
        if value:
            tokens.add(f"#{value}")
    tokens |= _party_keys.tokens_of(entity, row)
    return {token[:80] for token in tokens if token}


def index(db: Session, entity: str, row: SQLModel) -> None:
    """Write the search tokens of a record anew, in the transaction of its change."""
    entity_id = row.id  # type: ignore[attr-defined]
    wanted = tokens_of(row, entity)
    model = type(row)
    if hasattr(model, "merged_into_id"):
        # What was merged into it is found by its old name, phone and number still.
        merged = sa.select(model).where(model.merged_into_id == entity_id)
        for other in db.execute(merged).scalars():
            wanted |= tokens_of(other)
    query = sa.select(col(SearchToken.token)).where(
        col(SearchToken.entity) == entity, col(SearchToken.entity_id) == entity_id
    )
    known = set(db.execute(query).scalars())
    stale = known - wanted
    if stale:
        db.execute(
            sa.delete(SearchToken).where(
                col(SearchToken.entity) == entity,
                col(SearchToken.entity_id) == entity_id,
                col(SearchToken.token).in_(stale),
            )
        )
    fresh = wanted - known
    if fresh:
        insert = sa.insert(SearchToken.__table__)  # type: ignore[attr-defined]
        db.execute(insert, [{"token": t, "entity": entity, "entity_id": entity_id} for t in sorted(fresh)])


def index_many(db: Session, entity: str, rows: Iterable[tuple[int, object]]) -> None:
    """Write the search tokens of records that have none yet: (id, anything with the searched attributes)."""
    write_tokens(db, entity, ((row_id, tokens_of(row, entity)) for row_id, row in rows))


def write_tokens(db: Session, entity: str, found: Iterable[tuple[int, Iterable[str]]]) -> None:
    """Write tokens worked out already, of records that have none yet."""
    fresh = ((token, row_id) for row_id, tokens in found for token in tokens)
    bulk.insert_many(db, SearchToken, ("token", "entity_id"), fresh, same={"entity": entity})


def write_token_lists(db: Session, entity: str, found: Iterable[tuple[int, str]]) -> None:
    """Write tokens of new records, each record's as the text of a JSON array, by one statement the database unfolds."""
    document = ",".join(f'"{row_id}":{tokens}' for row_id, tokens in found)
    db.execute(_UNFOLD[db.connection().dialect.name], {"entity": entity, "document": f"{{{document}}}"})


_UNFOLD = {
    "sqlite": sa.text(
        "INSERT OR IGNORE INTO search_token (token, entity, entity_id) "
        "SELECT token.value, :entity, CAST(record.key AS INTEGER) "
        "FROM json_each(:document) AS record, json_each(record.value) AS token "
        # In the order of the table: a chunk of a long list then writes each of its pages once.
        "ORDER BY 1, 3"
    ),
    "postgresql": sa.text(
        "INSERT INTO search_token (token, entity, entity_id) "
        "SELECT token, :entity, CAST(record.key AS INTEGER) "
        "FROM json_each(CAST(:document AS json)) AS record, json_array_elements_text(record.value) AS token "
        "ON CONFLICT DO NOTHING"
    ),
}
