"""What a body must look like before it costs a call of the endpoint."""

LONGEST_LIST = 100


class InvalidBodyError(ValueError):
    """Says what is wrong with the body."""


def instances_of(body: object) -> list[object]:
    """The instances of a body; each one's fields are the model's own matter."""
    if not isinstance(body, dict) or "instances" not in body:
        raise InvalidBodyError('the body must be an object with the member "instances"')
    instances = body["instances"]
    if not isinstance(instances, list) or not 1 <= len(instances) <= LONGEST_LIST:
        raise InvalidBodyError(f"instances must be a list of 1 to {LONGEST_LIST} objects")
    return instances
