"""`python -m scanners`: for a person in words, for a program as one line of JSON and an exit code."""

import json
from pathlib import Path

import pytest

from scanners.__main__ import main
from scanners.printing import make_visible
from tests.samples import archives

CASES: dict[int, archives.Tree | Path] = {
    0: archives.SAMPLES / "benign" / "sealed-notes",
    1: archives.SAMPLES / "benign" / "crash-reporter",
    2: archives.SAMPLES / "malicious" / "reverse-shell",
    3: {"broken.py": "def broken(:\n"},
}


@pytest.fixture
def paths(tmp_path: Path) -> dict[int, str]:
    found = {}
    for code, tree in CASES.items():
        path = tmp_path / f"{code}.zip"
        path.write_bytes(archives.pack_zip(tree))
        found[code] = str(path)
    return found


def test_exit_code_is_the_worst_verdict(paths: dict[int, str]) -> None:
    assert [main([paths[code]]) for code in CASES] == [0, 1, 2, 3]
    assert main([paths[0], paths[3], paths[1]]) == 3
    assert main([paths[2], paths[3]]) == 2


def test_json_is_one_object_a_path_on_one_line(paths: dict[int, str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["--json", paths[0], paths[2]])
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(answer["path"], answer["verdict"]) for answer in answers] == [
        (paths[0], "clean"),
        (paths[2], "malicious"),
    ]
    assert set(answers[1]) >= {"path", "verdict", "score", "findings", "engines", "errors", "seconds"}
    assert {"rule_id", "engine", "severity", "path", "line"} == set(answers[1]["findings"][0])


def test_person_reads_what_why_and_what_to_do(paths: dict[int, str], capsys: pytest.CaptureFixture[str]) -> None:
    main([paths[2]])
    shown = capsys.readouterr().out
    assert "malicious" in shown
    assert "status_page/nodes.py:" in shown
    assert "A shell's input and output are a network connection" in shown
    assert "verdict malicious" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("arguments", [[], ["--colour"], ["no-such-file.zip"]])
def test_wrong_use_ends_with_64(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 64
    assert "python -m scanners" in capsys.readouterr().err


def test_file_names_cannot_drive_the_terminal() -> None:
    assert make_visible("a\x1b[31m\u202e.py") == "a\\x1b[31m\\u202e.py"


def test_markup_in_a_snippet_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    artifact = tmp_path / "plugin.zip"
    artifact.write_bytes(archives.pack_zip({"[red]a.py": "import os\nos.system(x['[bold]'])\n"}))
    main([str(artifact)])
    shown = capsys.readouterr().out
    assert "[red]a.py" in shown
    assert "os.system(x['[bold]'])" in shown
