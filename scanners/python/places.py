"""Knows the places other programs keep secrets in, the places that make a program start again, and telling words.

Expressions over folded paths, command lines and names. Says what a text names; never that it is used.
"""

import re
from typing import Final

# A path below one of these holds passwords, keys, cookies, sessions or wallets of another program.
_STORES = (
    r"(^|/)\.ssh(/(id_|identity|authorized_keys|known_hosts|config|\{\}|\*|$)|$)|(^|/)id_(rsa|dsa|ecdsa|ed25519)$",
    r"(^|/)\.aws(/(credentials|config)|$)|\.config/gcloud|application_default_credentials|(^|/)\.azure(/|$)",
    r"(^|/)\.kube(/config|$)|(^|/)\.docker(/config\.json|$)|(^|/)\.oci/config|(^|/)\.terraform\.d/credentials",
    r"(^|/)\.(npmrc|pypirc|netrc|git-credentials|pgpass|my\.cnf|vault-token|htpasswd|s3cfg|boto|yarnrc)$",
    r"(^|/)_netrc$|\.config/gh/hosts\.yml|\.config/hub$|(^|/)\.cargo/credentials|(^|/)\.config/rclone|\.databrickscfg",
    r"(^|/)Login Data|(^|/)Local State$|(^|/)Web Data$|(Network/|Default/)Cookies$|(^|/)Ya Passman Data",
    r"(Google/Chrome|Chromium|BraveSoftware|Microsoft/Edge|Opera Software|Vivaldi|YandexBrowser)(?!.*(Appli|\.exe))/",
    r"(Google/Chrome|google-chrome|BraveSoftware/Brave-Browser)(/User Data|/Default|/\{\})?$",
    r"(^|/)(logins\.json|key[34]\.db|signons\.sqlite|cookies\.sqlite|formhistory\.sqlite|places\.sqlite)$",
    r"Mozilla/Firefox|\.mozilla/firefox|Firefox/Profiles|\.thunderbird|Thunderbird/Profiles|Cookies\.binarycookies",
    r"Local Storage/leveldb|Local Extension Settings|(^|/)IndexedDB/|Session Storage/",
    r"(^|/)([Dd]iscord(canary|ptb|development)?|Lightcord)(/(Local|Cookies|\{\})|$)|Telegram Desktop(/tdata|$)|/tdata$",
    r"(^|/)(wallet\.dat|\.electrum|Electrum/wallets|exodus\.wallet|Exodus|\.bitcoin|Ethereum/keystore)(/|$)",
    r"\.ethereum(/keystore|$)|(^|/)(atomic|Armory|Coinomi|Guarda|Zcash|bytecoin|com\.liberty\.jaxx|Ledger Live)(/|$)",
    r"\.config/solana|nkbihfbeogaeaoehlefnkodbefgpgknn|(^|/)(\.monero|Binance|MultiBit|Daedalus|Wasabi|Trezor)(/|$)",
    r"Steam/(config|ssfn)|loginusers\.vdf|\.minecraft/(launcher|\w*accounts)|(^|/)(Battle\.net|Riot Games)(/|$)",
    r"(^|/)(Keychains?/|login\.keychain)|kwallet|gnome-keyring|\.local/share/keyrings|\.password-store|(^|/)\.gnupg",
    r"\.kdbx$|(^|/)(1Password|Bitwarden|KeePass|LastPass|NordPass|Dashlane|NordVPN|ProtonVPN|PuTTY|FileZilla)(/|$)",
    r"Microsoft/(Credentials|Protect|Vault)|(^|/)\.filezilla|sitemanager\.xml|recentservers\.xml|WinSCP\.ini",
    r"OpenVPN/config|(^|/)\.openvpn|\.purple/accounts\.xml|\.config/Slack|Signal/config\.json|\.dbeaver",
    r"^/etc/(shadow|gshadow|sudoers|master\.passwd)|/proc/(self|1|\{\})/environ|(^|/)config/SAM$|NTDS\.dit",
    r"(^|/)\.(bash|zsh|python|psql|mysql|sqlite)_history$|/var/run/secrets|serviceaccount/token",
    r"\.claude(\.json|/\.credentials)|\.config/(openai|anthropic)|\.cursor/mcp\.json|\.gemini/oauth|\.codex/auth\.json",
)
STORE: Final = re.compile("|".join(_STORES))
METADATA: Final = re.compile(
    r"169\.254\.169\.254|metadata\.google\.internal|169\.254\.170\.2|100\.100\.100\.200|fd00:ec2::254"
)
# A file here is run when its user signs in, opens a shell, or the machine starts.
STARTUP: Final = re.compile(
    r"(^|/)\.(bashrc|bash_profile|bash_login|profile|zshrc|zprofile|zshenv|xinitrc|xprofile|cshrc|bash_aliases)$"
    r"|Start Menu/Programs/Start-?[Uu]p|/Startup(/|$)|Library/Launch(Agents|Daemons)|\.config/autostart|/etc/rc\.local"
    r"|/etc/(cron|init\.d|profile|systemd/system|ld\.so\.preload|crontab)|/var/spool/cron|systemd/(user|system)/"
    r"|(^|/)(sitecustomize|usercustomize)\.py$|site-packages/[^/]*\.pth$|\.pth$|(^|/)\.ssh/authorized_keys$"
    r"|PowerShell/(Microsoft\.PowerShell_)?[Pp]rofile\.ps1|\.config/fish/config\.fish|\.git/hooks/"
)
RUN_KEY: Final = re.compile(
    r"CurrentVersion\\+(Run|RunOnce|Winlogon|Policies\\+Explorer\\+Run|Explorer\\+Startup)", re.IGNORECASE
)
PERSISTING: Final = re.compile(
    r"\bschtasks\b.*?/create|\bcrontab\b(?!\s+-l)|CurrentVersion\\+Run|\blaunchctl\s+(load|bootstrap|submit)"
    r"|\bsystemctl\s+(--user\s+)?enable|\bsc(\.exe)?\s+create|\bupdate-rc\.d\b|New-ScheduledTask|Register-ScheduledTask",
    re.IGNORECASE,
)
INSTALLING: Final = re.compile(
    r"\b(pip3?|uv pip|pipx|poetry|conda|easy_install)\s+(-\S+\s+)*(install|add)\b|\bpip(?:3)?\s+install"
    r"|\b(npm|pnpm|yarn|bun)\s+(-\S+\s+)*(install|i|add)\b|\b(apt|apt-get|yum|dnf|brew|choco|winget|gem|cargo|go)\s+"
    r"(-\S+\s+)*install\b"
)
SHELL: Final = re.compile(
    r"^(\S*/)?(sh|bash|zsh|dash|ash|cmd|cmd\.exe|powershell|powershell\.exe|pwsh)(\s+[-/]|\s*$)", re.IGNORECASE
)
SHELL_LINE: Final = re.compile(r"\b(powershell|pwsh|cmd(\.exe)?\s+/c|(ba|z)?sh\s+-c)\b", re.IGNORECASE)
HIDDEN: Final = re.compile(
    r"-w(in(dowstyle)?)?\s+(hidden|1\b)|-e(nc|ncodedcommand)?\s+[A-Za-z0-9+/=]{16,}|\bnohup\b.*&|\bsetsid\b|start\s+/(b|min)\b"
    r"|\bpythonw(\.exe)?\b|-NonI\b|>\s*/dev/null\s+2>&1\s*&",
    re.IGNORECASE,
)
CLIPBOARD_READING: Final = re.compile(
    r"\bxclip\b.*\s-o(ut)?\b|\bxsel\b.*\s(-\w*o|--output)\b|\bpbpaste\b|\bwl-paste\b|\bGet-Clipboard\b"
    r"|\btermux-clipboard-get\b",
    re.IGNORECASE,
)
CLIPBOARD_WRITING: Final = re.compile(
    r"\bxclip\b(?!.*\s-o(ut)?\b)|\bxsel\b.*\s(-\w*i|--input)\b|\bpbcopy\b|\bwl-copy\b|\bSet-Clipboard\b"
    r"|(^|[|&]\s*)clip(\.exe)?\s*$|\btermux-clipboard-set\b",
    re.IGNORECASE,
)
# A whole text that is an address somebody is paid at.
WALLET: Final = re.compile(
    r"^(bc1[a-z0-9]{25,87}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40}|4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}"
    r"|T[1-9A-HJ-NP-Za-km-z]{33}|[LMD][1-9A-HJ-NP-Za-km-z]{26,33}|ltc1[a-z0-9]{25,60}|r[1-9A-HJ-NP-Za-km-z]{27,34}"
    r"|addr1[a-z0-9]{50,110}|cosmos1[a-z0-9]{38})$"
)
# Names of variables and settings that stand for something secret.
SECRET: Final = re.compile(
    r"(^|[_.\-]|(?<=[a-z]))(token|secret|password|passwd|passphrase|credential|credentials|private_?key|api_?key|apikey"
    r"|access_?key|webhook|webhook_?url|auth_?key|session_?key|signing_?key|secret_?key|encryption_?key|mnemonic|seed_phrase"
    r"|pwd|dsn|database_url|connection_string|bearer|cookie)s?($|[_.\-0-9])"
    r"|(^|_)(key|pass|auth|pat)$|^(AWS|AZURE|GCP|GOOGLE|OPENAI|ANTHROPIC|STRIPE|TWILIO|GITHUB|GH|GITLAB|NPM|P[Y]PI|DISCORD"
    r"|TELEGRAM|SLACK)_\w*(TOKEN|KEY|SECRET|PASS|AUTH|ID)\w*$",
    re.IGNORECASE,
)
# The bare words: whoever picks by one of these takes everybody's secrets.
ANY_SECRET: Final = re.compile(
    r"_?(api_?)?(key|token|secret|pass(word|wd|phrase)?|pwd|cred(ential)?|auth|private|webhook|mnemonic)s?_?",
    re.IGNORECASE,
)
NOT_SECRET: Final = re.compile(
    r"(^|_)(SSH_AUTH_SOCK|GPG_KEY|COOKIE_NAME|TOKEN_URL|KEY_FILE|CERT_FILE|MAX_TOKENS?|TOKEN_LIMIT|PWD|OLDPWD|TOKENIZERS?_\w+"
    r"|NO_COLOR|COLOR_KEY|SORT_KEY|CACHE_KEY|PRIMARY_KEY|PUBLIC_KEY\w*)$",
    re.IGNORECASE,
)
_SETTING_NAMES_WORDS = (
    "token api_key apikey secret password private_key webhook_url webhook access_token bot_token auth_token "
    "client_secret secret_key credentials refresh_token session_token signing_secret discord_token telegram_token "
    "openai_api_key database_url mnemonic"
)
SETTING_NAMES: Final = frozenset(_SETTING_NAMES_WORDS.split())
_SETTING_HOLDERS_WORDS = (
    "bot client config settings secrets cfg conf app application http env environ credentials configuration _config "
    "_client _bot _settings platform host runtime context ctx platform_config bot_config globals secret_store vault"
)
SETTING_HOLDERS: Final = frozenset(_SETTING_HOLDERS_WORDS.split())
# Who looks for these looks for the people who would take a closer look.
_ANALYSTS = (
    "vmware vbox virtualbox qemu xen parallels sandboxie wireshark fiddler ollydbg x64dbg x32dbg windbg ida64 ida idaq "
    "processhacker procmon procexp tcpview httpdebuggerui httpdebuggersvc dumpcap vboxservice vboxtray vmtoolsd vmsrvc "
    "vmusrvc prl_cc prl_tools xenservice qemu-ga joeboxcontrol joeboxserver ksdumper ksdumperclient pestudio regmon "
    "autoruns autorunsc filemon immunitydebugger sysanalyzer lordpe sniff_hit vgauthservice vmacthlp ghidra dnspy "
    "cuckoo sandbox malware maltest virus wdagutilityaccount anubis joebox cheatengine charles burpsuite de4dot"
)
ANALYSTS: Final = frozenset(_ANALYSTS.split())
CARD_ADDRESS: Final = re.compile(r"^(?:[0-9a-fA-F]{2}[:-]){2,5}[0-9a-fA-F]{2}$")
# A variable that names a folder reads as this in a folded path.
FOLDERS: Final = {
    "HOME": "~", "USERPROFILE": "~", "HOMEPATH": "~", "APPDATA": "%APPDATA%", "LOCALAPPDATA": "%LOCALAPPDATA%",
    "TEMP": "%TEMP%", "TMP": "%TEMP%", "TMPDIR": "%TEMP%", "PROGRAMDATA": "%PROGRAMDATA%",
    "ALLUSERSPROFILE": "%PROGRAMDATA%",
    "WINDIR": "%WINDIR%", "SYSTEMROOT": "%WINDIR%", "XDG_CONFIG_HOME": "~/.config", "XDG_DATA_HOME": "~/.local/share",
    "PROGRAMFILES": "%PROGRAMFILES%", "PUBLIC": "%PUBLIC%", "SYSTEMDRIVE": "C:", "USER": "{}", "USERNAME": "{}",
}  # fmt: skip
_VARIABLE = re.compile(r"\$\{?(\w+)\}?|%(\w+)%")


