"""Structured logging: one line an event, fields as key=value, no secrets.

    log = logger(__name__)
    log.info("service started", extra=fields(service="etcd", pid=12))

Lines go to stderr: `2026-11-21T11:43:06.123Z INFO ichor.apps.machined service started pid=12`.
"""

import logging
import sys
import time
from collections.abc import Mapping

_KEY = "ichor_fields"


def logger(name: str) -> logging.Logger:
    return logging.getLogger(name)


def fields(**values: object) -> dict[str, object]:
    """Give the `extra=` of a log call; a value with blanks is written by repr."""
    return {_KEY: values}


class LineFormatter(logging.Formatter):
    """Formats a record as one line; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = f"{stamp}.{int(record.msecs):03}Z {record.levelname} {record.name} "
        line += record.getMessage()
        extra: Mapping[str, object] = getattr(record, _KEY, {})
        for key, value in extra.items():
            text = str(value)
            line += (
                f" {key}={text!r}" if not text or " " in text or "\n" in text else f" {key}={text}"
            )
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def setup(level: int = logging.INFO) -> None:
    """Send the root logger's records to stderr, replacing what was set up before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
