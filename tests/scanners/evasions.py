"""Detours to dangerous calls, each with the rule that must see it: for the pass alone and for a whole scan."""

import marshal
import zlib

MARSHALLED = marshal.dumps(compile("1", "x", "eval"))
DETOURS = {
    "joined getattr": ("indirect-assembled", 'import os\ngetattr(os, "sys" + "tem")("true")\n'),
    "formatted getattr": ("indirect-assembled", 'import os\ngetattr(os, f"sys{\'tem\'}")("true")\n'),
    "reversed getattr": ("indirect-assembled", 'import os\ngetattr(os, "metsys"[::-1])("true")\n'),
    "decoded getattr": (
        "indirect-assembled",
        'import os, base64\ngetattr(os, base64.b64decode("c3lzdGVt").decode())("x")\n',
    ),
    "joined through variables": (
        "indirect-assembled",
        'import os\na = "sys"\nb = "tem"\nc = a + b\ngetattr(os, c)("true")\n',
    ),
    "joined import": ("indirect-assembled", '__import__("o" + "s").system("true")\n'),
    "plain getattr": ("indirect-lookup", 'import os\ngetattr(os, "system")("true")\n'),
    "inline import": ("indirect-lookup", '__import__("os").system("true")\n'),
    "importlib": ("indirect-lookup", 'import importlib\nimportlib.import_module("os").system("true")\n'),
    "module dictionary": ("indirect-lookup", 'import os\nos.__dict__["system"]("true")\n'),
    "vars": ("indirect-lookup", 'import os\nvars(os)["system"]("true")\n'),
    "loaded modules": ("indirect-lookup", 'import sys\nsys.modules["os"].system("true")\n'),
    "globals": ("indirect-lookup", 'import os\nglobals()["os"].system("true")\n'),
    "builtins subscript": ("indirect-lookup", '__builtins__["eval"]("1")\n'),
    "attrgetter": ("indirect-lookup", 'import os, operator\noperator.attrgetter("system")(os)("true")\n'),
    "partial": ("indirect-callable", 'import os, functools\nfunctools.partial(os.system, "true")()\n'),
    "builtins": ("indirect-builtins", 'import builtins\nbuiltins.eval("1")\n'),
    "builtins under a name": ("indirect-builtins", 'import builtins as b\nb.exec("1")\n'),
    "alias": ("indirect-alias", 'run = eval\nrun("1")\n'),
    "alias after another value": ("indirect-alias", 'run = print\nrun = eval\nrun("1")\n'),
    "alias of a method": ("indirect-alias", 'import os\nrun = os.system\nrun("true")\n'),
    "walrus": ("indirect-alias", 'import os\nif (run := os.system):\n    run("true")\n'),
    "map": ("indirect-callable", 'list(map(eval, ["1"]))\n'),
    "decorator": ("indirect-callable", '@eval\ndef code():\n    return "1"\n'),
    "thread": (
        "indirect-callable",
        'import os, threading\nthreading.Thread(target=os.system, args=("true",)).start()\n',
    ),
    "ctypes": ("native-call", 'import ctypes\nctypes.CDLL(None).system(b"true")\n'),
    "ctypes loader": ("native-call", 'from ctypes import cdll\ncdll.LoadLibrary("libc.so.6").system(b"true")\n'),
    "runpy": ("data-as-code", 'import runpy\nrunpy.run_path("main.dat")\n'),
    "exec of a data file": ("data-as-code", 'exec(open("icon.png").read())\n'),
    "exec of decoded text": ("decoded-code", 'import base64\nexec(base64.b64decode("cGFzcw=="))\n'),
    "exec of unknown decoded text": ("decoded-code", "import base64\ndef f(x):\n    exec(base64.b64decode(x))\n"),
    "exec of compressed text": ("decoded-code", f"import zlib\nexec(zlib.decompress({zlib.compress(b'pass')!r}))\n"),
    "exec of characters": ("decoded-code", 'exec("".join(map(chr, [112, 97, 115, 115])))\n'),
    "exec of shifted characters": ("decoded-code", 'exec("".join(chr(ord(c) ^ 1) for c in "q`rr"))\n'),
    "exec of hexadecimal": ("decoded-code", 'exec(bytes.fromhex("70617373"))\n'),
    "exec of rot13": ("decoded-code", 'import codecs\nexec(codecs.decode("cnff", "rot13"))\n'),
    "exec of marshal": ("opaque-code", f"import marshal\nexec(marshal.loads({MARSHALLED!r}))\n"),
    "method of the same name": (
        "indirect-lookup",
        "class A:\n    def system(self): pass\n    def f(self):\n" + '        __import__("os").system("x")\n',
    ),
    "hidden builtin": ("indirect-callable", 'if 0:\n    eval = None\nlist(map(eval, ["1"]))\n'),
}
