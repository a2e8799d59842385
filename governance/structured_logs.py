"""One JSON line a log event, with the request id that runs from upload to verdict to notice.
Never logs a body, a header, a secret or an address: only names and ids, and errors without their words."""

import logging
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from governance.request_ids import current_request_id

SystemExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WordlessFormatter(JsonFormatter):
    """An error shows its type and where it was raised; its message may quote what a publisher or person sent."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data["request_id"] = current_request_id()

    def formatException(self, ei: SystemExcInfo) -> str:  # noqa: N802  the name is logging's
        frames = "".join(traceback.format_tb(ei[2]))
        return frames + (ei[0].__name__ if ei[0] else "")


def logging_config() -> dict[str, Any]:
    """Return Django's LOGGING setting."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": WordlessFormatter,
                "fmt": "%(levelname)s %(name)s %(message)s",
                "timestamp": True,
                "rename_fields": {"levelname": "level", "name": "logger", "message": "event"},
            },
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json"},
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {"django.request": {"level": "ERROR"}},
    }
