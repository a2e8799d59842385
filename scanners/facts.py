"""The words in which a language pass says what code does: facts, with where their arguments come from.

A fact is never a judgement: rules put facts together into findings, and the verdict weighs those.
"""

from dataclasses import dataclass
from enum import StrEnum


class Context(StrEnum):
    """When a line runs, which decides how much of the machine it has to itself."""

    INSTALL = "install"  # setup.py, build hooks, npm life-cycle scripts, .pth lines
    IMPORT = "import"  # module level, and every function called from there
    RUNTIME = "runtime"  # in a function that something else has to call
    DEAD = "dead"  # tests, documentation, examples, and code behind a condition that is never true


class Act(StrEnum):
    """What one place in the code does. The comment says what `detail` holds; it is empty when it is not constant."""

    CODE_EVAL = "code.eval"  # exec, eval, compile, Function, vm.*: the first characters of constant code
    CODE_LOAD = "code.load"  # a module or file run as code by a name that is computed or no source: the name
    CODE_UNPACK = "code.unpack"  # pickle, marshal, unsafe YAML, torch.load: the function's dotted name
    PROCESS_START = "process.start"  # the command line, arguments joined by spaces
    NETWORK_CONNECT = "network.connect"  # a connection or client is opened: host, host:port or URL
    NETWORK_SEND = "network.send"  # data leaves; origins are those of what is sent: host or URL
    NETWORK_FETCH = "network.fetch"  # data comes in, nothing but the address goes out: host or URL
    NETWORK_LISTEN = "network.listen"  # a port is opened: host:port
    NETWORK_LOOKUP = "network.lookup"  # a name is resolved; origins are those of the name: the name
    LOG_SEND = "log.send"  # records of the log are handed to a network address: host or URL
    ENVIRONMENT_READ = "environment.read"  # the variable's name, "*" for all of them
    FILE_READ = "file.read"  # open, copy from, sqlite3.connect, fs.readFile: the path, fragments joined by "/"
    FILE_WRITE = "file.write"  # written or copied to; origins are those of the content: the path
    FILE_DELETE = "file.delete"  # the path
    FILE_WALK = "file.walk"  # a folder is listed, with or without its subfolders: the path
    FILE_MODE = "file.mode"  # chmod; the path
    NATIVE_LOAD = "native.load"  # ctypes, cffi, process.dlopen: the library
    NATIVE_CALL = "native.call"  # the function's name
    CLIPBOARD_READ = "clipboard.read"
    CLIPBOARD_WRITE = "clipboard.write"  # the text, where it is constant
    ADDRESS_SWAP = "address.swap"  # what is found in a text is replaced by a constant payment address: the address
    INPUT_RECORD = "input.record"  # keys or mouse are listened to: the library
    SCREEN_CAPTURE = "screen.capture"
    CAMERA_CAPTURE = "camera.capture"  # also the microphone
    HOST_INSPECT = "host.inspect"  # who and where this machine is: hostname, user, platform, address, processes, ...
    HOST_ANALYSIS = "host.analysis"  # looks for a debugger, a virtual machine or a sandbox: what is looked for
    HOST_PATCH = "host.patch"  # replaces an attribute of a foreign module or of builtins: its dotted name
    SOFTWARE_INSTALL = "software.install"  # pip, npm, ... at run time: what is installed
    PERSISTENCE = "persistence"  # registry Run keys, cron, launch agents by API: the place
    ENCRYPT = "crypto.encrypt"  # data is encrypted
    RESOURCE_EXHAUST = "resource.exhaust"  # an endless loop uses up: processes, threads, disk, memory, processor
    TOOL_TEXT = "tool.text"  # what a language model is told of a tool: the name it stands under
    SLEEP = "time.sleep"  # waits at least a minute: seconds
    STREAM_TO_SOCKET = "stream.to-socket"  # dup2, pty.spawn, a process whose streams are a socket
    STARTS_THREAD = "thread.start"  # work handed to another thread or event loop: the callee's name
    MESSAGE_ADDRESS = "message.address"  # to whom a message goes: "to: name", "chat_id: {}", "address: URL"
    USER_CHOSEN = "user.chosen"  # one is told from all others by a constant: "only", "or" others, "check" of its own
    USER_DATA = "user.data"  # reads data of a bot's users: message_text, profile, contacts, location, files


class Label(StrEnum):
    """Where a value comes from. A value keeps every label of everything it was made from."""

    DECODED = "decoded"  # base64, hex, zlib, rot, character codes, XOR, reversal, decryption
    OPAQUE = "opaque"  # marshal, pickle, a cipher, an image's pixels: nobody can read it here
    NETWORK = "network"  # an answer that came over the network
    ENVIRONMENT = "environment"  # one variable with a harmless name
    ENVIRONMENT_ALL = "environment-all"  # the whole environment
    SECRET = "secret"  # noqa: S105 (a kind of source, no password): a variable, setting or attribute named like a token, key or password
    AUTHENTICATION = "authentication"  # a secret where a request carries its own: headers, auth, a key parameter
    CREDENTIALS = "credentials"  # a file where another program keeps passwords, keys, cookies or wallets
    FILE = "file"  # any other file's content
    LISTING = "listing"  # names of files, from walking or listing folders
    HOST = "host"  # hostname, user, platform, addresses, processes
    PROCESS = "process"  # what another program printed
    CLIPBOARD = "clipboard"
    SCREEN = "screen"
    KEYS = "keys"
    CAMERA = "camera"
    MESSAGE = "message"  # what a bot's user wrote or is
    ARGUMENT = "argument"  # a parameter of the function, whoever calls it
    INPUT = "input"  # standard input, command line
    TIME = "time"  # a date or clock
    RANDOM = "random"


class Trick(StrEnum):
    """A detour by which code reaches a name or text that it could have written plainly."""

    JOINED = "joined"
    DECODED = "decoded"
    LOOKED_UP = "looked_up"  # getattr, __import__, globals()[...], module.__dict__
    ALIASED = "aliased"
    HIDDEN_WINDOW = "hidden-window"  # no window, no output, detached: the user is not to notice
    SHELL = "shell"  # a command line that a shell reads
    GUARDED = "guarded"  # only behind a comparison with a date, a host, a locale, a hash or a random number
    LOOP = "loop"  # inside a loop that does not end by itself
    UNVERIFIED = "unverified"  # certificate checks are off
    UNANSWERED = "unanswered"  # something is sent, and nobody looks at the answer
    FAVOURED = "favoured"  # only for a user, or for whoever knows a word, that is written into the code
    NAMED_IN_DATA = "named-in-data"  # what is called is named by a file that holds data


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """One source a value was made from, and the line where it enters; 0 when that is in another file.

    `name` is what a secret is called where it is read: a variable, a setting or an attribute such as "bot.token"; of an
    argument it is the parameter, and "*" stands for all that a runtime hands over.
    """

    label: Label
    line: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing one place in the code does.

    `scope` is the dotted name of the function around it, "" at module level; facts of one scope belong together.
    `detail` is constant evidence as `Act` says, folded and decoded. Lines count from 1, in the plugin's own file.
    """

    act: Act
    path: str
    line: int
    end_line: int
    context: Context
    scope: str
    detail: str = ""
    origins: tuple[Origin, ...] = ()
    tricks: frozenset[Trick] = frozenset()
    snippet: str = ""

    @property
    def labels(self) -> frozenset[Label]:
        """Return the labels of everything that flows in here."""
        return frozenset(origin.label for origin in self.origins)
