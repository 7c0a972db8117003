import json
import time
import uuid
from datetime import datetime

import pytest

from loadwright_runtime import compile_template
from loadwright_runtime.source import json_text
from loadwright_runtime.source.body_template import ColumnError, compile_text, text_generator


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


def test_sequence_from_a_number():
    assert bodies({"$sequence": 7}, 3) == [7, 8, 9]


def test_normal():
    values = bodies({"$normal": [50, 2]}, 2000)
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    assert abs(mean - 50) < 0.3 and abs(deviation - 2) < 0.2


def test_texts_are_words_of_the_running_text_that_follow_each_other():
    words = ["ä", 'b"b', "c\\", "dd", "e"]
    running = " ".join(words)
    generate = compile_template({"t": {"$text": [2, 4]}}, {"$text": text_generator(running)})
    texts = {json.loads(generate())["t"] for _ in range(500)}
    expected = {" ".join(words[first : first + count]) for count in (2, 3, 4) for first in range(6 - count)}
    assert texts == expected
    whole = compile_text({"$text": [5, 5]}, {"$text": text_generator(running)})
    assert whole() == running


def test_timestamps():
    before = time.time()
    found = bodies([{"$timestamp": form} for form in ("iso", "seconds", "milliseconds")], 1)[0]
    moment = datetime.fromisoformat(found[0].replace("Z", "+00:00")).timestamp()
    for value in (moment + 0.001, found[1] + 1, found[2] / 1000 + 0.001):
        assert before <= value <= before + 20


def test_columns_keep_their_digits():
    generate = compile_template({"a": {"$column": "x"}, "b": {"$column": "y"}})
    row = json_text.loads('{"x": 9007199254740993.0, "y": [1e-7, "ü"]}')
    assert generate(row) == '{"a":9007199254740993.0,"b":[1e-7,"ü"]}'.encode()
    with pytest.raises(ColumnError, match="no member 'y'"):
        generate({"x": 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [("a & ü", "a & ü"), (1.5, "1.5"), (True, "true"), (None, None), ({"$column": "x"}, "1.50")],
)
def test_text(value, text):
    assert compile_text(value)(json_text.loads('{"x": 1.50}')) == text
