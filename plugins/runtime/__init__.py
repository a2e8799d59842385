"""The reference client: what a bot's runtime embeds to obey the kill-switch feed and to prove that it did.
Self-contained (standard library and cryptography), so that a runtime's author may copy the folder."""
