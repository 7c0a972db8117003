"""Fetches the bundle of a run, and the variables of its nodes, onto this machine.

Usage: fetch.py <settings.json> <folder of the bundle> <folder of the variables> [<patience in seconds>]

The variables are secrets: they are written to master.json and worker.json in their folder, and nowhere else.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

from aws_requests import NotYetError, Patience, Role, base_url, object_url, sent, signed

_PATIENCE_SECONDS = 180.0
_CHUNK_BYTES = 1024 * 1024
_ROLES = ("master", "worker")
_TOKEN = "LOADWRIGHT_FLEET_TOKEN"


def main(settings_file: str, bundle: str, variables: str, patience: str = str(_PATIENCE_SECONDS)) -> None:
    settings = json.loads(Path(settings_file).read_text())
    until_done = Patience(float(patience)).until_done
    archive = Path(f"{bundle}.tar.gz")
    until_done("downloading the bundle", lambda: download(settings, Role.read(), archive))
    unpack(archive, Path(bundle))
    archive.unlink()
    parameters = until_done("reading the variables", lambda: read_parameters(settings, Role.read()))
    token = {_TOKEN: fleet_token(Path(variables, "master.json"))}
    for node in _ROLES:
        write_secret(Path(variables, f"{node}.json"), parameters[node] | token)


def fleet_token(known: Path) -> str:
    """By which master and workers of this machine know each other. It leaves the machine never.

    :param known: what was written before: containers that run already have that one
    """
    try:
        return json.loads(known.read_text())[_TOKEN]
    except (OSError, ValueError, KeyError):
        return secrets.token_hex(32)


def download(settings: dict[str, Any], role: Role, archive: Path) -> None:
    """Raises :class:`NotYetError` when it is not the file that was uploaded."""
    region = settings["region"]
    url = object_url(settings["bucket"], settings["bundleKey"], region, role)
    digest = hashlib.sha256()
    with sent(signed(role, "s3", region, url)) as answer, archive.open("wb") as file:
        while chunk := answer.read(_CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != settings["bundleSha256"]:
        raise NotYetError(f"its SHA-256 is {digest.hexdigest()}, not {settings['bundleSha256']}")


def unpack(archive: Path, folder: Path) -> None:
    """Only files and folders below the folder; anything else is refused."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tarfile.open(archive, "r:gz") as entries:
        for entry in entries:
            path = PurePosixPath(entry.name)
            if path.is_absolute() or ".." in path.parts or not (entry.isfile() or entry.isdir()):
                raise SystemExit(f"loadwright: the bundle holds what does not belong there: {entry.name!r}")
            target = folder / path
            if entry.isdir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with entries.extractfile(entry) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)


def read_parameters(settings: dict[str, Any], role: Role) -> dict[str, dict[str, str]]:
    """The variables of each kind of node. Raises :class:`NotYetError` while one is missing."""
    region, prefix = settings["region"], settings["parameterPrefix"] + "/"
    query = {"Path": prefix, "Recursive": True, "WithDecryption": True, "MaxResults": 10}
    values: dict[str, str] = {}
    token = None
    while True:
        body = json.dumps(query | ({"NextToken": token} if token else {})).encode()
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "AmazonSSM.GetParametersByPath",
        }
        url = f"{base_url('ssm', region, role)}/"
        with sent(signed(role, "ssm", region, url, body, headers)) as answer:
            try:
                page = json.loads(answer.read())
            except ValueError:
                raise NotYetError("the answer with the variables is no JSON") from None
        values |= {item["Name"].removeprefix(prefix): item["Value"] for item in page["Parameters"]}
        token = page.get("NextToken")
        if not token:
            break
    missing = [name for name in settings["parameters"] if name not in values]
    if missing:
        raise NotYetError(f"there is no parameter {prefix}{missing[0]}")
    return {node: _below(f"{node}/", values) for node in _ROLES}


def _below(folder: str, values: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix(folder): value for name, value in values.items() if name.startswith(folder)}


def write_secret(path: Path, variables: dict[str, str]) -> None:
    """Never readable by others, not even for a moment."""
    wrong = [name for name in variables if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)]
    if wrong:
        raise SystemExit(f"loadwright: {wrong[0]!r} is no name of a variable")
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(variables, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
