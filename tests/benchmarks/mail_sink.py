"""`python -m tests.benchmarks.mail_sink --port N`: a mail server that takes everything and keeps nothing.

A process of its own, so that it shares no interpreter with what is measured."""

import argparse
import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """An aiosmtpd handler."""

    # aiosmtpd looks for this name and passes all three.
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return "250 2.0.0 taken"


async def serve(port: int) -> None:
    """Take messages until this process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Sink()), "127.0.0.1", port)
    async with server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))
