"""Stands in for the instance metadata service, S3 and Parameter Store. Prints its address when it listens.

Names of parameters that were to be deleted are appended to <stand-in>.deleted.

Usage: stand_in_aws.py <stand-in.json> with these fields:
  credentials  AccessKeyId, SecretAccessKey, Token:
    given by the metadata service, and what requests are signed with
  region, bucket, key, file: one object of S3, and the file that it is
  parameters  values of Parameter Store by their whole names
  faults  for each of role, object and parameters: what happens, one after the other, before it works
  verify_with  other credentials that requests must be signed with

Signatures are verified by botocore.
"""

import hashlib
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TOKEN = "a-token-of-the-metadata-service"
PAGE = 2
DELETED_AT_ONCE = 10


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    data: dict
    lock = threading.Lock()

    def do_PUT(self):  # noqa: N802
        self.answer(200, TOKEN) if self.path == "/latest/api/token" else self.answer(404)

    def do_GET(self):  # noqa: N802
        if self.path.startswith("/latest/meta-data/"):
            self.metadata(self.path.removeprefix("/latest/meta-data/"))
        elif self.path == f"/{self.data['bucket']}/{self.data['key']}":
            content = Path(self.data["file"]).read_bytes()
            if self.is_signed("s3", b"") and not self.fails("object", content):
                self.answer(200, content)
        else:
            self.answer(404, "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["X-Amz-Target"] == "AmazonSSM.DeleteParameters":
            self.delete(body)
            return
        if self.headers["X-Amz-Target"] == "AmazonSSM.PutParameter":
            self.put(body)
            return
        asked = self.headers["X-Amz-Target"], self.headers["Content-Type"], self.path
        if asked != ("AmazonSSM.GetParametersByPath", "application/x-amz-json-1.1", "/"):
            self.answer(400, f"unexpected: {asked}")
        elif self.is_signed("ssm", body) and not self.fails("parameters", b'{"Parameters": []}'):
            query = json.loads(body)
            names = sorted(name for name in self.data["parameters"] if name.startswith(query["Path"]))
            assert query["Recursive"] and query["WithDecryption"]
            start = int(query.get("NextToken", "0"))
            page = [
                {"Name": name, "Value": self.data["parameters"][name]} for name in names[start : start + PAGE]
            ]
            following = {"NextToken": str(start + PAGE)} if start + PAGE < len(names) else {}
            self.answer(200, json.dumps({"Parameters": page, **following}))

    def put(self, body):
        if self.is_signed("ssm", body) and not self.fails("parameters", b"{}"):
            Path(sys.argv[1]).with_suffix(".put").write_bytes(body)
            self.answer(200, '{"Version": 2}')

    def delete(self, body):
        if not self.is_signed("ssm", body) or self.fails("parameters", b"{}"):
            return
        names = json.loads(body)["Names"]
        assert len(names) <= DELETED_AT_ONCE
        with Path(sys.argv[1]).with_suffix(".deleted").open("a") as file:
            file.writelines(f"{name}\n" for name in names)
        self.answer(200, json.dumps({"DeletedParameters": names, "InvalidParameters": []}))

    def metadata(self, path):
        if self.headers["X-aws-ec2-metadata-token"] != TOKEN:
            self.answer(401)
        elif path == "services/domain":
            self.answer(200, "amazonaws.com")
        elif path == "public-ipv4" and "address" in self.data:
            self.answer(200, self.data["address"])
        elif self.fails("role", b"{"):
            return
        elif path == "iam/security-credentials/":
            self.answer(200, "a-role")
        elif path == "iam/security-credentials/a-role":
            found = {"Code": "Success", "Expiration": "2999-01-01T00:00:00Z", **self.data["credentials"]}
            self.answer(200, json.dumps(found))
        else:
            self.answer(404)

    def fails(self, what, content):
        with self.lock:
            faults = self.data.get("faults", {}).get(what)
            fault = faults.pop(0) if faults else None
        match fault:
            case "missing":
                self.answer(404, '{"__type": "ParameterNotFound", "message": "not yet"}')
            case "denied":
                self.answer(403, f"<Error><Code>AccessDenied</Code><Token-0>{self.token}</Token-0></Error>")
            case "throttled":
                self.answer(503, "slow down")
            case "broken off":
                self.send_response(200)
                self.send_header("Content-Length", str(len(content) + 1))
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = True
            case "dropped":
                self.close_connection = True
            case "wrong":
                self.answer(200, content[:-1] + b" ")
        return fault is not None

    @property
    def token(self):
        return self.data["credentials"]["Token"]

    def is_signed(self, service, body):
        given = self.data.get("verify_with", self.data["credentials"])
        credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["Token"])
        authorization = self.headers.get("Authorization", "")
        names = re.search("SignedHeaders=([^,]+)", authorization)
        url = f"http://{self.headers['Host']}{self.path}"
        headers = (
            {name: self.headers[name] for name in names[1].split(";") if name != "host"} if names else {}
        )
        request = AWSRequest(self.command, url, headers=headers, data=body)
        request.context["timestamp"] = self.headers.get("X-Amz-Date", "")
        kind = S3SigV4Auth if service == "s3" else SigV4Auth
        auth = kind(credentials, service, self.data["region"])
        signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        right = (
            authorization.endswith(f"Signature={signature}")
            and f"Credential={given['AccessKeyId']}/{self.headers['X-Amz-Date'][:8]}/" in authorization
            and self.headers["X-Amz-Security-Token"] == given["Token"]
            and self.headers["X-Amz-Content-SHA256"] == hashlib.sha256(body).hexdigest()
        )
        if not right:
            message = f"<Message>wrong</Message><Token-0>{self.token}</Token-0>"
            self.answer(403, f"<Error><Code>SignatureDoesNotMatch</Code>{message}</Error>")
        return right

    def answer(self, status, content=""):
        content = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


Handler.data = json.loads(Path(sys.argv[1]).read_text())
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
