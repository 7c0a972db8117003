import json
import uuid

import pytest

from loadwright_runtime import compile_template


def bodies(template, count=200):
    generate = compile_template(template)
    return [json.loads(generate()) for _ in range(count)]


@pytest.mark.parametrize(
    "template",
    [None, 1.5, "ä", [], {}, [[], {}, [1]], {"a": {"b": [True, None]}, "$": 1}, {"$uuid": True, "b": 1}],
)
def test_without_generated_fields(template):
    assert (
        compile_template(template)()
        == json.dumps(template, ensure_ascii=False, separators=(",", ":")).encode()
    )


def test_uniform():
    values = [body["distance"] for body in bodies({"distance": {"$uniform": [1, 6500]}})]
    assert all(1 <= value <= 6500 for value in values)
    assert len(set(values)) > 190 and max(values) - min(values) > 3000


def test_integer_includes_both_ends():
    assert {body for body in bodies({"$integer": [-1, 1]})} == {-1, 0, 1}


def test_choice_of_any_values():
    found = {json.dumps(body) for body in bodies([{"$choice": ["a", None, {"b": [1]}]}])}
    assert found == {'["a"]', "[null]", '[{"b": [1]}]'}


def test_uuid():
    values = [body["id"] for body in bodies({"id": {"$uuid": True}}, 50)]
    assert len({uuid.UUID(value) for value in values}) == 50


def test_sequence():
    assert bodies([{"$sequence": True}, "x", {"n": {"$sequence": True}}], 3) == [
        [0, "x", {"n": 0}],
        [1, "x", {"n": 1}],
        [2, "x", {"n": 2}],
    ]
