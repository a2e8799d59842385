"""Rows for what inspects the machine, its user and its devices, for ciphers and decoders; names of globals and modules.

Data only.
"""

import re
from typing import Final

from scanners.facts import Act, Label
from scanners.javascript.effects import ALL, Effect, Table, same, under, words

INSPECTS: Final = Effect(Act.HOST_INSPECT, special="named", gives=(Label.HOST,))
DECODES: Final = Effect(gives=(Label.DECODED,), keeps=True)
READS_CLIPBOARD: Final = Effect(Act.CLIPBOARD_READ, gives=(Label.CLIPBOARD,), callback=1)
RECORDS: Final = Effect(Act.INPUT_RECORD, special="named", gives=(Label.KEYS,), callback=0)
CAPTURES: Final = Effect(Act.SCREEN_CAPTURE, gives=(Label.SCREEN,))
FILMS: Final = Effect(Act.CAMERA_CAPTURE, gives=(Label.CAMERA,))

HOST: Final[Table] = {
    **under(
        "os", INSPECTS, "hostname userInfo networkInterfaces platform arch cpus release type version totalmem freemem"
    ),
    **under("os", INSPECTS, "uptime loadavg machine"),
    **same(
        INSPECTS,
        "process.getuid process.geteuid process.memoryUsage node-machine-id.machineIdSync node-machine-id.machineId",
    ),
    **same(
        INSPECTS, "address.ip ip.address macaddress.one macaddress.all getmac public-ip.publicIp public-ip.v4 os-name"
    ),
    **under(
        "systeminformation",
        INSPECTS,
        "osInfo system users networkInterfaces cpu mem processes wifiNetworks bios uuid graphics",
    ),
    **under("systeminformation", INSPECTS, "baseboard diskLayout getAllData currentLoad"),
    **same(INSPECTS, "ps-list ps-node.lookup os-locale username username.sync whoami"),
    **under("clipboardy", READS_CLIPBOARD, "read readSync default.read default.readSync"),
    **same(
        READS_CLIPBOARD, "copy-paste.paste electron.clipboard.readText navigator.clipboard.readText clipboardy.readSync"
    ),
    **same(Effect(Act.CLIPBOARD_WRITE, data=(0,)), "clipboardy.write clipboardy.writeSync clipboardy.default.write"),
    **same(
        Effect(Act.CLIPBOARD_WRITE, data=(0,)),
        "copy-paste.copy electron.clipboard.writeText navigator.clipboard.writeText",
    ),
    **same(Effect(Act.CLIPBOARD_WRITE, data=(0,)), "clipboardy.default.writeSync"),
    **same(
        RECORDS, "iohook.on iohook.start iohook.registerShortcut uiohook-napi.uIOhook.on uiohook-napi.uIOhook.start"
    ),
    **same(
        RECORDS, "node-global-key-listener.GlobalKeyboardListener#.addListener gkm.events.on keypress keylogger.start"
    ),
    "node-global-key-listener.GlobalKeyboardListener": Effect(
        becomes="node-global-key-listener.GlobalKeyboardListener#"
    ),
    **same(
        CAPTURES,
        "screenshot-desktop screenshot-desktop.all desktop-screenshot robotjs.screen.capture nut-js.screen.grab",
    ),
    **same(
        CAPTURES,
        "electron.desktopCapturer.getSources node-screenshots.Monitor#.captureImage @nut-tree/nut-js.screen.grab",
    ),
    **same(CAPTURES, "navigator.mediaDevices.getDisplayMedia"),
    **same(
        FILMS, "node-webcam.capture node-webcam.create node-webcam.Webcam#.capture navigator.mediaDevices.getUserMedia"
    ),
    **same(FILMS, "node-record-lpcm16.record node-record-lpcm16.start mic node-microphone opencv4nodejs.VideoCapture"),
    **same(Effect(special="named", act=Act.HOST_ANALYSIS), "inspector.url inspector.open is-docker is-wsl detect-vm"),
    **same(
        Effect(special="named", act=Act.PERSISTENCE),
        "auto-launch winreg.Registry#.set regedit.putValue regedit.createKey",
    ),
    **same(
        Effect(special="named", act=Act.PERSISTENCE),
        "crontab.load node-windows.Service#.install electron.app.setLoginItemSettings",
    ),
    **same(
        Effect(special="named", act=Act.PERSISTENCE),
        "node-mac.Service#.install node-linux.Service#.install app.setLoginItemSettings",
    ),
    **same(Effect(special="named", act=Act.PERSISTENCE), "cron.load windows-shortcuts.create"),
    **under(
        "keytar",
        Effect(Act.FILE_READ, "keytar", gives=(Label.CREDENTIALS,)),
        "getPassword findCredentials findPassword",
    ),
    **same(
        Effect(Act.FILE_READ, "DPAPI", data=(0,), gives=(Label.CREDENTIALS,), keeps=True), "win-dpapi.unprotectData"
    ),
    **same(Effect(Act.FILE_READ, "DPAPI", data=(0,), gives=(Label.CREDENTIALS,)), "@primno/dpapi.Dpapi.unprotectData"),
    **same(Effect(Act.FILE_READ, "DPAPI", data=(0,), gives=(Label.CREDENTIALS,)), "node-dpapi.unprotectData"),
    "winreg": Effect(becomes="winreg.Registry#"),
    "Date": Effect(special="date", gives=(Label.TIME,)),
    **same(Effect(gives=(Label.TIME,)), "Date.now performance.now process.hrtime process.hrtime.bigint moment dayjs"),
    **same(Effect(gives=(Label.RANDOM,)), "Math.random crypto.randomBytes crypto.randomUUID crypto.randomInt uuid.v4"),
    **same(Effect(gives=(Label.RANDOM,)), "crypto.getRandomValues nanoid nanoid.nanoid"),
    **same(Effect(gives=(Label.INPUT,)), "prompt readline.question readline-sync.question inquirer.prompt"),
    **same(Effect(gives=(Label.HOST,), special="guarding"), "Intl.DateTimeFormat app.getLocale electron.app.getLocale"),
}

