"""fetch.py and forget.py as processes, against a stand-in whose signatures botocore verifies."""

import contextlib
import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
SCRIPT = SOURCE / "ec2" / "machine" / "fetch.py"
SHARED = SOURCE / "aws" / "machine"
"""On a machine all are in one folder."""
STAND_IN = Path(__file__).with_name("stand_in_aws.py")
CREDENTIALS = {
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretAccessKey": "a-secret/KEY+1",
    "Token": "IQoJb3JpZ2luX2VjE/+==",
}
CANARY = "canary-4f1d"
PREFIX = "/loadwright/a-run"
PARAMETERS = {
    f"{PREFIX}/master/LOADWRIGHT_UI_USERNAME": "loadwright",
    f"{PREFIX}/master/LOADWRIGHT_UI_PASSWORD": f"{CANARY}-master",
    f"{PREFIX}/worker/DATABRICKS_TOKEN": f'{CANARY}-worker "ü$\n',
    f"{PREFIX}/worker/OTHER": "o",
    f"{PREFIX}/worker/THIRD": "t",
    "/loadwright/a-run-of-others/worker/FOREIGN": "f",
}
FILES = {
    "locustfile.py": b"print('hello')\n",
    "loadwright_runtime/a.py": b"A = 1\n",
    "payloads.jsonl": b"x" * 3_000_000,
}


def tar_of(path, entries):
    with tarfile.open(path, "w:gz") as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))


def file_entry(name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o600
    return entry, content


class Machine:
    """The folders that prepare.sh makes, and the stand-in."""

    def __init__(self, folder, **changes):
        self.folder = folder
        self.bundle = folder / "disk" / "bundle"
        self.variables = folder / "run"
        self.bundle.parent.mkdir()
        self.variables.mkdir()
        self.archive = folder / "uploaded"
        if not self.archive.exists():
            tar_of(self.archive, [file_entry(*item) for item in FILES.items()])
        settings = {
            "region": "eu-west-1",
            "bucket": "a-bucket",
            "bundleKey": "a run/bundle~(1).tar.gz",
            "bundleSha256": hashlib.sha256(self.archive.read_bytes()).hexdigest(),
            "parameterPrefix": PREFIX,
            "parameters": [
                name.removeprefix(f"{PREFIX}/") for name in PARAMETERS if name.startswith(f"{PREFIX}/")
            ],
        } | changes.pop("settings", {})
        self.settings = folder / "settings.json"
        self.settings.write_text(json.dumps(settings))
        self.stand_in = folder / "stand-in.json"
        data = {
            "credentials": CREDENTIALS,
            "region": "eu-west-1",
            "bucket": "a-bucket",
            "key": "a%20run/bundle~%281%29.tar.gz",
            "file": str(self.archive),
            "parameters": PARAMETERS,
        }
        self.stand_in.write_text(json.dumps(data | changes))

    def fetch(self, patience="20"):
        with self.serving() as url:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            environment |= {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_ENDPOINT_URL": url}
            environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(SHARED)}
            command = [sys.executable, SCRIPT, self.settings, self.bundle, self.variables, patience]
            return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    @contextlib.contextmanager
    def serving(self):
        command = [sys.executable, str(STAND_IN), str(self.stand_in)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process.stdout.readline().strip()
            finally:
                process.terminate()


def test_bundle_and_variables(tmp_path):
    machine = Machine(tmp_path)
    result = machine.fetch()
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    found = {path.relative_to(machine.bundle).as_posix(): path for path in machine.bundle.rglob("*.*")}
    assert {name: path.read_bytes() for name, path in found.items()} == FILES
    assert all(path.stat().st_mode & stat.S_IROTH for path in found.values()), "a container's user reads them"
    variables = {path.name: json.loads(path.read_text()) for path in machine.variables.iterdir()}
    tokens = {name: values.pop("LOADWRIGHT_FLEET_TOKEN") for name, values in variables.items()}
    assert variables == {
        "master.json": {"LOADWRIGHT_UI_USERNAME": "loadwright", "LOADWRIGHT_UI_PASSWORD": f"{CANARY}-master"},
        "worker.json": {"DATABRICKS_TOKEN": f'{CANARY}-worker "ü$\n', "OTHER": "o", "THIRD": "t"},
    }
    # Master and workers know each other by it, also when one of them is started later.
    assert len(tokens["master.json"]) == 64 and set(tokens.values()) == {tokens["master.json"]}
    assert machine.fetch().returncode == 0
    again = [json.loads(path.read_text()) for path in machine.variables.iterdir()]
    assert [values["LOADWRIGHT_FLEET_TOKEN"] for values in again] == list(tokens.values())
    assert {stat.S_IMODE(path.stat().st_mode) for path in machine.variables.iterdir()} == {0o600}
    for path in machine.bundle.parent.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


@pytest.mark.parametrize("fault", ["missing", "denied", "throttled", "broken off", "dropped", "wrong"])
def test_patient_with_what_is_not_there_yet(tmp_path, fault):
    # An answer of Parameter Store that is wrong in its last byte is no JSON.
    machine = Machine(tmp_path, faults={"role": [fault], "object": [fault], "parameters": [fault]})
    result = machine.fetch()
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads((machine.variables / "worker.json").read_text())["OTHER"] == "o"


@pytest.mark.parametrize("fault", ["role", "object", "parameters"])
def test_gives_up_in_time_and_says_why(tmp_path, fault):
    machine = Machine(tmp_path, faults={fault: ["denied"] * 100})
    result = machine.fetch(patience="0.6")
    assert result.returncode == 1
    step = "reading the variables" if fault == "parameters" else "downloading the bundle"
    assert result.stderr.startswith(f"loadwright: {step} failed: 127.0.0.1:")
    assert "answered 403 AccessDenied" in result.stderr
    assert_no_secret(result)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"settings": {"bundleSha256": "0" * 64}}, "its SHA-256 is "),
        ({"settings": {"parameters": ["worker/NEVER"]}}, f"there is no parameter {PREFIX}/worker/NEVER"),
        ({"settings": {"bundleKey": "other"}}, "answered 404 NoSuchKey: no such key"),
        ({"settings": {"region": "eu-west-2"}}, "answered 403 SignatureDoesNotMatch"),
        ({"verify_with": CREDENTIALS | {"SecretAccessKey": "other"}}, "answered 403 SignatureDoesNotMatch"),
        ({"parameters": {f"{PREFIX}/worker/a-b": "x"}, "settings": {"parameters": []}}, "'a-b' is no name"),
    ],
)
def test_what_never_comes_right(tmp_path, change, reason):
    result = Machine(tmp_path, **change).fetch(patience="0.3")
    assert result.returncode == 1
    assert reason in result.stderr
    assert "Traceback" not in result.stderr
    assert_no_secret(result)


