"""The feed's process: what every runtime fetches and listens to, served from files and without a database.
Everything else is the web process's."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")

from django.conf import settings

from governance.api.stream import StreamApplication
from governance.broker import redis_url
from governance.playbook import playbook

application = StreamApplication(
    settings.FEED_DIR,
    broker_url=redis_url(settings.BROKER_URL),
    heartbeat_seconds=playbook().marketplace.feed.heartbeat_every_seconds,
)