CIPHERS: Final[Table] = {
    **same(Effect(Act.ENCRYPT, 0, becomes="crypto.Cipher#"), "crypto.createCipheriv crypto.createCipher"),
    "crypto.Cipher#.update": Effect(Act.ENCRYPT, data=(0,), keeps=True),
    **under(
        "crypto-js", Effect(Act.ENCRYPT, data=(0,), keeps=True), "AES.encrypt DES.encrypt TripleDES.encrypt RC4.encrypt"
    ),
    **same(Effect(Act.ENCRYPT, data=(1,), keeps=True), "crypto.publicEncrypt"),
    **same(Effect(becomes="crypto.Decipher#"), "crypto.createDecipheriv crypto.createDecipher"),
    **under("crypto.Decipher#", Effect(gives=(Label.DECODED, Label.OPAQUE), keeps=True), "update final"),
    **under(
        "crypto-js", Effect(gives=(Label.DECODED, Label.OPAQUE), keeps=True), "AES.decrypt DES.decrypt RC4.decrypt"
    ),
    **same(Effect(gives=(Label.DECODED, Label.OPAQUE), keeps=True), "crypto.privateDecrypt crypto.publicDecrypt"),
    **under(
        "zlib", DECODES, "inflateSync gunzipSync unzipSync brotliDecompressSync inflateRawSync inflate gunzip unzip"
    ),
    **under(
        "zlib", DECODES, "brotliDecompress inflateRaw createGunzip createInflate createUnzip createBrotliDecompress"
    ),
    **same(DECODES, "pako.inflate pako.ungzip lz-string.decompress lz-string.decompressFromBase64 js-base64.decode"),
    **same(
        DECODES, "lz-string.decompressFromUTF16 js-base64.Base64.decode base-64.decode abab.atob base64-js.toByteArray"
    ),
    **same(
        Effect(gives=(Label.DECODED, Label.OPAQUE), keeps=True),
        "pngjs.PNG.sync.read jimp.read sharp steggy.reveal stegcloak.reveal",
    ),
}

