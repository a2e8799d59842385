"""One JSON line a log event, with the request id that runs from upload to verdict to notice.
Never logs a body, a header, a secret or an address: only names and ids, and errors without their words."""

import logging
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from governance.request_ids import current_request_id

SystemExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class RequestIdFilter(logging.Filter):
    """Gives each record the id of the request or task it was written in."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        return True


class WordlessFormatter(JsonFormatter):
    """An error shows its type and where it was raised; its message may quote what a publisher or person sent."""

    def formatException(self, ei: SystemExcInfo) -> str:  # noqa: N802  the name is logging's
        frames = "".join(traceback.format_tb(ei[2]))
        return frames + (ei[0].__name__ if ei[0] else "")


def logging_config() -> dict[str, Any]:
    """Return Django's LOGGING setting."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": RequestIdFilter}},
        "formatters": {
            "json": {
                "()": WordlessFormatter,
                "fmt": "%(levelname)s %(name)s %(message)s %(request_id)s",
                "timestamp": True,
                "rename_fields": {"levelname": "level", "name": "logger", "message": "event"},
            },
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]},
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {"django.request": {"level": "ERROR"}},
    }
