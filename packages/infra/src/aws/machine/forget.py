"""Removes the run's secrets from the Parameter Store, when this machine's time is over.

Usage: forget.py <settings.json>

It tries once: the machine ends whether it succeeds or not, and `destroy` removes what is left.
"""

import json
import sys
from pathlib import Path
from typing import Any

from aws_requests import NotYetError, Role, base_url, sent, signed

_DELETED_AT_ONCE = 10
"""https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameters.html"""


def main(settings_file: str) -> None:
    settings = json.loads(Path(settings_file).read_text())
    names = [f"{settings['parameterPrefix']}/{name}" for name in settings["parameters"]]
    try:
        role = Role.read()
        for start in range(0, len(names), _DELETED_AT_ONCE):
            delete(settings, role, names[start : start + _DELETED_AT_ONCE])
    except NotYetError as error:
        raise SystemExit(f"loadwright: the secrets are left in the Parameter Store: {error}") from None


def delete(settings: dict[str, Any], role: Role, names: list[str]) -> None:
    """Those that are gone already are no error."""
    region = settings["region"]
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.DeleteParameters"}
    body = json.dumps({"Names": names}).encode()
    with sent(signed(role, "ssm", region, f"{base_url('ssm', region, role)}/", body, headers)) as answer:
        answer.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
