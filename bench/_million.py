"""A past for the customers that ``bench.search`` writes: a lead and three events each, straight into the tables.

The clock of these leads rests: a million that were never looked at would keep the server busy for an hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import sqlalchemy as sa

CHUNK = 100_000


def grow() -> int:
    """Give every customer a lead and three events unless it has; return how many customers there are."""
    from loanhub.demo._raw_rows import catch_up_sequences, write
    from loanhub.models import Event, Lead
    from loanhub.services._transaction import engine

    now = datetime(2026, 5, 20, 4, tzinfo=UTC)
    with engine().execution_options(writes=True).connect() as connection:
        with connection.begin():
            count = int(connection.execute(sa.text("SELECT COUNT(*) FROM customer")).scalar_one())
            there = int(connection.execute(sa.text("SELECT COUNT(*) FROM lead")).scalar_one())
            first = (
                int(connection.execute(sa.text("SELECT COALESCE(MAX(id), 0) FROM event")).scalar_one()) + 1
            )
            home = connection.execute(sa.text("SELECT department_id FROM customer WHERE id = 1")).scalar_one()
        for start in range(there, count, CHUNK):
            ids = range(start + 1, min(start + CHUNK, count) + 1)
            leads = pl.DataFrame(
                {
                    "id": ids, "number": [f"X{20200101 + n // 1000}{n % 1000:03d}" for n in ids], "customer_id": ids,
                    "owner_id": [n % 300 + 1 for n in ids],
                }
            )  # fmt: skip
            events = pl.concat(
                pl.DataFrame({"customer_id": ids, "lead_id": ids, "entity_id": ids}).with_columns(
                    pl.lit(kind).alias("type"), pl.lit(entity).alias("entity"), pl.lit(text).alias("summary")
                )
                for kind, entity, text in (
                    ("lead.created", "lead", "新线索"), ("lead.converted", "lead", "转为客户"), ("customer.edited", "customer", "城市"),
                )
            )  # fmt: skip
            events = events.with_columns(pl.int_range(first, first + len(events)).alias("id"))
            first += len(events)
            with connection.begin():
                write(
                    connection, Lead, leads,
                    {"name": "孙立", "created_at": now, "updated_at": now, "stage_entered_at": now, "stage_code": "lead",
                     "department_id": home, "status": "contacted", "clock_at": now + timedelta(days=3_650)},
                )  # fmt: skip
                write(connection, Event, events, {"at": now, "actor_name": "系统"})
        with connection.begin():
            catch_up_sequences(connection, [Lead, Event])
        if connection.dialect.name == "postgresql":
            with connection.begin():
                for table in ("lead", "event"):
                    connection.exec_driver_sql(f"ANALYZE {table}")
    return count
