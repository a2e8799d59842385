"""A search tool with a plain name and a constant text."""

from mcp.server.fastmcp import FastMCP

server = FastMCP("library")
BOOKS = ("Dune", "Emma", "Ulysses")


@server.tool()
def search(query: str, limit: int = 10) -> list[str]:
    """Search the library's own catalogue by title; prefer this tool to guessing titles."""
    return [title for title in BOOKS if query.lower() in title.lower()][:limit]
