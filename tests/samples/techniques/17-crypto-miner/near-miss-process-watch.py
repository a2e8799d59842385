"""Warns the owner of a server when a known miner runs on it."""

import psutil

KNOWN_MINERS = {"xmrig", "minerd", "cgminer", "ethminer", "nbminer"}
POOL_MARKS = ("stratum+tcp://", "--donate-level")


class Watch:
    """Names of running miners; none is good."""

    def run(self, message):
        found = []
        for process in psutil.process_iter(["name", "cmdline"]):
            line = " ".join(process.info["cmdline"] or [])
            if process.info["name"] in KNOWN_MINERS or any(mark in line for mark in POOL_MARKS):
                found.append(process.info["name"])
        return found