GLOBALS: Final = words(
    "eval Function require process Buffer atob btoa unescape escape decodeURIComponent decodeURI",
    "encodeURIComponent encodeURI setTimeout setInterval setImmediate queueMicrotask fetch String Array Object",
    "Number Boolean Reflect Math JSON Date Promise Symbol Proxy RegExp Error Intl WebAssembly XMLHttpRequest",
    "WebSocket EventSource Worker navigator TextDecoder TextEncoder Uint8Array module parseInt parseFloat prompt",
    "performance console Bun Deno script Map Set URL URLSearchParams FormData Blob Request Headers crypto",
    "structuredClone document importScripts Image localStorage sessionStorage location chrome cookieStore",
    "addEventListener",
)
WHOLE: Final = words("globalThis global window self frames top parent")
SAME_MODULE: Final = {
    "https": "http",
    "fs/promises": "fs",
    "fs-extra": "fs",
    "graceful-fs": "fs",
    "original-fs": "fs",
    "dns/promises": "dns",
    "follow-redirects": "",
    "timers/promises": "timers/promises",
    "node-fetch-commonjs": "node-fetch",
    "discord.js-selfbot-v13": "discord.js",
    "undici-fetch": "undici",
    "mz/fs": "fs",
    "mz/child_process": "child_process",
    "pn/fs": "fs",
    "sqlite": "sqlite",
    "process": "process",
    "buffer": "buffer",
    "isomorphic-ws": "ws",
    "robotjs": "robotjs",
}
RENAMED: Final = {
    "fs.promises": "fs",
    "fs.default": "fs",
    "child_process.default": "child_process",
    "os.default": "os",
    "path.default": "path",
    "path.posix": "path",
    "path.win32": "path",
    "http.default": "http",
    "net.default": "net",
    "dns.promises": "dns",
    "dns.default": "dns",
    "buffer.Buffer": "Buffer",
    "buffer.atob": "atob",
    "module.Module": "module",
    "module.default": "module",
    "process.default": "process",
    "process.mainModule": "module",
    "require.main": "module",
    "module.constructor": "module",
    "module.parent": "module",
    "crypto.default": "crypto",
    "crypto.webcrypto": "crypto",
    "vm.default": "vm",
    "url.URL": "URL",
    "url.default": "url",
    "util.default": "util",
    "zlib.default": "zlib",
    "axios.default": "axios",
    "got.default": "got",
    "node-fetch.default": "node-fetch",
    "ws.default": "ws",
    "execa.default": "execa",
    "constructor.constructor": "Function",
    "Function.constructor": "Function",
    "eval.constructor": "Function",
    "require.constructor": "Function",
    "timers.promises": "timers/promises",
    "shelljs.default": "shelljs",
    "screenshot-desktop.default": "screenshot-desktop",
    "clipboardy.default": "clipboardy",
    "worker_threads.default": "worker_threads",
    "node-telegram-bot-api.default": "node-telegram-bot-api",
}
FOLDERS: Final = {
    "HOME": "~",
    "USERPROFILE": "~",
    "APPDATA": "%APPDATA%",
    "LOCALAPPDATA": "%LOCALAPPDATA%",
    "ProgramFiles": "%ProgramFiles%",
    "PROGRAMDATA": "%PROGRAMDATA%",
    "TEMP": "%TEMP%",
    "TMP": "%TEMP%",
    "TMPDIR": "%TEMP%",
}
SECRET_VARIABLE: Final = re.compile(
    r"(^|_)(TOKEN|SECRET|KEY|PASSWORD|PASSWD|PASS|PWD|CREDENTIALS?|AUTH|APIKEY|DSN|WEBHOOK|COOKIE|SESSION)S?(_|$)"
    r"|^(AWS|AZURE|GCP|GOOGLE|STRIPE|OPENAI|GITHUB|GITLAB|NPM|DISCORD|TELEGRAM|SLACK)_|TOKEN$|DATABASE_URL|MONGO(DB)?_UR[IL]",
    re.IGNORECASE,
)
HARMLESS_VARIABLE: Final = re.compile(
    r"^(PWD|OLDPWD|NODE_ENV|PATH|.*_(LOG|DEBUG|LEVEL|REGION|ENV|COLOR|VERSION)|.*KEY_?BOARD.*)$"
)
SECRET_ATTRIBUTE: Final = re.compile(
    r"^(bot_?)?(token|apikey|api_key|password|passwd|secret|privatekey|private_key|accesstoken|access_token|clientsecret|"
    r"client_secret|secretkey|secret_key|authtoken|auth_token|refreshtoken|refresh_token|mnemonic|seedphrase|bottoken)$",
    re.IGNORECASE,
)
ANALYSIS: Final = re.compile(
    r"\b(vmware|virtualbox|vbox(service|guest|tray)?|qemu|xen|hyper-?v|parallels|sandboxie|wireshark|procmon|fiddler|ollydbg|"
    r"x64dbg|ida64|processhacker|vmtoolsd|cuckoo|joesandbox|any\.run|TracerPid)\b",
    re.IGNORECASE,
)
GUARDS: Final = words("os.hostname os.userInfo process.geteuid os-locale Intl.DateTimeFormat")
ALL_DATA: Final = ALL
