import json
import random

import pytest

from loadwright_runtime import compact_json, compile_template
from loadwright_runtime.source.bundle import read_bundle
from loadwright_runtime.source.json_text import dumps, loads
from loadwright_runtime.source.payloads import Payload

NUMBERS = [
    "0",
    "-0",
    "1",
    "-7",
    "9007199254740993",
    "2.0",
    "-0.0",
    "1e-7",
    "1E+5",
    "0.10",
    "1e400",
    "12345678901234567890.5",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_keep_their_text(text):
    assert dumps(loads(text)) == text
    assert loads(text) == json.loads(text)
    assert compact_json(loads(f'{{"a":[{text},null]}}')) == f'{{"a":[{text},null]}}'.encode()


def test_everything_else_is_as_python_writes_it():
    value = {"ü": ['"\\\n', True, False, None, 1, 2.5, {}], "": [], "\u2028": "😀"}
    assert dumps(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def test_random_documents_come_back():
    generator = random.Random(7)

    def some(depth=0):
        kind = generator.randrange(4 if depth < 4 else 2)
        if kind == 0:
            return generator.choice(NUMBERS)
        if kind == 1:
            return generator.choice(['"a"', '"\\\\u"', "true", "null"])
        items = [some(depth + 1) for _ in range(generator.randrange(4))]
        if kind == 2:
            return f"[{','.join(items)}]"
        return f"{{{','.join(f'{chr(34)}k{index}{chr(34)}:{item}' for index, item in enumerate(items))}}}"

    for _ in range(500):
        text = some()
        assert dumps(loads(text)) == text


@pytest.mark.parametrize(
    ("line", "body"),
    [
        (b'{"json":{"a": 1e-7}}', b'{"a": 1e-7}'),
        (b'{"json": [2.0 ] ,"contentType":"application/x"}', b"[2.0 ]"),
        (b'{"json":{"contentType":-0}}', b'{"contentType":-0}'),
        (b'{"json":{"contentType":-0},"contentType":"a/b"}', b'{"contentType":-0}'),
        (b'{"contentType":"a/b","json":[ 2.0]}', b"[2.0]"),
        (b' {"json":[ 2.0]}', b"[2.0]"),
    ],
)
def test_a_payload_is_sent_as_it_was_written(line, body):
    assert Payload(line).encode().content == body


def test_a_body_in_the_configuration_is_sent_as_it_was_written(make_bundle):
    directory = make_bundle("chalice", host="http://127.0.0.1:1", config={})
    target = (directory / "target.json").read_text()
    body = '{"a":[9007199254740993,2.0,1e-7,-0],"b":{"$choice":[1.10]}}'
    (directory / "target.json").write_text(target.replace('"config": {}', f'"config": {{"body":{body}}}'))
    generate = compile_template(read_bundle(directory).config["body"])
    assert generate() == b'{"a":[9007199254740993,2.0,1e-7,-0],"b":1.10}'
