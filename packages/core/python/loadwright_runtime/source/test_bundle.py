import json

import pytest
from locust_harness import load_plan

from loadwright_runtime import SetupError, host_header, variables
from loadwright_runtime.load.load_plan import Stage
from loadwright_runtime.source.bundle import check_host, read_bundle


def write(directory, target=None, load=None):
    (directory / "target.json").write_text(
        json.dumps(
            {"version": 1, "kind": "x", "host": "https://h.example/", "config": {"a": 1}} | (target or {})
        )
    )
    (directory / "load.json").write_text(json.dumps(load or load_plan()))
    return directory


def test_reads_both_files(tmp_path):
    load = load_plan(stages=[{"durationSeconds": 5, "users": 3}], startUsers=1)
    bundle = read_bundle(write(tmp_path, load=load))
    assert (bundle.host, bundle.config) == ("https://h.example", {"a": 1})
    assert (bundle.load.stages, bundle.load.start_users) == ((Stage(5, 3),), 1)
    assert bundle.payloads_file == tmp_path / "payloads.jsonl"
    assert bundle.tls == {}


def test_reads_certificates(tmp_path):
    certificates = {"ca": "-----BEGIN", "certificate": "-----BEGIN"}
    assert read_bundle(write(tmp_path, {"tls": certificates})).tls == certificates


@pytest.mark.parametrize(
    ("target", "load", "text"),
    [
        ({"version": 2}, None, "version 2"),
        ({"host": "h.example"}, None, "must be a base URL"),
        ({"host": "ftp://h.example"}, None, "must be a base URL"),
        (None, {"version": 1}, r"load\.json: waitTime: missing: render the bundle again"),
        ({"config": None, "host": "h"}, None, "must be a base URL"),
    ],
)
def test_wrong_files(tmp_path, target, load, text):
    with pytest.raises(SetupError, match=text):
        read_bundle(write(tmp_path, target, load))


def test_missing_and_broken_files(tmp_path):
    with pytest.raises(SetupError, match=r"target\.json does not exist"):
        read_bundle(tmp_path)
    write(tmp_path)
    (tmp_path / "load.json").write_text("{")
    with pytest.raises(SetupError, match=r"load\.json is not valid JSON"):
        read_bundle(tmp_path)


@pytest.mark.parametrize(
    ("host", "header"),
    [
        ("https://H.example", "h.example"),
        ("https://h.example:443/api", "h.example"),
        ("http://h.example:443", "h.example:443"),
        ("http://h.example:80", "h.example"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_host_header(host, header):
    assert host_header(check_host(host)) == header


def test_variables(monkeypatch):
    monkeypatch.setenv("A_SECRET", " s3cret\n")
    assert variables.required("A_SECRET", "it is the key") == "s3cret"
    monkeypatch.setenv("A_SECRET", "")
    assert variables.optional("A_SECRET") is None
    with pytest.raises(SetupError, match=r"A_SECRET is not set: it is the key\. Set it in the environment"):
        variables.required("A_SECRET", "it is the key")


@pytest.mark.parametrize("value", ["two\nlines", "ümlaut", "a\x7f"])
def test_a_secret_that_no_header_can_carry_is_not_shown(monkeypatch, value):
    monkeypatch.setenv("A_SECRET", value)
    with pytest.raises(SetupError) as caught:
        variables.optional("A_SECRET")
    assert "A_SECRET" in str(caught.value) and value not in str(caught.value)


def test_a_value_of_several_lines(monkeypatch, tmp_path):
    def key():
        return variables.text("SOME_KEY", "it is a key")

    monkeypatch.setenv("SOME_KEY", "-----BEGIN\\nabcdef\\nghijkl\\n-----END\\n")
    assert key() == "-----BEGIN\nabcdef\nghijkl\n-----END\n"
    assert {"abcdef", "ghijkl"} <= variables.given() and "-----BEGIN" not in variables.given()
    monkeypatch.setenv("SOME_KEY", " \n")
    with pytest.raises(SetupError, match="SOME_KEY is not set: it is a key"):
        key()
    file = tmp_path / "variables.json"
    file.write_text(json.dumps({"SOME_KEY": "one\ntwo"}))
    monkeypatch.setenv("LOADWRIGHT_VARIABLES_FILE", str(file))
    assert key() == "one\ntwo"
