"""The whole story on one command, played from outside: HTTP, mail, and processes of its own.

Decides nothing about plugins and never touches the database: what an outside person cannot do, it cannot."""
