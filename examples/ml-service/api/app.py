"""The REST API in front of the endpoint: ``GET /`` and ``POST /evaluate``."""

import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from chalice import BadRequestError, Chalice, ChaliceViewError, Response
from chalicelib.validation import InvalidBodyError, instances_of

app = Chalice(app_name="ml-service")

# A variable of the stage: configure-api.mjs writes it once the endpoint is deployed, start.mjs sets it.
ENDPOINT = os.environ.get("ENDPOINT_NAME", "")

# One request to the API is one call of the endpoint: what is tried again in here would be a load that nobody
# asked for, and a latency that nobody can explain. API Gateway gives up after 29 s.
runtime = boto3.client(
    "sagemaker-runtime",
    config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=25),
)

# What the caller is told of an error of the endpoint, by its code. Names of AWS's own stay in the logs.
STATUS_OF = {
    "ModelError": (502, "The model failed."),
    "ModelNotReadyException": (503, "The model is not ready."),
    "ThrottlingException": (429, "Too many requests."),
    "ServiceUnavailable": (503, "The model is not available."),
    "ValidationError": (502, "The endpoint does not exist or refused the request."),
    "AccessDeniedException": (502, "The API may not use the endpoint."),
}


@app.route("/")
def health():
    """Which endpoint this API is in front of; costs no call of it."""
    return {"service": "ml-service", "endpoint": ENDPOINT}


@app.route("/evaluate", methods=["POST"])
def evaluate():
    """Sends ``{"instances": [{"amount": …, "hour": …, "distance_km": …}]}`` to the model."""
    if not ENDPOINT:
        raise ChaliceViewError("ENDPOINT_NAME is not set: deploy infra first, see the README")
    try:
        # Chalice raises BadRequestError for a body that is not JSON.
        instances = instances_of(app.current_request.json_body)
    except InvalidBodyError as error:
        raise BadRequestError(str(error)) from None
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=ENDPOINT,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps({"instances": instances}),
        )
    except ClientError as error:
        return refused(error)
    except BotoCoreError as error:
        app.log.error("the endpoint did not answer: %s", error)
        return failure(504, "The model did not answer in time.")
    predictions = json.load(answer["Body"])["predictions"]
    return {"predictions": predictions}


def refused(error: ClientError) -> Response:
    details = error.response["Error"]
    # The model says which field of which instance is wrong, and the caller may know that.
    if details["Code"] == "ModelError" and error.response.get("OriginalStatusCode") == 400:
        return failure(400, message_of(error.response.get("OriginalMessage", "")))
    app.log.error("the endpoint refused: %s: %s", details["Code"], details["Message"])
    return failure(*STATUS_OF.get(details["Code"], (502, "The model could not be reached.")))


def message_of(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return "The model refused the input."


def failure(status: int, message: str) -> Response:
    """In the form of Chalice's own errors."""
    return Response({"Code": "EndpointError", "Message": message}, status_code=status)
