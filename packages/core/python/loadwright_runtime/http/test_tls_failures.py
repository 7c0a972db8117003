"""Each cause of a failed handshake has its own name, over real sockets."""

import json
import ssl

import certificates
import pytest
from generator_harness import OK, answering, read_request
from gevent.ssl import CERT_REQUIRED, PROTOCOL_TLS_SERVER, SSLContext
from locust_harness import serving

from loadwright_runtime import SetupError
from loadwright_runtime.http import tls_context
from loadwright_runtime.measure.failures import Failure, network_failure

AUTHORITY = certificates.authority()


@pytest.fixture(autouse=True)
def anew():
    tls_context.forget()
    yield
    tls_context.forget()


@pytest.fixture
def server_context(tmp_path):
    def make(pair):
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair.files(tmp_path, "server"))
        return context

    return make


@pytest.fixture
def trust(tmp_path, monkeypatch):
    def add(pair):
        monkeypatch.setenv("SSL_CERT_FILE", pair.files(tmp_path, "trusted")[0])

    return add


def reason_of(user):
    user.send_next()
    return user.reasons[-1]


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (AUTHORITY.issue("localhost", since=-9, until=-3), "the server's certificate has expired"),
        (AUTHORITY.issue("localhost", since=1, until=2), "the server's certificate is not yet valid"),
        (certificates.self_signed("localhost"), "the server's certificate is self-signed"),
        (AUTHORITY.issue("other.test"), "the server's certificate is for another host"),
        (AUTHORITY.issue("localhost"), None),
        (
            certificates.authority().issue("localhost"),
            "the server's certificate comes from an unknown authority",
        ),
    ],
)
def test_certificates_of_the_server(serve, make_user, server_context, trust, pair, reason):
    trust(AUTHORITY)
    port = serve(answering(OK), ssl_context=server_context(pair)).split(":")[1]
    assert reason_of(make_user(f"https://localhost:{port}")) == reason


def test_a_certificate_for_names_alone(serve, make_user, server_context, trust):
    trust(AUTHORITY)
    address = serve(answering(OK), ssl_context=server_context(AUTHORITY.issue("localhost")))
    assert reason_of(make_user(f"https://{address}")) == "the server's certificate is for another host"


def test_an_authority_of_the_bundle_takes_the_place_of_the_others(serve, make_user, server_context, trust):
    other = certificates.authority()
    trust(other)
    port = serve(answering(OK), ssl_context=server_context(AUTHORITY.issue("localhost"))).split(":")[1]
    host = f"https://localhost:{port}"
    assert reason_of(make_user(host)) == "the server's certificate comes from an unknown authority"
    assert reason_of(make_user(host, tls={"ca": AUTHORITY.certificate_text})) is None
    theirs = serve(answering(OK), ssl_context=server_context(other.issue("localhost"))).split(":")[1]
    user = make_user(f"https://localhost:{theirs}", tls={"ca": AUTHORITY.certificate_text})
    assert reason_of(user) == "the server's certificate comes from an unknown authority"


@pytest.fixture
def mutual(serve, server_context, tmp_path):
    """A server that wants a client certificate of the authority."""

    def start(version):
        context = server_context(AUTHORITY.issue("localhost"))
        context.load_verify_locations(AUTHORITY.files(tmp_path, "clients")[0])
        context.verify_mode = CERT_REQUIRED
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]

        def handle(connection):
            seen.append(connection.getpeercert())
            answering(OK)(connection)

        return f"https://localhost:{serve(handle, ssl_context=context).split(':')[1]}", seen

    seen = []
    return start


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("password", [None, "s3cret phrase"])
def test_a_client_certificate(make_user, mutual, monkeypatch, version, password):
    host, seen = mutual(version)
    client = AUTHORITY.issue()
    # As one line, as fleets hand variables on.
    monkeypatch.setenv("LOADWRIGHT_TLS_CLIENT_KEY", client.key_text(password).replace("\n", "\\n"))
    if password:
        monkeypatch.setenv("LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD", password)
    shown = {"ca": AUTHORITY.certificate_text, "certificate": client.certificate_text}
    assert reason_of(make_user(host, tls=shown)) is None
    assert int(seen[0]["serialNumber"], 16) == client.certificate.serial_number


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("TLSv1_2", "the server refused the TLS handshake: it may want a client certificate"),
        ("TLSv1_3", "the server wants a client certificate"),
    ],
)
def test_a_client_certificate_is_wanted(make_user, mutual, version, reason):
    host, _ = mutual(version)
    assert reason_of(make_user(host, tls={"ca": AUTHORITY.certificate_text})) == reason


def test_a_client_certificate_of_another_authority(make_user, mutual, monkeypatch):
    host, _ = mutual("TLSv1_2")
    client = certificates.authority().issue()
    monkeypatch.setenv("LOADWRIGHT_TLS_CLIENT_KEY", client.key_text())
    shown = {"ca": AUTHORITY.certificate_text, "certificate": client.certificate_text}
    assert reason_of(make_user(host, tls=shown)) == "the server does not accept the client certificate"


