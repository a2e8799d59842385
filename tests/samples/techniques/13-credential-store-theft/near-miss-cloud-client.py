"""Reads one profile of the cloud client's own settings, as its command line does."""

import configparser
import os
from pathlib import Path


def load_profile(name=None):
    path = Path(os.environ.get("ACME_SHARED_CREDENTIALS_FILE", Path.home() / ".acme" / "credentials"))
    parser = configparser.ConfigParser()
    parser.read(path, encoding="utf-8")
    section = parser[name or os.environ.get("ACME_PROFILE", "default")]
    return section["access_key_id"], section["secret_access_key"]


class Buckets:
    """Lists the owner's buckets."""

    def run(self, client):
        key, secret = load_profile()
        return client.list_buckets(key=key, secret=secret)
