"""Production refuses what belongs to the embedded arrangement, and says which setting it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SOUND = {
    "NEXUS_ENV": "production",
    "SECRET_KEY": "s" * 64,
    "DATABASE_URL": "postgres://nexus:secret@db.example.invalid:5432/nexus",
    "BROKER_URL": "rediss://:secret@broker.example.invalid:6379/0",
    "ARTIFACT_STORAGE": "s3://artifacts/nexus",
    "SIGNING_KEY_FILE": "/etc/nexus/platform_ed25519",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.invalid:587",
    "ALLOWED_HOSTS": "governance.example.invalid",
    "PUBLIC_URL": "https://governance.example.invalid",
}


def run(*command: str, tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    ours = {"PATH": os.environ["PATH"], "NEXUS_VAR": str(tmp_path), **SOUND, **changes}
    environ = {name: value for name, value in ours.items() if value}
    return subprocess.run(
        [sys.executable, *command], cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_sound_production_settings_pass(tmp_path: Path) -> None:
    done = run("manage.py", "check", tmp_path=tmp_path)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(set(SOUND) - {"NEXUS_ENV"}))
def test_production_without_a_setting_is_refused_by_name(name: str, tmp_path: Path) -> None:
    done = run("manage.py", "check", tmp_path=tmp_path, **{name: ""})

    assert done.returncode == 1
    assert f"{name} is not set in production" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("SECRET_KEY", "short", "governance.E003"),
        ("ALLOWED_HOSTS", "*", "governance.E004"),
        ("BROKER_URL", "redis+socket:///tmp/nexus/valkey.sock?virtual_host=0", "governance.E006"),
        ("PUBLIC_URL", "http://governance.example.invalid", "governance.E007"),
        ("NEXUS_ENV", "prod", "governance.E001"),
    ],
)
def test_insecure_value_is_refused(name: str, value: str, code: str, tmp_path: Path) -> None:
    done = run("manage.py", "check", tmp_path=tmp_path, **{name: value})

    assert done.returncode == 1
    assert code in done.stderr


def test_root_key_on_a_server_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root_ed25519").touch()
    done = run("manage.py", "check", tmp_path=tmp_path, SIGNING_KEY_FILE=str(tmp_path / "platform_ed25519"))

    assert done.returncode == 1
    assert "governance.E009" in done.stderr


def test_web_process_does_not_start_on_refused_settings(tmp_path: Path) -> None:
    done = run("-c", "import governance.wsgi", tmp_path=tmp_path, ALLOWED_HOSTS="*")

    assert done.returncode != 0
    assert "ALLOWED_HOSTS admits every host" in done.stderr


def test_secret_of_the_embedded_arrangement_is_private_and_stays(tmp_path: Path) -> None:
    embedded = dict.fromkeys(SOUND, "")
    ask = "import governance.settings as settings; print(settings.SECRET_KEY)"

    first = run("-c", ask, tmp_path=tmp_path, **embedded)
    second = run("-c", ask, tmp_path=tmp_path, **embedded)

    assert len(first.stdout.strip()) >= 50, first.stderr
    assert first.stdout == second.stdout
    assert (tmp_path / "keys" / "secret_key").stat().st_mode & 0o777 == 0o600