CLIENT = AUTHORITY.issue()


@pytest.mark.parametrize(
    ("key", "password", "message"),
    [
        (None, None, "LOADWRIGHT_TLS_CLIENT_KEY is not set"),
        ("no key at all", None, "holds no private key in PEM"),
        (certificates.self_signed().key_text(), None, "is not that of the client certificate"),
        (CLIENT.key_text("right"), None, "LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD is not set"),
        (CLIENT.key_text("right"), "wrong", "LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD is not the one"),
    ],
)
def test_a_key_that_cannot_be_used(make_user, monkeypatch, key, password, message):
    for name, value in (("KEY", key), ("KEY_PASSWORD", password)):
        if value is not None:
            monkeypatch.setenv(f"LOADWRIGHT_TLS_CLIENT_{name}", value)
    with pytest.raises(SetupError, match=message) as raised:
        make_user("https://localhost", tls={"certificate": CLIENT.certificate_text})
    assert not key or key.splitlines()[-1] not in str(raised.value)


def test_the_key_is_never_in_a_file_that_stays(make_user, monkeypatch, tmp_path):
    monkeypatch.setenv("LOADWRIGHT_TLS_CLIENT_KEY", CLIENT.key_text())
    monkeypatch.setattr(tls_context.tempfile, "tempdir", str(tmp_path))
    monkeypatch.delattr(tls_context.os, "memfd_create", raising=False)
    make_user("https://localhost", tls={"certificate": CLIENT.certificate_text})
    assert list(tmp_path.iterdir()) == []


def test_authorities_that_cannot_be_read(make_user, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SetupError, match=r"SSL_CERT_FILE names .*none\.pem, which cannot be read"):
        make_user("https://localhost")
    make_user("http://localhost")


def test_authorities_that_are_none(make_user):
    with pytest.raises(SetupError, match=r"tls\.ca of target\.json holds no certificate"):
        make_user("https://localhost", tls={"ca": "-----BEGIN"})


def test_a_server_that_speaks_no_tls(serve, make_user):
    def handle(connection):
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    port = serve(handle).split(":")[1]
    assert reason_of(make_user(f"https://localhost:{port}")) == "the server does not speak TLS"


def test_a_server_that_closes_within_the_handshake(serve, make_user):
    port = serve(lambda connection: connection.recv(1000) and connection.close()).split(":")[1]
    user = make_user(f"https://localhost:{port}")
    assert reason_of(user) == "the server closed the connection within the TLS handshake"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_an_old_server(serve, make_user, server_context):
    context = server_context(AUTHORITY.issue("localhost"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    port = serve(read_request, ssl_context=context).split(":")[1]
    user = make_user(f"https://localhost:{port}", tls={"ca": AUTHORITY.certificate_text})
    assert reason_of(user) == "the server speaks no TLS version of 1.2 or later"


def test_names_that_nobody_foresaw():
    class Error(ssl.SSLError):
        reason = "SOME_NEW_REASON"

    assert network_failure(Error(1, "x")) == Failure("tls", "TLS error SOME_NEW_REASON")
    assert network_failure(ssl.SSLError(1, "x")) == Failure("tls", "TLS error")
    error = ssl.SSLCertVerificationError(1, "x")
    assert network_failure(error) == Failure("tls", "the server's certificate is not valid")


def test_a_bundle_with_a_client_certificate(make_bundle, start_locusts, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*AUTHORITY.issue("localhost").files(tmp_path, "server"))
    context.load_verify_locations(AUTHORITY.files(tmp_path, "clients")[0])
    context.verify_mode = ssl.CERT_REQUIRED
    with serving() as stub:
        stub.secure(context)
        directory = make_bundle(
            "dht",
            host=stub.url.replace("http://127.0.0.1", "https://localhost"),
            config={
                "path": "/",
                "urls": {"list": ["https://o.test/1"]},
                "choice": "uniform",
                "requestName": "n",
            },
        )
        target = json.loads((directory / "target.json").read_text())
        target["tls"] = {"ca": AUTHORITY.certificate_text, "certificate": CLIENT.certificate_text}
        (directory / "target.json").write_text(json.dumps(target))
        processes = start_locusts(directory)
        code, output = processes.run("--headless")
        assert (code, len(stub.requests)) == (104, 0)
        assert "the variable LOADWRIGHT_TLS_CLIENT_KEY is not set" in output
        key = CLIENT.key_text().replace("\n", "\\n")
        code, output = processes.run("--headless", variables={"LOADWRIGHT_TLS_CLIENT_KEY": key})
        # How many there are is a matter of the machine's speed.
        assert code == 0 and len(stub.requests) > 0
        assert key[30:60] not in output
