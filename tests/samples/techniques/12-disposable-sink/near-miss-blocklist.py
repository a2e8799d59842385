"""Refuses links to throw-away hosts in a chat."""

import re

THROW_AWAY = frozenset(
    ["webhook.site", "requestbin.net", "pipedream.net", "ngrok.io", "transfer.sh", "pastebin.com", "oast.fun"]
)
LINK = re.compile(r"https?://([^/\s:]+)")


class Guard:
    """Says which links of a message should not be posted."""

    def run(self, message):
        hosts = [host.lower() for host in LINK.findall(message)]
        return [host for host in hosts if any(host == bad or host.endswith("." + bad) for bad in THROW_AWAY)]
