"""Logs: one line an event on standard error, with personal data and secrets taken out of every logger's words."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

REDACTED = "[redacted]"

_SECRET_KEYS = re.compile(
    r"cookie|authorization|password|passwd|secret|token|lh_sid|payload|parameters|id_number|phone|bank_card|address",
    re.IGNORECASE,
)

# Order matters: whole structures first, single values after.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Reflex writes the whole event, headers and payload included, when a handler name is unknown.
    (re.compile(r"(Event\(name='[^']*').*", re.DOTALL), rf"\1, {REDACTED})"),
    (re.compile(r"(with value ').*(' and type hint)", re.DOTALL), rf"\1{REDACTED}\2"),
    (re.compile(r"((?:[Ee]vent data|be a dictionary, but received):? ).*", re.DOTALL), rf"\1{REDACTED}"),
    (re.compile(r"(\[parameters: ).*?(\]\s*(?:\n|$|\())", re.DOTALL), rf"\1{REDACTED}\2"),
    (
        re.compile(r"""(["']?(?:set-)?cookie["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\n]*)""", re.IGNORECASE),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"((?:__Host-)?lh_sid=)[^;\s'\"]+"), rf"\1{REDACTED}"),
    (
        re.compile(
            r"""(["']?(?:authorization|password|passwd|secret|(?:reflex-client-)?token)["']?\s*[:=]\s*)"""
            r"""(?:"[^"]*"|'[^']*'|(?:Bearer\s+)?[^\s,;&})\]]+)""",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[0-9Xx](?![0-9A-Za-z])"), REDACTED),
    (re.compile(r"(?<!\d)\d{16,19}(?!\d)"), REDACTED),
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), REDACTED),
)


def redact(text: str) -> str:
    """Return the text without cookies, tokens, passwords, payloads, phones, ID numbers and card numbers."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: redact every value, and drop the value of every key that names a secret."""
    return {
        key: REDACTED if _SECRET_KEYS.search(key) else _redact_value(value) for key, value in event.items()
    }


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {
            key: REDACTED if _SECRET_KEYS.search(str(key)) else _redact_value(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set):
        return [_redact_value(item) for item in value]
    return value if isinstance(value, bool | int | float | type(None)) else redact(str(value))


class RedactingRecord(logging.LogRecord):
    """A log record whose words are redacted whichever handler or formatter prints them."""

    def getMessage(self) -> str:  # noqa: N802 - the standard library's name
        """Return the formatted message, redacted."""
        return redact(super().getMessage())


class _Formatter(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        # Once more over the finished line: a traceback repeats values its exception carried.
        return redact(super().format(record))


class _StandardError(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error as it is now, not as it was when logging was configured."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:  # type: ignore[override]
        return sys.stderr


def configure(level: str = "INFO") -> None:
    """Route structlog and every standard logger (Reflex, granian, SQLAlchemy…) through the redaction; idempotent."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.setLogRecordFactory(RedactingRecord)
    # Python's own report of a failing handler prints the record as it came.
    logging.raiseExceptions = False
    handler = _StandardError()
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact_event,
                structlog.processors.KeyValueRenderer(
                    key_order=["timestamp", "level", "logger", "event"], drop_missing=True
                ),
            ],
        )
    )
    handler.set_name("loanhub")
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if kept.get_name() != "loanhub"] + [handler]
    root.setLevel(level)
    for name in ("reflex", "reflex_base", "sqlalchemy", "granian", "_granian", "granian.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # SQL text and its parameters are never worth the risk.
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
