"""Rows for web pages and windows of Electron.

Data only.
"""

from typing import Final

from scanners.facts import Act, Label
from scanners.javascript.effects import Effect, Table, same, under, words

STORAGES: Final = words("localStorage sessionStorage")
ELEMENT: Final = Effect(becomes="dom#")
COOKIES: Final = Effect(Act.FILE_READ, special="cookies", gives=(Label.CREDENTIALS,))

PAGES: Final[Table] = {
    **same(Effect(becomes="Image#"), "Image"),
    **under("document", ELEMENT, "createElement createElementNS getElementById querySelector"),
    "dom#.setAttribute": Effect(special="attribute"),
    "Image#.setAttribute": Effect(special="attribute"),
    **same(Effect(special="stored"), "localStorage.getItem sessionStorage.getItem"),
    **same(COOKIES, "electron.session.defaultSession.cookies.get session.defaultSession.cookies.get"),
    **same(COOKIES, "chrome.cookies.getAll browser.cookies.getAll cookieStore.getAll electron.session.cookies.get"),
}
