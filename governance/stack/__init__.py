"""The embedded default: real PostgreSQL and Valkey, and the processes of one machine.

Decides where they live and keeps them running; never imports Django, never judges a plugin."""
