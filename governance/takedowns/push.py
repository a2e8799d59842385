"""Tells the stream's processes that something new was published: a wake-up and nothing else.
A broker that is down costs the push and never the order: the files are there, and every runtime polls."""

import logging

import redis
from django.conf import settings

from governance.broker import FEED_CHANNEL, redis_url

log = logging.getLogger(__name__)

CONNECT_SECONDS = 0.5


def wake_streams() -> bool:
    """Publish a wake-up; returns whether the broker took it."""
    try:
        with redis.Redis.from_url(
            redis_url(settings.BROKER_URL),
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
        ) as broker:
            broker.publish(FEED_CHANNEL, b"published")
    except (redis.RedisError, OSError) as error:
        log.warning("stream_not_woken", extra={"error": type(error).__name__})
        return False
    return True
