"""The background processes: Celery only wakes; rows carry every promise.
The schedule is the playbook's, nothing here repeats one of its numbers."""

import os

from celery import Celery
from celery.schedules import crontab, schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")

from django.conf import settings

from governance.playbook import BeatEntry, beat_entries, playbook

app = Celery("governance", include=["governance.tasks"])


def _timing(entry: BeatEntry) -> schedule | crontab:
    if entry.every_seconds is not None:
        return schedule(run_every=entry.every_seconds)
    return crontab(minute=str(entry.minute), hour=str(entry.hour))


app.conf.update(
    broker_url=settings.BROKER_URL,
    task_default_queue="default",
    # Scans have workers of their own, so that a long one never stands before a notice.
    task_routes={
        "governance.tasks.screen_version": {"queue": "screening"},
        "governance.tasks.rescan_version": {"queue": "screening"},
    },
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=200,
    worker_soft_shutdown_timeout=5.0,
    worker_enable_soft_shutdown_on_idle=True,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    # A publish must never hold up a request: the sweepers find what a lost wake-up left behind.
    task_publish_retry=False,
    # Engine timeout < task limit < lease < visibility timeout: a task is never run twice at once by the broker.
    task_time_limit=playbook().marketplace.screening.task_limit_seconds,
    broker_transport_options={
        "visibility_timeout": playbook().marketplace.screening.task_limit_seconds * 3,
        # kombu's defaults restore a dead worker's tasks only after a further 100 s.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # A wake-up is not worth waiting for: while the broker is down, a request goes on after one short retry.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
        "socket_timeout": 30,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
    },
    timezone="UTC",
    enable_utc=True,
    beat_schedule={
        entry.name: {
            "task": entry.task,
            "schedule": _timing(entry),
            # A beat that was down must not pile up wake-ups of a sweep: one is enough, rows say what is due.
            "options": {"queue": entry.queue, "expires": 600},
        }
        for entry in beat_entries(playbook())
    },
)
