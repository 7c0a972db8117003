"""``python -m unittest`` in this folder: the API with the SDK's own stub in place of SageMaker."""

import io
import json
import os
import unittest

os.environ.update(
    ENDPOINT_NAME="ml-service",
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
)

from app import app, runtime  # noqa: E402
from botocore.response import StreamingBody  # noqa: E402
from botocore.stub import Stubber  # noqa: E402
from chalice.test import Client  # noqa: E402

INSTANCES = {"instances": [{"amount": 1, "hour": 2, "distance_km": 3}]}


def predictions(document: object) -> dict[str, object]:
    body = json.dumps(document).encode()
    return {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"}


class Evaluate(unittest.TestCase):
    def setUp(self) -> None:
        self.stub = Stubber(runtime)
        self.stub.activate()
        self.addCleanup(self.stub.deactivate)

    def post(self, body: bytes) -> tuple[int, dict[str, object]]:
        with Client(app) as client:
            headers = {"Content-Type": "application/json"}
            answer = client.http.post("/evaluate", headers=headers, body=body)
            return answer.status_code, answer.json_body

    def test_sends_the_instances_to_the_one_endpoint(self) -> None:
        expected = {
            "EndpointName": "ml-service",
            "ContentType": "application/json",
            "Accept": "application/json",
            "Body": json.dumps(INSTANCES),
        }
        self.stub.add_response("invoke_endpoint", predictions({"predictions": [0.5]}), expected)
        self.assertEqual(self.post(json.dumps(INSTANCES).encode()), (200, {"predictions": [0.5]}))
        self.stub.assert_no_pending_responses()

    def test_refuses_a_wrong_body_without_a_call(self) -> None:
        for body in [b"{", b"[]", b"{}", b'{"instances": 1}', b'{"instances": []}', b""]:
            with self.subTest(body=body):
                status, answer = self.post(body)
                self.assertEqual(status, 400)
                self.assertEqual(answer["Code"], "BadRequestError")

    def test_answers_each_error_of_the_endpoint_by_its_status(self) -> None:
        for code, status in [
            ("ThrottlingException", 429),
            ("ModelError", 502),
            ("ModelNotReadyException", 503),
            ("ServiceUnavailable", 503),
            ("ValidationError", 502),
            ("AccessDeniedException", 502),
            ("SomethingNew", 502),
        ]:
            with self.subTest(code=code):
                self.stub.add_client_error("invoke_endpoint", code, "arn:aws:sagemaker:secret")
                found, answer = self.post(json.dumps(INSTANCES).encode())
                self.assertEqual(found, status)
                self.assertNotIn("arn:", json.dumps(answer))

    def test_hands_on_what_the_model_says_of_the_input(self) -> None:
        self.stub.add_client_error(
            "invoke_endpoint",
            "ModelError",
            "Received client error (400)",
            response_meta=None,
            modeled_fields={
                "OriginalStatusCode": 400,
                "OriginalMessage": '{"error": "instances[0].hour must be a number"}',
            },
        )
        status, answer = self.post(json.dumps(INSTANCES).encode())
        self.assertEqual((status, answer["Message"]), (400, "instances[0].hour must be a number"))


class Health(unittest.TestCase):
    def test_names_the_endpoint_without_a_call(self) -> None:
        with Client(app) as client:
            answer = client.http.get("/")
        self.assertEqual(answer.json_body, {"service": "ml-service", "endpoint": "ml-service"})


if __name__ == "__main__":
    unittest.main()
