"""The functions of Python's library and its usual companions that start programs, run code or touch files and hosts.

Data only: a name and the kind of thing it does. What each kind means is in `effects`; names of the network are apart.
"""

from typing import Final


def spread(table: str) -> dict[str, str]:
    """Return {dotted name: kind} from lines of `kind: module: names` or `kind: dotted names`."""
    kinds: dict[str, str] = {}
    for line in table.strip().splitlines():
        kind, first, *rest = (part.strip() for part in line.split(": "))
        for name in (rest[0] if rest else first).split():
            kinds[f"{first}.{name}" if rest else name] = kind
    return kinds


CALLS: Final = spread("""
evaluate: builtins: eval exec
compile: builtins.compile codeop.compile_command
time_code: timeit: timeit repeat Timer
evaluate: cProfile.run profile.run cProfile.runctx profile.runctx cProfile.Profile().run pandas.eval pdb.runcall
console: code.interact code.InteractiveConsole().interact code.InteractiveConsole().raw_input pdb.Pdb().set_trace
console: pdb.Pdb().cmdloop IPython.embed IPython.start_ipython rpdb.set_trace remote_pdb.set_trace bdb.Bdb().set_trace
console: code.InteractiveInterpreter().interact
configure: logging.config.dictConfig logging.config.DictConfigurator
configure_file: logging.config.fileConfig
configure_port: logging.config.listen
logger: logging.getLogger
attach: logging.root.addHandler logging.root.addFilter logging.basicConfig
log_handler: logging.handlers: HTTPHandler SocketHandler DatagramHandler SMTPHandler SysLogHandler
records: logging: setLogRecordFactory setLoggerClass
watch_calls: sys: settrace setprofile addaudithook
watch_calls: threading: settrace setprofile settrace_all_threads setprofile_all_threads
walk_memory: gc: get_objects get_referrers get_referents
walk_memory: sys._current_frames
hook_imports: sys.meta_path: append insert extend
hook_imports: sys.path_hooks: append insert extend
extend_path: sys.path: append insert
subclasses: builtins.object.__subclasses__ builtins.type.__subclasses__
page: mmap.mmap
call_native: ctypes.CFUNCTYPE() ctypes.PYFUNCTYPE() ctypes.WINFUNCTYPE()
load_library: sqlite3.connect().load_extension apsw.Connection().load_extension aiosqlite.connect().load_extension
query: sqlite3.connect(): execute executescript executemany
query: sqlite3.connect().cursor(): execute executescript executemany
fork: os.fork os.forkpty
write_data: soundfile.write scipy.io.wavfile.write imageio.imwrite cv2.imwrite numpy.save numpy.savez torchaudio.save
evaluate: pdb.run pdb.runeval bdb.Bdb().run trace.Trace().run
evaluate: code.InteractiveInterpreter().runsource code.InteractiveConsole().push code.InteractiveConsole().runsource
evaluate: code.InteractiveInterpreter().runcode types.FunctionType js2py.eval_js execjs.eval numexpr.evaluate
load_file: runpy.run_path importlib.machinery.SourceFileLoader importlib.machinery.SourcelessFileLoader
load_file: importlib.machinery.ExtensionFileLoader imp.load_compiled imp.load_dynamic imp.load_source
load_file: importlib.util.spec_from_file_location zipimport.zipimporter site.addsitedir importlib._bootstrap._load
load_name: runpy.run_module importlib.import_module importlib.__import__ builtins.__import__ imp.load_module
load_name: zipimport.zipimporter().load_module pydoc.locate importlib.util.find_spec
unpack: pickle: load loads Unpickler
unpack: dill: load loads
unpack: cloudpickle: load loads
unpack: marshal: load loads
unpack: yaml: load load_all unsafe_load unsafe_load_all full_load
unpack: torch.load joblib.load jsonpickle.decode shelve.open pandas.read_pickle numpy.load sklearn.externals.joblib.load
process: subprocess: run call check_call check_output Popen getoutput getstatusoutput
process: os: system popen popen2 popen3 popen4 startfile posix_spawn posix_spawnp
process_list: os: execl execle execlp execlpe execv execve execvp execvpe
process_spawn: os: spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe
process: pty.spawn pexpect.spawn pexpect.run pexpect.spawnu pexpect.popen_spawn.PopenSpawn wexpect.spawn invoke.run
process: asyncio.create_subprocess_shell anyio.run_process anyio.open_process trio.run_process distutils.spawn.spawn
process: plumbum.local sh.Command delegator.run envoy.run setuptools.distutils.spawn.spawn winpty.PtyProcess.spawn
process: psutil.Popen
remote_command: paramiko.SSHClient().exec_command paramiko.SSHClient().invoke_shell fabric.Connection().run
process_list: asyncio.create_subprocess_exec win32api.ShellExecute win32process.CreateProcess
process_list: win32com.shell.shell.ShellExecuteEx
process_list: ctypes.windll.shell32.ShellExecuteW ctypes.windll.shell32.ShellExecuteA
feed: subprocess.Popen().stdin: write writelines
feed: asyncio.create_subprocess_exec().stdin: write writelines
feed: asyncio.create_subprocess_shell().stdin: write writelines
feed: subprocess.Popen().communicate asyncio.create_subprocess_exec().communicate
feed: asyncio.create_subprocess_shell().communicate
install: pip.main pip._internal.main
install: pip._internal.cli.main.main ensurepip.bootstrap setuptools.command.easy_install.main
environ_get: os.getenv os.environ.get os.environ.pop os.environ.setdefault os.environb.get environ.Env() decouple.config
environ_get: os.environ.__getitem__ dotenv.get_key
environ_all: os.environ: copy items values keys __iter__ __repr__ __str__
environ_all: psutil.Process().environ dotenv.dotenv_values os.environb.items
open: builtins.open io.open codecs.open gzip.open bz2.open lzma.open aiofiles.open os.fdopen tokenize.open
open: anyio.open_file os.open zipfile.ZipFile tarfile.open io.FileIO io.open_code
read_path: sqlite3.connect aiosqlite.connect pandas.read_csv pandas.read_sql
read_path: linecache.getlines linecache.getline mailbox.mbox fileinput.input plyvel.DB leveldb.LevelDB
read_path: dbm.open apsw.Connection pikepdf.open openpyxl.load_workbook json5.load PIL.Image.open cv2.imread wave.open
read_handle: pathlib.Path(): read_text read_bytes
open_path: pathlib.Path().open
write_path: pathlib.Path(): write_text write_bytes
write_handle: pathlib.Path(): touch symlink_to hardlink_to
copy: shutil: copy copyfile copy2 copytree copyfileobj
move: shutil.move os.rename os.replace os.link os.symlink os.renames
move_handle: pathlib.Path(): rename replace
archive: shutil.make_archive
unarchive: shutil.unpack_archive zipfile.ZipFile().extractall zipfile.ZipFile().extract
delete_file: os: remove unlink
delete: shutil.rmtree send2trash.send2trash
delete_handle: pathlib.Path(): unlink
mode: os.chmod os.chown os.fchmod os.lchmod os.chflags win32api.SetFileAttributes
mode_handle: pathlib.Path().chmod
walk: os: walk listdir scandir fwalk
walk: glob: glob iglob
walk_handle: pathlib.Path(): glob rglob iterdir walk
temporary: tempfile: NamedTemporaryFile TemporaryFile mkstemp mkdtemp mktemp gettempdir TemporaryDirectory
temporary: tempfile.SpooledTemporaryFile
native_load: ctypes: CDLL WinDLL OleDLL PyDLL
native_load: ctypes.cdll.LoadLibrary ctypes.windll.LoadLibrary ctypes.util.find_library cffi.FFI().dlopen
native_load: ctypes.oledll.LoadLibrary ctypes.pydll.LoadLibrary _ctypes.dlopen win32api.LoadLibrary
clipboard_read: pyperclip.paste win32clipboard.GetClipboardData tkinter.Tk().clipboard_get clipboard.paste
clipboard_read: pyperclip.waitForPaste pyperclip.waitForNewPaste PIL.ImageGrab.grabclipboard pandas.read_clipboard
clipboard_write: pyperclip.copy win32clipboard.SetClipboardText win32clipboard.SetClipboardData clipboard.copy
clipboard_write: tkinter.Tk().clipboard_append
record: pynput.keyboard.Listener pynput.mouse.Listener keyboard.hook keyboard.on_press keyboard.on_release
record: keyboard.record keyboard.read_key keyboard.read_event keyboard.start_recording mouse.hook mouse.record
record: pyHook.HookManager pyWinhook.HookManager pyxhook.HookManager evdev.InputDevice().read_loop
screen: PIL.ImageGrab.grab pyautogui.screenshot mss.mss().shot mss.mss().grab mss.shot pyscreenshot.grab
screen: pyscreeze.screenshot autopy.bitmap.capture_screen dxcam.create().grab d3dshot.create().screenshot
camera: cv2.VideoCapture sounddevice.rec sounddevice.InputStream pyaudio.PyAudio().open pygame.camera.Camera
camera: sounddevice.RawInputStream soundcard.default_microphone().record picamera.PiCamera
inspect: platform: node uname platform machine release
inspect: platform: version processor win32_ver mac_ver architecture freedesktop_os_release
inspect_quietly: platform.system os.getcwd os.getpid pathlib.Path.cwd
inspect: getpass.getuser os.getlogin os.uname uuid.getnode socket.gethostname socket.getfqdn pwd.getpwuid
inspect: psutil: process_iter pids users boot_time net_if_addrs virtual_memory cpu_count disk_usage disk_partitions
inspect: psutil.net_connections psutil.Process().username netifaces.ifaddresses netifaces.interfaces wmi.WMI
inspect: win32api.GetUserName win32api.GetComputerName distro.name distro.info cpuinfo.get_cpu_info GPUtil.getGPUs
inspect: ifaddr.get_adapters win32gui.GetForegroundWindow win32gui.GetWindowText pygetwindow.getActiveWindow
inspect: getmac.get_mac_address machineid.id locale.getdefaultlocale locale.getlocale pwd.getpwall pwd.getpwnam
analyse: sys.gettrace ctypes.windll.kernel32.IsDebuggerPresent ctypes.windll.kernel32.CheckRemoteDebuggerPresent
registry_open: winreg: OpenKey OpenKeyEx CreateKey CreateKeyEx ConnectRegistry
registry_read: winreg: QueryValueEx QueryValue EnumValue EnumKey
registry_write: winreg: SetValueEx SetValue DeleteValue DeleteKey
persist: crontab.CronTab().new crontab.CronTab().write win32serviceutil.InstallService win32service.CreateService
persist: plistlib.dump
clock: time: time localtime gmtime time_ns strftime ctime
clock: datetime.datetime: now utcnow today
clock: datetime.date.today
chance: random: random randint choice choices randrange sample uniform getrandbits shuffle
chance: secrets: token_hex token_bytes token_urlsafe choice randbelow
chance: os.urandom uuid.uuid4 numpy.random.randint numpy.random.rand
ask: builtins.input getpass.getpass sys.stdin.read sys.stdin.readline sys.stdin.buffer.read
sleep: time.sleep asyncio.sleep trio.sleep anyio.sleep gevent.sleep eventlet.sleep
decode: base64: b64decode standard_b64decode decodebytes urlsafe_b64decode b32decode b16decode a85decode b85decode
decode: base64.b32hexdecode base64.decodestring
decode: binascii: a2b_base64 unhexlify a2b_hex a2b_uu a2b_qp rlecode_hqx
decode: builtins.bytes.fromhex builtins.bytearray.fromhex uu.decode quopri.decodestring
decode: zlib.decompress gzip.decompress bz2.decompress lzma.decompress zlib.decompressobj().decompress
decode: lz4.frame.decompress snappy.decompress brotli.decompress zstandard.ZstdDecompressor().decompress
decode: html.unescape base58.b58decode
codec: codecs.decode codecs.encode
keyring: keyring.get_password keyring.get_credential keyring.get_keyring().get_password win32cred.CredEnumerate
keyring: win32cred.CredRead secretstorage.get_default_collection
keyring: secretstorage.get_all_items secretstorage.search_items secretstorage.Item().get_secret
keyring: browser_cookie3: chrome firefox load edge brave opera chromium safari vivaldi
keyring: browsercookie.chrome browsercookie.firefox browsercookie.load rookiepy.chrome rookiepy.load
keyring: win32crypt.CryptUnprotectData ctypes.windll.crypt32.CryptUnprotectData pypsexec.dpapi chrome_cookies.load
pixels: PIL.Image.open().getdata PIL.Image.open().getpixel PIL.Image.open().tobytes PIL.Image.open().load
pixels: wave.open().readframes stepic.decode stegano.lsb.reveal cv2.imread().flatten stegano.lsb.reveal_from_image
duplicate: os.dup2
thread: threading.Thread threading.Timer multiprocessing.Process _thread.start_new_thread asyncio.create_task
thread: asyncio.ensure_future atexit.register asyncio.run asyncio.to_thread threading.excepthook
thread: concurrent.futures.ThreadPoolExecutor().submit concurrent.futures.ProcessPoolExecutor().submit
thread: concurrent.futures.ThreadPoolExecutor().map multiprocessing.Pool().map multiprocessing.Pool().apply_async
thread: asyncio.get_event_loop().run_until_complete asyncio.get_event_loop().run_in_executor
thread: asyncio.get_event_loop().create_task asyncio.gather
thread: _thread.start_new asyncio.TaskGroup().create_task
thread: multiprocessing.pool.ThreadPool().map multiprocessing.dummy.Pool().map gevent.spawn trio.run anyio.run
thread: asyncio.get_event_loop().call_soon asyncio.get_event_loop().call_later asyncio.run_coroutine_threadsafe
getattr: builtins.getattr
setattr: builtins.setattr
namespace_get: builtins.globals(): get pop setdefault
namespace: builtins.globals builtins.locals builtins.vars
partial: functools.partial functools.partialmethod
getter: operator.attrgetter operator.methodcaller
item_getter: operator.itemgetter
call_first: operator.call builtins.apply
apply: builtins.map builtins.filter itertools.starmap functools.reduce multiprocessing.map
calls_key: builtins.sorted builtins.min builtins.max
same: builtins: list tuple set frozenset iter reversed bytes bytearray
same: builtins: str next repr memoryview dict sorted enumerate zip
substitute: re: sub subn
substitute: re.compile(): sub subn
substitute: regex.sub regex.compile().sub
compare: hmac.compare_digest secrets.compare_digest operator.eq operator.contains
same: typing.cast copy.copy copy.deepcopy builtins.ascii itertools.chain itertools.cycle functools.lru_cache
same: functools.wraps() contextlib.closing io.BytesIO io.StringIO collections.OrderedDict
compute: builtins: chr ord int float abs hex bin oct len sum divmod pow round bool range
compute: builtins.int.from_bytes builtins.int.to_bytes builtins.str.maketrans urllib.parse.unquote
compute: urllib.parse.unquote_plus struct.pack
compute: urllib.parse.quote urllib.parse.urljoin binascii.hexlify base64.b64encode string.Template().substitute
serialise: json.dumps urllib.parse.urlencode simplejson.dumps ujson.dumps orjson.dumps aiohttp.FormData
hints: typing.get_type_hints inspect.get_annotations typing_extensions.get_type_hints
load_data: json: load loads
load_data: tomllib: load loads
load_data: tomli.load tomli.loads toml.load toml.loads ujson.load ujson.loads orjson.loads json5.load json5.loads
read_ini: configparser.ConfigParser().read configparser.RawConfigParser().read configparser.SafeConfigParser().read
resource: pkgutil.get_data importlib.resources.read_text importlib.resources.read_binary pkg_resources.resource_string
resources: importlib.resources.files
compute: ast.literal_eval textwrap.dedent os.fsencode os.fsdecode html.escape
path_join: os.path.join posixpath.join ntpath.join pathlib.Path().joinpath
path_parent: os.path.dirname posixpath.dirname ntpath.dirname
path_sibling: pathlib.Path(): with_name with_stem
path_new: pathlib: Path PurePath PosixPath WindowsPath PurePosixPath
path_home: pathlib.Path.home
path_user: os.path.expanduser pathlib.Path().expanduser os.path.expandvars
path_same: os.path: abspath realpath normpath normcase
path_same: pathlib.Path(): resolve absolute as_posix __str__ with_suffix
path_same: builtins.str() os.fspath
write_open: builtins.open(): write writelines
write_open: os.write
read_open: builtins.open(): read readline readlines
zip_file: zipfile.ZipFile(): write add
zip_text: zipfile.ZipFile().writestr
read_open: zipfile.ZipFile(): read open extractfile
super: builtins.super
type: builtins.type
""")

