"""Commands that need an installation, or a place for one, say what is not there, and write nothing."""

import logging
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from oriel import app as application
from oriel import cli, installation, up
from oriel.errors import InvalidConfiguration
from oriel.settings import Settings, load_settings
from oriel.worker_environment import for_workers

Fails = Callable[..., str]
LOOKING = (
    ["jobs", "list"],
    ["mail", "failures"],
    ["admin", "create", "ada@example.com", "--password", "a long password"],
    ["billing", "events"],
)


@pytest.fixture(autouse=True)
def empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    # A machine without a browser will do.
    monkeypatch.setenv("CHROMIUM_PATH", sys.executable)
    # `oriel web` would put gunicorn in the place of the tests.
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("gunicorn is started"))
    # And `oriel up` would run until somebody ends it.
    monkeypatch.setattr(up, "_start_all", lambda *_: pytest.fail("the service is started"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def fails(capfd: pytest.CaptureFixture[str]) -> Fails:
    """Run a command that must end with 2, and return the one sentence that it leaves."""

    def run(*arguments: str) -> str:
        assert cli.run(arguments) == 2
        out, err = capfd.readouterr()
        assert out == ""
        said = [line for line in err.splitlines() if line.startswith("Error: ")]
        assert len(said) == 1
        return said[0]

    return run


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a database behind which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}/oriel"


UP = ["up", "--port", "5998", "--data", "d"]


@pytest.mark.parametrize("command", [["up", "--data", "/proc/x"], ["web"], ["worker"], ["clock"], ["db", "upgrade"]])
def test_a_data_folder_that_cannot_be_made_is_named(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", "/proc/x")
    said = fails(*command)
    assert "The data folder /proc/x cannot be used" in said
    assert "DATA_DIR" in said


@pytest.mark.parametrize("address", ["foo://u:pw@x", "postgresql://u:pw@h:port/x", "u:pw@h", "://"])
@pytest.mark.parametrize("command", [UP, ["web"], ["jobs", "list"]])
def test_an_address_of_no_database_is_named_without_its_password(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str], address: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    said = fails(*command)
    assert f"DATABASE_URL is not a supported database address: {address.replace(':pw', ':***')}." in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["foo", "http://:pw@x", "redis://:pw@h:port"])
@pytest.mark.parametrize("command", [UP, ["web"], ["jobs", "list"]])
def test_an_address_of_no_redis_is_named_without_its_password(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str], address: str
) -> None:
    monkeypatch.setenv("REDIS_URL", address)
    said = fails(*command)
    assert f"REDIS_URL is not a Redis address: {address.replace(':pw', ':***')}." in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [UP, ["worker"], ["db", "upgrade"], *LOOKING])