def assert_no_secret(result):
    for secret in [CREDENTIALS["SecretAccessKey"], CREDENTIALS["Token"], CANARY]:
        assert secret not in result.stdout + result.stderr


def link_entry(kind, target):
    entry = tarfile.TarInfo("inside")
    entry.type = kind
    entry.linkname = target
    return entry, b""


@pytest.mark.parametrize(
    "entry",
    [
        file_entry("../outside", b"x"),
        file_entry("/tmp/outside", b"x"),
        file_entry("a/../../outside", b"x"),
        link_entry(tarfile.SYMTYPE, "/etc"),
        link_entry(tarfile.LNKTYPE, "../outside"),
        link_entry(tarfile.FIFOTYPE, ""),
        link_entry(tarfile.CHRTYPE, ""),
    ],
    ids=["parent", "absolute", "parent inside", "symbolic link", "hard link", "pipe", "device"],
)
def test_only_files_and_folders_below_the_bundle(tmp_path, entry):
    tar_of(tmp_path / "uploaded", [entry])
    machine = Machine(tmp_path)
    result = machine.fetch()
    assert result.returncode == 1
    assert "the bundle holds what does not belong there" in result.stderr
    assert sorted(path.name for path in machine.bundle.parent.rglob("*")) == ["bundle", "bundle.tar.gz"]


def forget(machine):
    with machine.serving() as url:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_ENDPOINT_URL": url}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        command = [sys.executable, SHARED / "forget.py", machine.settings]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def deleted(machine):
    log = machine.stand_in.with_suffix(".deleted")
    return log.read_text().splitlines() if log.exists() else []


def test_forgets_its_own_secrets_and_no_others(tmp_path):
    machine = Machine(tmp_path)
    result = forget(machine)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert sorted(deleted(machine)) == sorted(name for name in PARAMETERS if name.startswith(f"{PREFIX}/"))


def test_forgets_many_in_calls_that_aws_takes(tmp_path):
    names = [f"worker/VARIABLE_{number}" for number in range(23)]
    machine = Machine(tmp_path, settings={"parameters": names})
    assert forget(machine).returncode == 0
    assert deleted(machine) == [f"{PREFIX}/{name}" for name in names]


@pytest.mark.parametrize("fault", ["denied", "dropped"])
def test_forgets_once_and_says_why_it_failed(tmp_path, fault):
    machine = Machine(tmp_path, faults={"parameters": [fault]})
    result = forget(machine)
    assert result.returncode == 1 and deleted(machine) == []
    assert result.stderr.startswith("loadwright: the secrets are left in the Parameter Store: ")
    assert (
        CANARY not in result.stderr
        and json.loads(machine.stand_in.read_text())["credentials"]["Token"] not in result.stderr
    )