def tidy_path(text: str) -> str:
    """Return a path with slashes, and with ~ and known variables spelled one way."""
    path = text.replace("\\", "/").replace("//", "/") if "\\" in text else text
    if "%" in path or "$" in path:
        path = _VARIABLE.sub(lambda match: FOLDERS.get((match[1] or match[2]).upper(), match[0]), path)
    return path.removeprefix("file://")


def is_store(text: str) -> bool:
    """Say whether a folded path, or a fragment of one, names a place where another program keeps secrets."""
    return len(text) <= 400 and STORE.search(tidy_path(text)) is not None


def is_secret(name: str) -> bool:
    """Say whether a variable or setting is named like a secret."""
    return len(name) <= 80 and SECRET.search(name) is not None and NOT_SECRET.search(name) is None


def names_analysts(words: tuple[object, ...]) -> str:
    """Return what a list of words looks for when it is a list of debuggers, sandboxes or card addresses, else ""."""
    texts = [word for word in words[:200] if isinstance(word, str) and len(word) <= 40]
    named = [text for text in texts if text.casefold().removesuffix(".exe") in ANALYSTS]
    if len({text.casefold() for text in named}) < 3:
        named = [text for text in texts if CARD_ADDRESS.match(text)]
    return ", ".join(named[:8]) if len(named) >= 3 else ""