def test_a_database_that_does_not_answer_is_named_without_its_password(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, silent: str, command: list[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:pw@{silent}")
    sentence = f"The database postgresql://u:***@{silent} cannot be used: Connection refused. Start it, or correct"
    assert f"{sentence} DATABASE_URL." in fails(*command)


def test_a_database_file_that_cannot_be_made_is_named(fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////proc/x/oriel.sqlite3")
    for command in (UP, ["db", "upgrade"]):
        assert "sqlite:////proc/x/oriel.sqlite3 cannot be used: unable to open database file." in fails(*command)


@pytest.mark.parametrize("command", LOOKING)
def test_where_no_installation_is_nothing_is_made(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "none"))
    said = fails(*command)
    assert f"There is no installation in the folder {tmp_path / 'none'}: set DATA_DIR" in said
    assert "`oriel up`" in said
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_our_tables_is_no_installation(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _database(tmp_path / "other.sqlite3", "CREATE TABLE other (id)")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite3'}")
    assert "There is no installation in the database sqlite:///" in fails("jobs", "list")
    assert [path.name for path in tmp_path.iterdir()] == ["other.sqlite3"]


@pytest.mark.parametrize(
    ("revision", "told"),
    [
        ("INSERT INTO alembic_version VALUES ('1795200623')", "run `oriel db upgrade` first"),
        ("INSERT INTO alembic_version VALUES ('9999999999')", "A newer Oriel has changed"),
    ],
)
def test_a_database_of_another_version_is_not_touched(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, revision: str, told: str
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    _database(tmp_path / "oriel.sqlite3", f"CREATE TABLE alembic_version (version_num); {revision}")
    assert told in fails("jobs", "list")


@pytest.mark.parametrize("command", [["db", "upgrade"], ["up", "--port", "5998"]])
def test_a_database_of_a_newer_version_is_not_upgraded(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    # As after a rollback.
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    newer = "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('9999999999')"
    _database(tmp_path / "oriel.sqlite3", newer)
    assert "A newer Oriel has changed the database (revision 9999999999)" in fails(*command)


def test_an_upgrade_that_accepts_newer_tables_leaves_them_as_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    newer = "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('9999999999')"
    _database(tmp_path / "oriel.sqlite3", newer)
    assert cli.run(["db", "upgrade", "--accept-newer"]) == 0
    with closing(sqlite3.connect(tmp_path / "oriel.sqlite3")) as database:
        assert [name for (name,) in database.execute("SELECT name FROM sqlite_master")] == ["alembic_version"]


def test_an_upgrade_that_accepts_newer_tables_upgrades_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert cli.run(["db", "upgrade", "--accept-newer"]) == 0
    with closing(sqlite3.connect(tmp_path / "oriel.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_tables_elsewhere_are_upgraded_without_a_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    production = {"ORIEL_ENV": "production", "PUBLIC_URL": "https://oriel.example.com", "SENDGRID_API_KEY": "SG.key"}
    keys = {"SECRET_KEY": secrets.token_hex(32), "JWT_SECRET_KEY": secrets.token_hex(32)}
    for name, value in {**production, **keys, "DATA_DIR": "/proc/x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    assert cli.run(["db", "upgrade"]) == 0


def test_a_file_that_is_no_database_is_named(fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    (tmp_path / "oriel.sqlite3").write_text("no database" * 100, "utf-8")
    assert "oriel.sqlite3 cannot be used: file is not a database" in fails("jobs", "list")


def test_an_installation_is_looked_at(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DATA_DIR", "data")
    assert cli.run(["db", "upgrade"]) == 0
    assert cli.run(["jobs", "list"]) == 0
    assert capfd.readouterr().err.splitlines()[-1] == "There are none."


@pytest.mark.parametrize(("variable", "program"), [("CHROMIUM_PATH", "Chromium"), ("FFMPEG_PATH", "FFmpeg")])
@pytest.mark.parametrize("command", [UP, ["worker"]])
def test_without_a_program_that_renders_need_nothing_starts(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, command: list[str], variable: str, program: str
) -> None:
    monkeypatch.setenv(variable, "/nope")
    assert f"{program} was not found at /nope: install it (Debian: `apt-get install" in fails(*command)


@pytest.mark.parametrize("command", [UP, ["web"]])
@pytest.mark.parametrize("key_file", [None, "none.json", "wrong.json", "empty.json"])
def test_a_bucket_without_credentials_names_their_variable(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, command: list[str], key_file: str | None
) -> None:
    Path("wrong.json").write_text("no JSON", "utf-8")
    Path("empty.json").write_text("{}", "utf-8")
    monkeypatch.setenv("GCS_BUCKET_NAME", "videos")
    # Not asked of a machine in Google's cloud, which these tests may run on.
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", "nowhere")
    if key_file:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key_file)
    reason = f"{key_file} is no key file that can be read" if key_file else "this machine has no credentials for it"
    said = f"The bucket videos cannot be opened: {reason}. Set GOOGLE_APPLICATION_CREDENTIALS to the key file"
    assert said in fails(*command)


def test_commands_use_the_port_of_the_last_start(fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "data")
    assert cli.run(["db", "upgrade"]) == 0
    load_settings().model_copy(update={"port": 5077}).leave_port()

    def told(settings: Settings) -> None:
        raise InvalidConfiguration(settings.base_url)

    monkeypatch.setattr(application, "create_app", told)
    assert fails("jobs", "list") == "Error: http://127.0.0.1:5077"


def test_a_command_answers_and_no_library_speaks_beside_it(tmp_path: Path) -> None:
    said = [
        subprocess.run(
            [sys.executable, "-m", "oriel", *command],
            env={**os.environ, "DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            check=True,
            timeout=240,
        ).stderr
        for command in (["db", "upgrade"], ["jobs", "list"])
    ]
    assert said == ["", "There are none.\n"]


def _database(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


@pytest.mark.parametrize("command", ["up", "web", "worker", "clock"])
def test_production_does_not_run_as_root(fails: Fails, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("ORIEL_ENV", "production")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(installation, "_is_root_only_here", lambda: False)
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it is started"))
    assert "Production does not run as root." in fails(command)


def test_workers_get_an_environment_without_the_secrets_of_others() -> None:
    given = {"SECRET_KEY": "a", "JWT_SECRET_KEY": "b", "smtp_url": "c", "STRIPE_SECRET_KEY": "d", "PATH": "/bin"}
    assert for_workers(given) == {"SECRET_KEY": "a", "PATH": "/bin"}


def test_a_worker_is_started_anew_without_the_secrets_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[list[str], dict[str, str]]] = []

    def start(_: str, command: list[str], environment: dict[str, str]) -> None:
        started.append((command, environment))
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", start)
    monkeypatch.setenv("SMTP_URL", "smtp://user:password@localhost")
    with pytest.raises(SystemExit):
        cli.run(["worker", "--name", "one"])
    [(command, environment)] = started
    assert command[1:] == ["-m", "oriel", "worker", "--name", "one"]
    assert "SMTP_URL" not in environment
