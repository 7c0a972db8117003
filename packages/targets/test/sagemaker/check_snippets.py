"""Checks what `loadwright recommend` prints: stdin is a JSON array of formats, stdout lists of problems.

CloudFormation by cfn-lint; commands of the AWS CLI by botocore's model of the calls, which the AWS CLI uses.
"""

import json
import re
import shlex
import sys

import botocore.session
from botocore.validate import ParamValidator
from cfnlint import lint_all

services = {"application-autoscaling": "application-autoscaling", "cloudwatch": "cloudwatch"}
session = botocore.session.get_session()


def pascal(text):
    return "".join(word.capitalize() for word in text.split("-"))


def value_of(text, shape):
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name == "list":
        return [text]
    return json.loads(text) if shape.type_name == "structure" else text


def check_command(words):
    _, service, operation, *flags = words
    model = session.get_service_model(services[service]).operation_model(pascal(operation))
    members = model.input_shape.members
    given = {}
    while flags:
        name, value = flags[0].removeprefix("--"), flags[1]
        flags = flags[2:]
        if name in ("query", "output"):
            continue
        if name == "cli-input-json":
            given.update(json.loads(value))
            continue
        member = pascal(name)
        if member not in members:
            yield f"{operation} has no --{name}"
            continue
        given[member] = value_of(value, members[member])
    report = ParamValidator().validate(given, model.input_shape)
    if report.has_errors():
        yield report.generate_report()
    for name in set(given) - set(members):
        yield f"{operation} has no member {name}"


def commands(text):
    for block in text.replace("\\\n", " ").strip().split("\n\n"):
        inner = re.fullmatch(r"\w+=\$\((.*)\)", block, re.DOTALL)
        yield shlex.split(inner[1] if inner else block)


def problems_of(formats):
    for match in lint_all(formats["cloudformation"]):
        # Informational rules ask for texts of the author.
        if not match.rule.id.startswith("I"):
            yield f"cfn-lint: {match}"
    for words in commands(formats["cli"]):
        yield from (f"aws: {problem}" for problem in check_command(words))


print(json.dumps([list(problems_of(formats)) for formats in json.load(sys.stdin)]))
