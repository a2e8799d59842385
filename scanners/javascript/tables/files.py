"""Rows for what reads, writes, deletes and walks files and databases.

Data only.
"""

from typing import Final

from scanners.facts import Act, Label
from scanners.javascript.effects import Effect, Table, same, under

READS: Final = Effect(Act.FILE_READ, 0, special="read_file", gives=(Label.FILE,))
WRITES: Final = Effect(Act.FILE_WRITE, 0, data=(1,), special="write_file")
COPIES: Final = Effect(Act.FILE_WRITE, 1, special="copy_file")
DELETES: Final = Effect(Act.FILE_DELETE, 0, special="at_path")
WALKS: Final = Effect(Act.FILE_WALK, 0, special="at_path", gives=(Label.LISTING,))
STREAM: Final = "fs.WriteStream#"


def both(names: str) -> str:
    """Return names of functions with those of their synchronous twins."""
    return " ".join(f"{name} {name}Sync" for name in names.split())


FILES: Final[Table] = {
    **under("fs", READS, both("readFile readJson readJSON open openAsBlob read") + " createReadStream outputRead"),
    **under("fs", WRITES, both("writeFile appendFile outputFile outputJson writeJson writeJSON outputJSON")),
    **under("fs", COPIES, both("copyFile copy cp rename move symlink link")),
    **under("fs", DELETES, both("unlink rm rmdir remove emptyDir truncate")),
    **under("fs", WALKS, both("readdir opendir glob")),
    **under("fs", Effect(Act.FILE_MODE, 0, special="at_path"), both("chmod fchmod lchmod chown")),
    **under("fs", Effect(gives=(Label.FILE,)), both("stat lstat readlink realpath")),
    **under("fs", Effect(callback=9), both("access exists mkdir mkdirp ensureDir mkdtemp ensureFile close fsync")),
    "fs.createWriteStream": Effect(Act.FILE_WRITE, 0, special="open_stream", becomes=STREAM),
    **under(STREAM, Effect(Act.FILE_WRITE, "this", data=(0,)), "write end"),
    **same(WALKS, "glob glob.sync glob.glob glob.globSync fast-glob fast-glob.sync globby globby.sync globby.globby"),
    **same(
        WALKS,
        "walkdir walk klaw klaw-sync recursive-readdir readdirp tiny-glob fdir.fdir#.crawl shelljs.ls shelljs.find",
    ),
    **same(DELETES, "rimraf rimraf.sync del del.sync shelljs.rm trash rimraf.rimraf del.deleteAsync del.deleteSync"),
    **same(READS, "better-sqlite3 sqlite3.Database sqlite3.cached.Database jsonfile.readFile jsonfile.readFileSync"),
    **same(
        READS,
        "node:sqlite.DatabaseSync sqlite.DatabaseSync level classic-level.ClassicLevel level.Level",
    ),
    **same(
        READS, "Bun.file Deno.readTextFile Deno.readFile Deno.readTextFileSync Deno.readFileSync shelljs.cat adm-zip"
    ),
    **same(
        WRITES,
        "Deno.writeTextFile Deno.writeFile jsonfile.writeFile jsonfile.writeFileSync Bun.write write-file-atomic",
    ),
    **same(WRITES, "shelljs.ShellString#.to"),
    **same(COPIES, "shelljs.cp shelljs.mv cpy ncp copyfiles"),
}
