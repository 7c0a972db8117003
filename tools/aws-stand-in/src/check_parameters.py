"""Holds the parameters of calls, as they were received, against the service models of botocore.

Reads a list of `{"name": "ecs:CreateCluster", "parameters": {...}}` in JSON, and writes what is wrong with
each, a line each.
"""

import json
import re
import sys

import botocore.session
from botocore.validate import ParamValidator

VALIDATOR = ParamValidator()
SESSION = botocore.session.get_session()
MODELS = {}


def model_of(service):
    if service not in MODELS:
        MODELS[service] = SESSION.get_service_model(service)
    return MODELS[service]


def unlike_the_model(value, shape, path):
    """What botocore leaves to the service: the values of enumerations, and patterns."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                yield from unlike_the_model(value[name], member, f"{path}.{name}")
        yield from (f"{path}: unknown {name}" for name in value if name not in shape.members)
    elif shape.type_name == "list":
        for index, one in enumerate(value):
            yield from unlike_the_model(one, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, one in value.items():
            yield from unlike_the_model(one, shape.value, f"{path}[{key}]")
    elif shape.type_name == "string":
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{path}: {value} is none of {shape.enum}"
        pattern = shape.metadata.get("pattern")
        if pattern and "\\p{" not in pattern and not re.search(pattern, value):
            yield f"{path}: {value} does not match {pattern}"


def problems_of(name, parameters):
    service, action = name.split(":")
    operation = model_of(service).operation_model(action)
    shape = operation.input_shape
    if shape is None:
        return []
    report = VALIDATOR.validate(parameters, shape)
    lines = report.generate_report().splitlines() if report.has_errors() else []
    return lines + list(unlike_the_model(parameters, shape, action))


for call in json.load(sys.stdin):
    for line in problems_of(call["name"], call["parameters"]):
        print(f"{call['name']}: {line}")
