"""The built-in fields: a file an entity."""

from __future__ import annotations

from loanhub.domain.catalogue.fields import (
    application,
    collection_case,
    contract,
    customer,
    interaction,
    lead,
    loan,
    review,
    task,
)
from loanhub.domain.catalogue.spec import EntitySpec

ENTITIES: tuple[EntitySpec, ...] = (
    lead.ENTITY,
    customer.ENTITY,
    application.ENTITY,
    contract.ENTITY,
    loan.ENTITY,
    task.ENTITY,
    interaction.ENTITY,
    review.SUBMISSION,
    review.APPROVAL,
    loan.INSTALLMENT,
    loan.PAYMENT,
    collection_case.ENTITY,
)
"""Every entity the catalogue describes."""
