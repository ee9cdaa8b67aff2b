from __future__ import annotations

import logging as standard
from collections.abc import Iterator

import pytest
import structlog

from loanhub import logging

SECRETS = ("13800138000", "11010519491231002X", "6222021234567890123", "s3cretTOKENvalue", "灯塔咖啡")


@pytest.fixture(autouse=True)
def configured(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    root, factory = standard.getLogger(), standard.getLogRecordFactory()
    handlers, level = list(root.handlers), root.level
    logging.configure("DEBUG")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    standard.setLogRecordFactory(factory)
    structlog.reset_defaults()


class TestRedact:
    @pytest.mark.parametrize(
        "text",
        [
            "phone 13800138000 called",
            "phone 138 0013 8000 called",
            "+86-13800138000",
            "id 11010519491231002X.",
            "card 6222021234567890123",
            "cookie: lh_sid=s3cretTOKENvalue; a=b",
            "{'cookie': '__Host-lh_sid=s3cretTOKENvalue', 'x': 1}",
            "Authorization: Bearer s3cretTOKENvalue",
            "password=灯塔咖啡&login=x",
            '{"password": "灯塔咖啡"}',
            "GET /_event?token=s3cretTOKENvalue&x=1",
            "No registered handler found for event: Event(name='a.b', router_data={'headers': {'cookie': 's3cretTOKENvalue'}}, payload={'p': '灯塔咖啡'})",
            "Error transforming event argument 'n' with value '{'p': '灯塔咖啡'}' and type hint 'int'",
            "Failed to deserialize event data: {'p': '灯塔咖啡'}.",
            "[SQL: SELECT 1]\n[parameters: ('灯塔咖啡',)]\n(Background",
        ],
    )
    def test_takes_out_what_nobody_may_read(self, text: str) -> None:
        shown = logging.redact(text)

        assert logging.REDACTED in shown
        assert not any(secret in shown for secret in SECRETS), shown

    @pytest.mark.parametrize(
        "text",
        ["lead L20260520001 moved", "took 1763763763123 ns", "amount 1234567.89", "at 2026-11-21T22:45:00Z"],
    )
    def test_leaves_record_numbers_and_times_alone(self, text: str) -> None:
        assert logging.redact(text) == text


class TestConfigure:
    @pytest.mark.parametrize(
        "name", ["reflex", "reflex_base.event", "granian.access", "sqlalchemy.pool", "anything"]
    )
    def test_covers_every_logger_its_arguments_and_its_tracebacks(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logger = standard.getLogger(name)
        logger.warning("called %s", "13800138000")
        try:
            raise ValueError("card 6222021234567890123")
        except ValueError:
            logger.exception("failed")

        shown = capsys.readouterr().err
        assert "called" in shown and "ValueError" in shown and not any(secret in shown for secret in SECRETS)

    def test_covers_structlog_by_key_and_by_value(self, capsys: pytest.CaptureFixture[str]) -> None:
        structlog.get_logger("x").warning(
            "saved",
            phone="x1",
            note="13800138000",
            form={"password": "灯塔咖啡"},
            items=["11010519491231002X"],
            count=3,
        )

        shown = capsys.readouterr().err
        assert "count=3" in shown and "x1" not in shown and not any(secret in shown for secret in SECRETS)