# Attributes, not calls, that are a source by themselves.
ATTRIBUTES: Final = {"sys.argv": "input", "sys.orig_argv": "input", "sys.stdin": "input"}

# One function under several names.
SPELLINGS: Final = {
    "posix": "os",
    "nt": "os",
    "__builtin__": "builtins",
    "commands.getoutput": "subprocess.getoutput",
    "cPickle": "pickle",
    "_pickle": "pickle",
    "_thread.start_new": "_thread.start_new_thread",
    "urllib2": "urllib.request",
    "six.moves.urllib": "urllib",
    "requests.api": "requests",
    "requests.sessions": "requests",
    "httplib": "http.client",
    "_winreg": "winreg",
    "ruamel.yaml": "yaml",
    "_socket": "socket",
    "Cryptodome": "Crypto",
    "multiprocessing.context": "multiprocessing",
    "asyncio.subprocess": "asyncio",
    "asyncio.get_running_loop": "asyncio.get_event_loop",
    "asyncio.new_event_loop": "asyncio.get_event_loop",
    "asyncio.protocols": "asyncio",
    "asyncio.streams": "asyncio",
    "subprocess32": "subprocess",
    "simplejson": "json",
    "thread": "_thread",
    "pathlib2": "pathlib",
    "curl_cffi.requests": "requests",
    "cloudscraper": "requests",
    "discord.ext.commands": "discord",
    "nextcord": "discord",
    "disnake": "discord",
    "httpx._api": "httpx",
    "logging.getLogger().root": "logging.root",
    "logging.getLogger().parent": "logging.root",
    "logging.Logger.root": "logging.root",
    "logging.Logger.manager": "logging.root",
    "logging.RootLogger": "logging.root",
    "tkinter.Toplevel": "tkinter.Tk",
    "Tkinter": "tkinter",
    "importlib._bootstrap_external": "importlib.machinery",
}

CRYPTO: Final = (
    "cryptography.", "Crypto.", "pyaes.", "nacl.", "pyAesCrypt.", "rsa.", "simplecrypt.", "cryptocode.", "rncryptor.",
    "win32crypt.", "aes.", "Cryptodome.", "blowfish.", "twofish.", "salsa20.",
)  # fmt: skip
