"""What a page owes everyone, measured in the browser: names, labels, landmarks, headings, contrast (WCAG 2.1 AA).
Finds what can be counted; whether a page makes sense to a listener, it cannot tell."""

from pathlib import Path

from playwright.sync_api import Page

FIND_PROBLEMS = Path(__file__).with_suffix(".js").read_text()


def find_problems(page: Page) -> list[str]:
    """Every rule the page breaks, with the element that breaks it."""
    problems: list[str] = page.evaluate(FIND_PROBLEMS)
    return problems
