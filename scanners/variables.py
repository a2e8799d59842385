"""Says what a variable of the environment is by its name: a convention of every machine, a secret, or the plugin's own.

Never reads the environment.
"""

import re

SECRET_NAME = re.compile(
    r"(^|_)(TOKENS?|SECRETS?|PASS(WORD|WD|PHRASE|CODE)?|PWD|PW|API_?KEYS?|KEYS?|CREDENTIALS?|CREDS?|AUTH|PRIVATE|MNEMONIC"
    r"|DSN|WEBHOOK(_URL)?|COOKIES?|JWT|BEARER|SALT|(DATABASE|REDIS|MONGO(DB)?|AMQP|BROKER)_UR[IL])($|_)",
    re.IGNORECASE,
)
# Words that only turn a page, find a row or prove that a form is one's own.
PASSING_NAME = re.compile(
    r"(^|_)(CSRF|XSRF|PAGE|NEXT|PREVIOUS|CONTINUATION|CURSOR|SYNC|RESUME|SUCCESS|SORT|CACHE|PRIMARY|FOREIGN|PARTITION"
    r"|IDEMPOTENCY|PUBLIC|OBJECT|ROUTING)_?(TOKEN|KEY)S?$",
    re.IGNORECASE,
)
# What `permissions.environment` and `permissions.secrets` of a manifest can hold.
DECLARABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")
# What every program may ask about the machine it runs on; no secret is kept there.
CONVENTIONS = frozenset(
    [
        "HOME", "PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TZ", "TERM", "COLORTERM",
        "TERM_PROGRAM", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "TMPDIR",
        "TEMP", "TMP", "USER", "USERNAME", "LOGNAME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA",
        "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "SHELL",
        "EDITOR", "VISUAL", "PAGER", "PWD", "OLDPWD", "DISPLAY", "WAYLAND_DISPLAY", "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "NODE_ENV",
        "NODE_PATH", "NODE_DEBUG", "DEBUG", "VERBOSE", "LOG_LEVEL", "LOGLEVEL", "PYTHONPATH", "PYTHONHOME",
        "PYTHONHASHSEED", "PYTHONIOENCODING", "PYTHONWARNINGS", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE",
        "PYTHONASYNCIODEBUG", "VIRTUAL_ENV", "CONDA_PREFIX", "CI", "HOSTNAME", "HOST", "PORT", "OS", "OSTYPE",
        "PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SOURCE_DATE_EPOCH",
        "OMP_NUM_THREADS", "PROGRAMFILES(X86)",
    ]
)  # fmt: skip


def is_convention(name: str) -> bool:
    """Say whether every program may read this variable."""
    return name.upper() in CONVENTIONS or name.upper().startswith("LC_")


def is_secret(name: str) -> bool:
    """Say whether a variable is named like a token, key or password."""
    return not is_convention(name) and SECRET_NAME.search(name) is not None and not PASSING_NAME.search(name)


def is_declarable(name: str) -> bool:
    """Say whether a manifest can name this variable."""
    return DECLARABLE.match(name) is not None
