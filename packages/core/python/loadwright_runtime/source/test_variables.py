import json

import pytest

from loadwright_runtime import SetupError, variables

SECRET = "a-secret-4f1d"


@pytest.fixture
def variables_file(tmp_path, monkeypatch):
    """Writes the file that the variable names."""

    def write(content):
        path = tmp_path / "variables.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        monkeypatch.setenv("LOADWRIGHT_VARIABLES_FILE", str(path))

    return write


def test_the_file_gives_what_the_environment_lacks(variables_file, monkeypatch):
    variables_file({"A_TOKEN": f" {SECRET}\n", "OTHER": "of the file", "EMPTY": ""})
    monkeypatch.setenv("OTHER", "of the environment")
    assert variables.required("A_TOKEN", "x") == SECRET
    assert variables.optional("OTHER") == "of the environment"
    assert variables.optional("EMPTY") is None
    with pytest.raises(SetupError, match="the variable ABSENT is not set: it is needed"):
        variables.required("ABSENT", "it is needed")


@pytest.mark.parametrize(
    "content",
    [f'{{"A_TOKEN": {SECRET}', f'["{SECRET}"]', f'{{"A_TOKEN": ["{SECRET}"]}}', b"\xff" + SECRET.encode()],
)
def test_a_file_that_is_no_object_of_strings(variables_file, content):
    variables_file(content.encode() if isinstance(content, str) else content)
    with pytest.raises(
        SetupError, match="named by LOADWRIGHT_VARIABLES_FILE, must hold one JSON object"
    ) as error:
        variables.optional("A_TOKEN")
    assert SECRET not in str(error.value)
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_a_file_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("LOADWRIGHT_VARIABLES_FILE", str(tmp_path / "absent"))
    with pytest.raises(SetupError, match="cannot be read: No such file or directory"):
        variables.optional("A_TOKEN")


def test_a_value_that_no_header_carries(variables_file):
    variables_file({"A_TOKEN": f"{SECRET}\nX: y"})
    with pytest.raises(SetupError) as error:
        variables.optional("A_TOKEN")
    assert SECRET not in str(error.value)
