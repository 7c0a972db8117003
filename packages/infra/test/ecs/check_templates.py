"""Checks CloudFormation templates with cfn-lint: stdin is a JSON array, stdout lists the problems of each."""

import json
import sys

from cfnlint import lint_all


def problems_of(template):
    # Informational rules ask for texts of the author.
    return [str(match) for match in lint_all(json.dumps(template)) if not match.rule.id.startswith("I")]


print(json.dumps([problems_of(template) for template in json.load(sys.stdin)]))
