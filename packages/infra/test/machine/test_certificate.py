"""certificate.py as a process, against a stand-in whose signatures botocore verifies."""

import json
import os
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from test_fetch import CREDENTIALS, PREFIX, SHARED, Machine

NAME = "machine/CERTIFICATE"


def make(machine, patience="20"):
    with machine.serving() as url:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_ENDPOINT_URL": url}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(SHARED)}
        script = SHARED / "certificate.py"
        command = [sys.executable, script, machine.settings, machine.variables, patience]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def machine_in(folder, **changes):
    return Machine(folder, settings={"certificate": NAME, "expiresAt": "2099-11-23T13:05:07.250Z"}, **changes)


def handed_over(machine):
    return json.loads(machine.stand_in.with_suffix(".put").read_text())


def decoded(path):
    return ssl._ssl._test_decode_cert(str(path))


def test_key_stays_and_certificate_is_handed_over(tmp_path):
    machine = machine_in(tmp_path, address="203.0.113.7")
    result = make(machine)
    assert result.returncode == 0, result.stderr
    key, certificate = machine.variables / "key.pem", machine.variables / "certificate.pem"
    for path in (key, certificate):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert handed_over(machine) == {
        "Name": f"{PREFIX}/{NAME}",
        "Value": certificate.read_text(),
        "Type": "SecureString",
        "Tier": "Advanced",
        "Overwrite": True,
    }
    assert "PRIVATE" in key.read_text() and "PRIVATE" not in certificate.read_text()
    assert ("IP Address", "203.0.113.7") in decoded(certificate)["subjectAltName"]
    # They belong together.
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)


def test_is_good_until_after_the_end_of_the_machine(tmp_path):
    machine = machine_in(tmp_path)
    assert make(machine).returncode == 0
    certificate = decoded(machine.variables / "certificate.pem")
    assert ssl.cert_time_to_seconds(certificate["notAfter"]) > ssl.cert_time_to_seconds(
        "Nov 23 13:05:07 2099 GMT"
    )
    # A machine without a public address is reached by a name at most.
    assert certificate["subjectAltName"] == (("DNS", "localhost"),)


def test_stays_the_same_within_a_boot(tmp_path):
    machine = machine_in(tmp_path)
    assert make(machine).returncode == 0
    first = handed_over(machine)
    assert make(machine).returncode == 0
    assert handed_over(machine) == first


@pytest.mark.parametrize("fault", ["denied", "throttled", "dropped"])
def test_is_handed_over_when_the_service_answers_again(tmp_path, fault):
    machine = machine_in(tmp_path, faults={"parameters": [fault]})
    assert make(machine).returncode == 0
    assert handed_over(machine)["Value"] == Path(machine.variables, "certificate.pem").read_text()


def test_says_why_it_cannot_be_handed_over(tmp_path):
    machine = machine_in(tmp_path, faults={"parameters": ["denied"] * 20})
    result = make(machine, patience="0.1")
    assert result.returncode == 1
    assert "handing over the certificate failed: 127.0.0.1" in result.stderr
    assert CREDENTIALS["Token"] not in result.stderr
