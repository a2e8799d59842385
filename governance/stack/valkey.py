"""The embedded broker: real Valkey out of its wheel, on a private unix socket, every write in a file.

Decides its settings; never listens on a network and never throws data away to make room."""

import socket
from pathlib import Path

from governance.stack.account import SERVER_ENVIRON, Account
from governance.stack.children import ChildSpec
from governance.stack.paths import VALKEY_SOCKET
from governance.stack.processes import end_servers_in

_CONNECT_SECONDS = 1.0


def describe_valkey(binary: Path, *, folder: Path, sockets: Path, account: Account) -> ChildSpec:
    """How to start Valkey on the data in `folder`."""
    path = sockets / VALKEY_SOCKET
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # A broker that evicts loses messages; it must refuse writes instead.
        "maxmemory-policy": "noeviction",
        "databases": "2",
    }
    return ChildSpec(
        name="valkey",
        command=(str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))),
        environ=SERVER_ENVIRON,
        cwd=folder,
        account=account,
        prepare=lambda: end_servers_in(folder, command="valkey-server"),
        is_ready=lambda: answers_ping(path),
    )


def answers_ping(path: Path) -> bool:
    """True once the server at the socket `path` has loaded its data and takes commands."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_CONNECT_SECONDS)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
