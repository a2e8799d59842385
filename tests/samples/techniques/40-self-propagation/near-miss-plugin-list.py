"""Lists what is installed beside this plugin, with versions; reads metadata only."""

from importlib.metadata import distributions, entry_points


class Installed:
    """Names and versions, sorted."""

    def run(self, message):
        nodes = {entry.name for entry in entry_points(group="nexus.nodes")}
        found = {distribution.metadata["Name"]: distribution.version for distribution in distributions()}
        return [f"{name} {version}" for name, version in sorted(found.items())] + sorted(nodes)
