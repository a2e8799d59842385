"""The catalogue's tables, gathered under one name."""

from plugins.models.blocklist import BlocklistEntry, FeedHead
from plugins.models.bots import Bot, BotOwner, Installation, Presence, RuntimeReport, Tenant
from plugins.models.catalogue import Artifact, ArtifactFile, Plugin, Version, VersionMove
from plugins.models.publishers import ApiToken, Member, Publisher

__all__ = [
    "ApiToken",
    "Artifact",
    "ArtifactFile",
    "BlocklistEntry",
    "Bot",
    "BotOwner",
    "FeedHead",
    "Installation",
    "Member",
    "Plugin",
    "Presence",
    "Publisher",
    "RuntimeReport",
    "Tenant",
    "Version",
    "VersionMove",
]
