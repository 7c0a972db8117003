import json

import pytest
from locust_harness import load_plan

from loadwright_runtime.load.load_plan import ArrivalStage, LoadError, Stage, parse_load

ARRIVALS = {
    "kind": "poisson",
    "maxInFlight": 10,
    "startRate": 0,
    "stages": [{"durationSeconds": 2, "ratePerSecond": 5.5}],
}


def parsed(**changes):
    return parse_load(json.dumps(load_plan(**changes)))


def test_both_models():
    plan = parsed(stages=[{"durationSeconds": 0, "users": 3}], startUsers=1)
    assert (plan.users, plan.spawn_rate, plan.duration_seconds, plan.start_users) == (2, 10, 2, 1)
    assert (plan.stages, plan.arrivals) == ((Stage(0, 3),), None)
    plan = parsed(arrivals=ARRIVALS)
    assert (plan.stages, plan.arrivals.kind, plan.arrivals.maximum_in_flight) == ((), "poisson", 10)
    assert plan.arrivals.stages == (ArrivalStage(2, 5.5),)
    assert plan.document == load_plan(arrivals=ARRIVALS)


def test_the_order_of_payloads_may_be_left_out_of_a_test():
    document = load_plan()
    assert parse_load(json.dumps(document), "random").payload_order == "sequential"
    del document["payloadOrder"]
    assert parse_load(json.dumps(document), "random").document["payloadOrder"] == "random"
    with pytest.raises(LoadError, match=r"^payloadOrder: missing$"):
        parse_load(json.dumps(document))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "the load: expected an object"),
        ('{"version": 1, "users": NaN}', "NaN is not JSON"),
        (b"\xff", "not valid JSON"),
    ],
)
def test_what_is_no_load(text, message):
    with pytest.raises(LoadError, match=message):
        parse_load(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version: found 2, expected 1"),
        ({"version": True}, "version: found true, expected 1"),
        ({"users": 0}, "users: found 0, expected a whole number from 1 to 1000000"),
        ({"users": 1.5}, "users: found 1.5, expected a whole number from 1 to 1000000"),
        ({"users": True}, "users: found true, expected a whole number from 1 to 1000000"),
        ({"spawnRate": 0}, "spawnRate: found 0, expected a number, more than 0"),
        ({"durationSeconds": "5s"}, 'durationSeconds: found "5s", expected a number, more than 0'),
        ({"durationSeconds": -1}, "durationSeconds: found -1, expected a number, more than 0"),
        ({"durationSeconds": 10**400}, "durationSeconds: found 1"),
        (
            {"waitTime": {"minimumSeconds": 2, "maximumSeconds": 1}},
            "waitTime.maximumSeconds: found 1, expected",
        ),
        ({"waitTime": 1}, "waitTime: expected an object"),
        ({"waitTime": {"minimumSeconds": 1}}, "waitTime.maximumSeconds: missing"),
        ({"payloadOrder": ["random"]}, 'payloadOrder: found ["random"], expected sequential or random'),
        ({"stages": []}, "stages: found [], expected a list that is not empty"),
        ({"stages": [{"durationSeconds": 1, "users": -1}]}, "stages[0].users: found -1"),
        ({"stages": [{"durationSeconds": 1, "users": 1, "rate": 2}]}, "stages[0].rate: unknown field"),
        ({"arrivals": ARRIVALS | {"kind": "bursts"}}, 'arrivals.kind: found "bursts", expected constant or'),
        ({"arrivals": ARRIVALS | {"maxInFlight": 0}}, "arrivals.maxInFlight: found 0"),
        (
            {"arrivals": ARRIVALS | {"stages": [{"durationSeconds": 1}]}},
            "arrivals.stages[0].ratePerSecond: miss",
        ),
        (
            {"arrivals": ARRIVALS, "stages": [{"durationSeconds": 1, "users": 1}]},
            "stages and arrivals: found both",
        ),
        ({"duration": 5}, "duration: unknown field"),
    ],
)
def test_wrong_fields_are_named(changes, message):
    with pytest.raises(LoadError) as caught:
        parsed(**changes)
    assert str(caught.value).startswith(message)
