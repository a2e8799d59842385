"""Who else a bad plugin leads to: plugins that hold its files, its publisher's others, and those that depend on it.
Reads only; kinship is a lead for a person and never a reason to act by itself."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from governance.takedowns.scope import Scope

# Smaller files, empty ones first of all, are alike in plugins that have nothing to do with each other;
# what stands in more plugins than this is a common library.
LEAST_BYTES = 64
MOST_PLUGINS = 25
MOST_LISTED = 50
OFFERED = ("published", "yanked", "in_review", "held")

KIN_SQL = """
WITH mine AS (
    SELECT DISTINCT file.sha256
      FROM plugins_artifactfile AS file
      JOIN plugins_version AS version ON version.artifact_id = file.artifact_id
     WHERE version.id = ANY(%(versions)s) AND file.is_code AND file.size_bytes >= %(least)s
), held AS (
    SELECT DISTINCT version.plugin_id, version.number, file.sha256
      FROM mine JOIN plugins_artifactfile AS file USING (sha256)
      JOIN plugins_version AS version ON version.artifact_id = file.artifact_id
     WHERE version.plugin_id <> %(plugin)s
), telling AS (
    SELECT sha256 FROM held GROUP BY sha256 HAVING count(DISTINCT plugin_id) < %(most)s
), alike AS (
    SELECT plugin_id, count(DISTINCT sha256) AS files, array_agg(DISTINCT number) AS numbers
      FROM held JOIN telling USING (sha256) GROUP BY plugin_id
)
SELECT plugin.id, publisher.slug, plugin.name, coalesce(alike.files, 0), coalesce(alike.numbers, '{}'),
       publisher.id = %(publisher)s,
       (SELECT count(*) FROM plugins_installation AS running
         WHERE running.plugin_id = plugin.id AND running.ended_at IS NULL)
  FROM plugins_plugin AS plugin
  JOIN plugins_publisher AS publisher ON publisher.id = plugin.publisher_id
  LEFT JOIN alike ON alike.plugin_id = plugin.id
 WHERE plugin.id <> %(plugin)s AND (alike.plugin_id IS NOT NULL OR publisher.id = %(publisher)s)
 ORDER BY 4 DESC, 2, 3
 LIMIT %(listed)s
"""
# A dependency's name is compared as the runtimes resolve it: case and the three separators make no difference.
DEPENDANTS_SQL = """
SELECT DISTINCT publisher.slug, plugin.name, version.number
  FROM plugins_version AS version
  JOIN plugins_plugin AS plugin ON plugin.id = version.plugin_id
  JOIN plugins_publisher AS publisher ON publisher.id = plugin.publisher_id
 WHERE version.plugin_id <> %(plugin)s AND version.status = ANY(%(offered)s)
   AND EXISTS (SELECT 1 FROM jsonb_object_keys(coalesce(version.manifest->'dependencies', '{}'::jsonb)) AS named
                WHERE regexp_replace(lower(named), '[-_.]+', '-', 'g')
                    = regexp_replace(lower(%(name)s), '[-_.]+', '-', 'g'))
 ORDER BY 1, 2, 3
 LIMIT %(listed)s
"""


@dataclass(frozen=True, slots=True)
class Kin:
    """Another plugin, how many telling files it shares and in which versions, and how many bots run it."""

    plugin_id: int
    publisher: str
    plugin: str
    shared_files: int
    numbers: tuple[str, ...]
    is_same_publisher: bool
    bots: int


@dataclass(frozen=True, slots=True)
class Dependant:
    """A version of another plugin whose manifest names this one among its dependencies."""

    publisher: str
    plugin: str
    number: str


def find_kin(scope: Scope) -> list[Kin]:
    """Plugins with the same files, the most alike first, then the publisher's others; at most MOST_LISTED."""
    values: dict[str, Any] = {
        "versions": list(scope.version_ids),
        "plugin": scope.plugin_id,
        "publisher": scope.publisher_id,
        "least": LEAST_BYTES,
        "most": MOST_PLUGINS,
        "listed": MOST_LISTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(KIN_SQL, values)
        return [
            Kin(plugin_id, publisher, plugin, shared_files, tuple(numbers), is_same_publisher, bots)
            for plugin_id, publisher, plugin, shared_files, numbers, is_same_publisher, bots in cursor.fetchall()
        ]


def find_dependants(scope: Scope) -> list[Dependant]:
    """Offered versions of other plugins that depend on this one; at most MOST_LISTED."""
    values: dict[str, Any] = {
        "plugin": scope.plugin_id,
        "name": scope.plugin,
        "offered": list(OFFERED),
        "listed": MOST_LISTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(DEPENDANTS_SQL, values)
        return [Dependant(*row) for row in cursor.fetchall()]
