"""The places where other programs keep passwords, keys, cookies and wallets, as patterns of paths.

Data, and one question about it. Whether a store is really read is for whoever asks.
"""

import re

# One expression a store; two spellings of one store count once.
STORES = tuple(
    re.compile(expression)
    for expression in (
        r"\.ssh([/\\]+(id_|identity)|$)",
        r"\.aws[/\\]+credentials",
        r"\.config[/\\]+gcloud|application_default_credentials",
        r"\.azure[/\\]",
        r"\.kube[/\\]+config",
        r"\.docker[/\\]+config\.json",
        r"\.npmrc$",
        r"\.pypirc$",
        r"\.git-credentials$",
        r"Login Data$",
        r"Local State$",
        r"logins\.json$|key4\.db$",
        r"cookies\.sqlite$|Network[/\\]+Cookies$",
        r"Local Storage[/\\]+leveldb",
        r"wallet\.dat$|\.electrum|exodus\.wallet|\.bitcoin|\.ethereum[/\\]+keystore",
        r"Telegram Desktop[/\\]+tdata",
        r"^/etc/shadow$",
    )
)


def is_store(path: str) -> bool:
    """Return whether a path names a credential store."""
    return any(store.search(path) for store in STORES)
