"""The command lines of Nexus Governance's own processes, and where they listen.

Decides numbers of processes and threads for one small machine; never what any of them does."""

import http.client
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from governance.stack.children import ChildSpec
from governance.stack.errors import BindInvalid, PortTaken
from governance.stack.paths import CHECKOUT

DEFAULT_BIND = "127.0.0.1:8000"

_CELERY = ("celery", "-A", "governance.celery")
_MIGRATE_SECONDS = 180.0
_WEB_READY_SECONDS = 60.0
# Long enough for a thread's notice or sweep. A scan takes longer; its version is claimed again by the sweep.
_WORKER_STOP_SECONDS = 15.0
_HEALTH_SECONDS = 2.0
_PORT_MAX = 65_535
_STREAMS_MAX = 15_000


def resolve_bind(bind: str) -> str:
    """HOST:PORT to listen on, DEFAULT_BIND when `bind` is empty; port 0 becomes a free one.

    Raises BindInvalid for what is no address, and PortTaken for one in use.
    """
    host, _, port = (bind or DEFAULT_BIND).rpartition(":")
    if not host or not port.isdigit() or int(port) > _PORT_MAX:
        raise BindInvalid(f"{bind!r} is not HOST:PORT: set NEXUS_BIND to an address such as {DEFAULT_BIND}.")
    with socket.socket() as probe:
        # As gunicorn does: an address whose last connections are still closing can be taken over.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise PortTaken(
                f"Cannot listen on {host}:{port} ({error.strerror}): stop what uses it, or set NEXUS_BIND."
            ) from error
        return f"{host}:{probe.getsockname()[1]}"


def pick_free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def describe_mailbox(folder: Path, *, port: int, environ: Mapping[str, str]) -> ChildSpec:
    """The mail sink that notices are delivered to where no mail server was given."""
    address = ("--host", "127.0.0.1", "--port", str(port))
    command = ("governance.stack.mailbox", *address, "--directory", str(folder))
    return replace(_describe("mailbox", command, environ=environ), is_ready=lambda: _greets(port))


def describe_migrations(*, environ: Mapping[str, str]) -> list[ChildSpec]:
    """The commands that must end well before anything serves: the schema, then its first rows."""
    return [
        _describe_command("migrate", "--no-input", environ=environ),
        _describe_command("bootstrap", environ=environ),
    ]


def describe_applications(*, bind: str, feed_bind: str, run: Path, environ: Mapping[str, str]) -> list[ChildSpec]:
    """Workers, beat, sweeper, feed and web in their starting order, which web ends so that it stops first."""
    return [
        _describe_worker("worker-screening", ("-Q", "screening", "--pool", "prefork", "-c", "2"), environ=environ),
        _describe_worker("worker", ("-Q", "default", "--pool", "threads", "-c", "4"), environ=environ),
        _describe(
            "beat",
            (*_CELERY, "beat", "--schedule", str(run / "celerybeat-schedule"), "--pidfile="),
            environ=environ,
        ),
        _describe_sweeper(environ=environ),
        _describe_feed(feed_bind, environ=environ),
        _describe_web(bind, environ=environ),
    ]


def _describe_worker(name: str, options: tuple[str, ...], *, environ: Mapping[str, str]) -> ChildSpec:
    # Gossip and mingle are for fleets; one machine starts faster without them.
    command = (*_CELERY, "worker", "-n", f"{name}@%h", *options, "--without-gossip", "--without-mingle")
    spec = _describe(name, command, environ=environ)
    # TERM is celery's warm shutdown: finish what runs, take nothing new.
    return replace(spec, stop_seconds=_WORKER_STOP_SECONDS)


def _describe_sweeper(*, environ: Mapping[str, str]) -> ChildSpec:
    # The floor under broker and beat: it delivers straight from the rows while either of them is down.
    command = (sys.executable, "manage.py", "sweep", "--loop")
    return replace(_describe("sweeper", (), environ=environ), command=command)


def _describe_web(bind: str, *, environ: Mapping[str, str]) -> ChildSpec:
    # One process of eight threads; WEB_CONCURRENCY asks for more, at 100 MB each. The control socket would lie in
    # the home folder, shared by every stack of this user.
    options = ("--bind", bind, "--worker-class", "gthread", "--threads", "8", "--no-control-socket")
    command = ("gunicorn", *options, "governance.wsgi:application")
    spec = _describe("web", command, environ=environ)
    return replace(spec, is_ready=lambda: _answers_http(bind), ready_seconds=_WEB_READY_SECONDS)


def _describe_feed(bind: str, *, environ: Mapping[str, str]) -> ChildSpec:
    # One process holds every stream open; a broken stream is only a poll, so it stops at once.
    size = ("--worker-connections", str(_STREAMS_MAX), "--keep-alive", "75", "--graceful-timeout", "1")
    options = ("--bind", bind, "--worker-class", "asgi", *size, "--no-control-socket")
    spec = _describe("feed", ("gunicorn", *options, "governance.asgi:application"), environ=environ)
    return replace(spec, is_ready=lambda: _answers_http(bind), ready_seconds=_WEB_READY_SECONDS)


def _describe_command(name: str, *options: str, environ: Mapping[str, str]) -> ChildSpec:
    return ChildSpec(
        name=name,
        command=(sys.executable, "manage.py", name, *options),
        environ=environ,
        cwd=CHECKOUT,
        ready_seconds=_MIGRATE_SECONDS,
    )


def _describe(name: str, module: tuple[str, ...], *, environ: Mapping[str, str]) -> ChildSpec:
    command = (sys.executable, "-m", *module)
    # Threads of one Python process gain little from memory pools of their own, and each pool keeps what it once held.
    return ChildSpec(
        name=name,
        command=command,
        environ={**environ, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"},
        cwd=CHECKOUT,
    )


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_HEALTH_SECONDS) as client:
            return client.recv(3) == b"220"
    except OSError:
        return False


def _answers_http(bind: str) -> bool:
    # A refusal counts too: which host names are allowed is for the settings, and they must have loaded.
    connection = http.client.HTTPConnection(bind, timeout=_HEALTH_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
