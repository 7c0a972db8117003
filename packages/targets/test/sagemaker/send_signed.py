"""Signs random requests as the runtime does, sends them over a few connections, and counts the statuses.

Usage: send_signed.py <base URL> <region> <path> <number>
"""

import collections
import concurrent.futures
import random
import socket
import string
import sys
import time
from urllib.parse import urlsplit

from loadwright_runtime import Credentials, Request, Signer, variables
from loadwright_runtime.http.http1 import AnswerParser, encode_request

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
# The emulator refuses what is 300 s off, and this takes a while.
FURTHEST_SECONDS = 240
CONNECTIONS = 4
NAMES = ("Accept", "X-Amzn-SageMaker-Custom-Attributes", "X-Amzn-SageMaker-Target-Model", "X-Odd_Name")


def main(url, region, path, number):
    # The emulator takes a millisecond for each: several connections spend it together.
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        jobs = [pool.submit(send, url, region, path, number // CONNECTIONS, n) for n in range(CONNECTIONS)]
        print(dict(sum((job.result() for job in jobs), collections.Counter())))


def send(url, region, path, number, seed):
    host = urlsplit(url).netloc
    chance = random.Random(seed)
    credentials = Credentials(
        *(variables.required(f"AWS_{name}", "") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")),
        variables.required("AWS_SESSION_TOKEN", ""),
    )
    statuses = collections.Counter()
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(number):
            moment = time.time() + chance.uniform(-FURTHEST_SECONDS, FURTHEST_SECONDS)
            signer = Signer(credentials, region, "sagemaker", now=lambda moment=moment: moment)
            headers = {name: text(chance) for name in NAMES if chance.random() < 0.5}
            headers["Content-Type"] = chance.choice(("application/octet-stream", "image/x-odd; a=1,  b"))
            body = chance.randbytes(chance.randrange(3000))
            query = "&".join(
                f"{name}={chance.randrange(9)}" for name in chance.sample("abc", chance.randrange(4))
            )
            prepared = signer.prepare("POST", host, path, query, headers)
            target = f"{path}?{query}" if query else path
            request = Request("POST", target, name="n", headers=prepared.headers(body), body=body)
            connection.sendall(encode_request(request, host))
            statuses[answer(connection)] += 1
    return statuses


def text(chance):
    first, last = chance.choices(string.ascii_letters, k=2)
    return first + "".join(chance.choices(PRINTABLE, k=chance.randrange(60))) + last


def answer(connection):
    parser = AnswerParser("POST")
    while not parser.is_complete:
        parser.feed(connection.recv(65536))
    return parser.head.status


main(*sys.argv[1:4], int(sys.argv[4]))
