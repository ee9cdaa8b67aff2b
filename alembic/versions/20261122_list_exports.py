"""The lists of contracts and of loans may be taken away as files, by those who answer for them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {
    "finance": ("loans:export",),
    "contracts": ("contracts:export",),
    "manager": ("contracts:export", "loans:export"),
}
"""What the shipped roles gain; a firm's own roles are its own affair."""


def _grant() -> None:
    role = sa.table("role", sa.column("code"), sa.column("permissions", JSON))
    connection = op.get_bind()
    for code, gained in GRANTED.items():
        held = connection.execute(
            sa.select(role.c.permissions).where(role.c.code == code)
        ).scalar_one_or_none()
        if held is not None:
            wanted = [*held, *(one for one in gained if one not in held)]
            connection.execute(sa.update(role).where(role.c.code == code).values(permissions=wanted))


def upgrade() -> None:
    """Grant."""
    _grant()


def downgrade() -> None:
    """What was granted stays: nobody knows any more who held it before."""
