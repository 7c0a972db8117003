"""``python -m unittest`` in this folder: the container's server on a free port."""

import http.client
import json
import threading
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from model import InvalidInputError, Model
from serve import Service
from train import area_under_curve, payments, train

MODEL = train(*payments(500, seed=1), rounds=50)
GOOD = {
    "instances": [
        {"amount": 9, "hour": 12, "distance_km": 1},
        {"amount": 900, "hour": 3, "distance_km": 99},
    ]
}


class TheModel(unittest.TestCase):
    def test_ranks_payments_that_it_has_not_seen(self) -> None:
        self.assertGreater(area_under_curve(MODEL, *payments(500, seed=2)), 0.7)

    def test_is_the_same_after_it_was_saved(self) -> None:
        with TemporaryDirectory() as folder:
            MODEL.save(Path(folder) / "model.json")
            loaded = Model.load(Path(folder) / "model.json")
        self.assertEqual(loaded.evaluate(GOOD["instances"]), MODEL.evaluate(GOOD["instances"]))

    def test_names_what_is_wrong_with_the_input(self) -> None:
        row = GOOD["instances"][0]
        for instances in [None, [], [1], [{}], [row, {**row, "hour": "3"}], [{**row, "hour": float("nan")}]]:
            with self.subTest(instances=instances), self.assertRaisesRegex(InvalidInputError, "instances"):
                MODEL.evaluate(instances)


class TheServer(unittest.TestCase):
    def start(self, failure_rate: float = 0) -> http.client.HTTPConnection:
        service = Service(0, MODEL, failure_rate=failure_rate, seconds=0)
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", service.server_address[1], timeout=5)
        for clean_up in (service.server_close, thread.join, service.shutdown, connection.close):
            self.addCleanup(clean_up)
        return connection

    def ask(self, connection: http.client.HTTPConnection, body: str, **headers: str) -> tuple[int, bytes]:
        connection.request("POST", "/invocations", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def test_answers_on_one_connection(self) -> None:
        connection = self.start()
        connection.request("GET", "/ping")
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.read()), (200, b"{}"))
        for _ in range(2):
            status, body = self.ask(connection, json.dumps(GOOD))
            self.assertEqual(status, 200)
            self.assertEqual(json.loads(body), {"predictions": MODEL.evaluate(GOOD["instances"])})

    def test_streams_a_line_for_each_instance(self) -> None:
        status, body = self.ask(self.start(), json.dumps(GOOD), Accept="application/jsonlines")
        lines = [json.loads(line)["prediction"] for line in body.splitlines()]
        self.assertEqual((status, lines), (200, MODEL.evaluate(GOOD["instances"])))

    def test_refuses_what_cannot_be_evaluated(self) -> None:
        connection = self.start()
        for body in ["{", "[]", "{}", '{"instances": [{}]}']:
            for accept in ["application/json", "application/jsonlines"]:
                with self.subTest(body=body, accept=accept):
                    status, answer = self.ask(connection, body, Accept=accept)
                    self.assertEqual(status, 400)
                    self.assertIn("error", json.loads(answer))

    def test_fails_the_share_that_is_asked_for(self) -> None:
        connection = self.start(failure_rate=0.25)
        statuses = [self.ask(connection, json.dumps(GOOD))[0] for _ in range(8)]
        self.assertEqual(statuses.count(500), 2)


if __name__ == "__main__":
    unittest.main()
