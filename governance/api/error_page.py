"""The page every problem's `type` points at: what each code means and what to do."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join

from governance.api.problems import PROBLEM_TYPES

PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Errors</title></head>'
    "<body><main><h1>Errors</h1><table><caption>Every error code of the API</caption>"
    '<thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">What happened</th>'
    '<th scope="col">What to do</th></tr></thead><tbody>{}</tbody></table></main></body></html>'
)
ROW = '<tr id="{}"><th scope="row"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td></tr>'


def show_errors(request: HttpRequest) -> HttpResponse:
    """Answer with the table of problems.py as a page with one anchor a code."""
    rows = ((code, code, kind.status, kind.title, kind.advice) for code, kind in PROBLEM_TYPES.items())
    return HttpResponse(format_html(PAGE, format_html_join("", ROW, rows)))
