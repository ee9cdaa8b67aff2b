"""What every test of the routes starts with."""

from __future__ import annotations

import pytest

from loanhub.api import _routing
from loanhub.settings import settings
from loanhub.state._guard import Bucket


@pytest.fixture(autouse=True)
def full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what earlier tests asked: each has a session of the same number, so they would share one allowance."""
    monkeypatch.setattr(_routing, "_requests", Bucket(settings().events_per_minute, settings().events_burst))
