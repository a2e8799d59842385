"""`manage.py root`: makes and publishes the documents that list the feed's keys.
All but `publish` and `show` run off line, where the root key is; they need neither database nor network."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.errors import GovernanceError
from governance.feed_folder import list_roots, read_root, root_path, write_atomically
from governance.playbook import playbook
from governance.takedowns.root_documents import (
    add_feed_key,
    add_root_key,
    drop_root_keys,
    make_first_root,
    revoke_feed_key,
)
from plugins.runtime.canonical import canonical_json, parse_json
from plugins.runtime.errors import RuntimeTrustError
from plugins.runtime.moments import format_moment
from plugins.runtime.root import MAX_ROOT_BYTES, Root, read_first_root, read_next_root
from plugins.runtime.signing import SigningKey


class Command(BaseCommand):
    help = "Make, rotate, revoke and publish the feed's keys. The root key stays off line."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        key = actions.add_parser("key", help="make a key file and print its public half")
        key.add_argument("file", type=Path)
        first = actions.add_parser("first", help="version 1, of a new root key and the feed's first key")
        add = actions.add_parser("add", help="the next version, with one more feed key")
        add.add_argument("--begins-after-days", type=int, default=0, help="0 is at once")
        revoke = actions.add_parser("revoke", help="the next version, without a stolen feed key")
        revoke.add_argument("--key-id", required=True)
        join = actions.add_parser("join", help="the next version, with one more root key")
        join.add_argument("--new-root-public", required=True)
        leave = actions.add_parser("leave", help="the next version, only under the root key that signs it")
        for action in (first, add):
            action.add_argument("--feed-public", required=True, help="base64, as `root key` prints it")
        for action in (add, revoke, join, leave):
            action.add_argument("--after", type=Path, required=True, help="the file of the last version")
        for action in (first, add, revoke, join, leave):
            action.add_argument("--root-key", type=Path, required=True)
            action.add_argument("-o", "--output", type=Path, required=True)
        publish = actions.add_parser("publish", help="give a version to every runtime; checked as they will check it")
        publish.add_argument("file", type=Path)
        actions.add_parser("show", help="the newest version that is published")

    def handle(self, *args: Any, **options: Any) -> None:
        acts = {
            "key": self._make_key,
            "first": self._make_root,
            "add": self._make_root,
            "revoke": self._make_root,
            "join": self._make_root,
            "leave": self._make_root,
            "publish": self._publish,
            "show": self._show,
        }
        try:
            acts[options["action"]](options)
        except (RuntimeTrustError, GovernanceError, OSError) as error:
            raise CommandError(str(error)) from error

    def _make_key(self, options: dict[str, Any]) -> None:
        key = SigningKey.generate()
        key.save(options["file"])
        self.stdout.write(key.public_base64)

    def _make_root(self, options: dict[str, Any]) -> None:
        root = _make(options)
        with options["output"].open("xb") as file:
            file.write(canonical_json(dict(root.statement)))
        self.stdout.write(f"version {root.version} is written to {options['output']}; publish it with `root publish`")

    def _publish(self, options: dict[str, Any]) -> None:
        folder: Path = settings.FEED_DIR
        folder.mkdir(parents=True, exist_ok=True)
        statement = _read_statement(options["file"])
        versions = list_roots(folder)
        if versions:
            root = read_next_root(statement, after=read_root(folder, version=versions[-1]))
        else:
            root = read_first_root(statement)
        write_atomically(root_path(folder, root.version), data=canonical_json(dict(root.statement)))
        self.stdout.write(f"version {root.version} is published; the next feed is signed under it")

    def _show(self, options: dict[str, Any]) -> None:
        versions = list_roots(settings.FEED_DIR)
        if not versions:
            raise CommandError("no root document is published")
        root = read_root(settings.FEED_DIR, version=versions[-1])
        shown = {
            "version": root.version,
            "expires_at": format_moment(root.expires_at),
            "root_keys": sorted(root.root_keys),
            "feed_keys": {
                key_id: {"valid_from": format_moment(key.valid_from), "valid_until": format_moment(key.valid_until)}
                for key_id, key in root.feed_keys.items()
            },
        }
        self.stdout.write(json.dumps(shown, indent=2))


def _make(options: dict[str, Any]) -> Root:
    now, numbers = timezone.now(), playbook().marketplace.feed
    root_key = SigningKey.load(options["root_key"])
    days = {"root_days": numbers.root_valid_days}
    if options["action"] == "first":
        return make_first_root(
            root_key=root_key, feed_public=options["feed_public"], key_days=numbers.key_valid_days, now=now, **days
        )
    last = read_first_root(_read_statement(options["after"]))
    if options["action"] == "add":
        return add_feed_key(
            last,
            root_key=root_key,
            feed_public=options["feed_public"],
            start=now + timedelta(days=options["begins_after_days"]),
            key_days=numbers.key_valid_days,
            now=now,
            **days,
        )
    if options["action"] == "revoke":
        return revoke_feed_key(last, root_key=root_key, key_id=options["key_id"], now=now, **days)
    if options["action"] == "join":
        return add_root_key(last, root_key=root_key, new_public=options["new_root_public"], now=now, **days)
    return drop_root_keys(last, root_key=root_key, now=now, **days)


def _read_statement(path: Path) -> dict[str, Any]:
    statement: dict[str, Any] = parse_json(path.read_bytes(), max_bytes=MAX_ROOT_BYTES)
    return statement
