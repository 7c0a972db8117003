"""Locust file of the echo target, which logs what it must not: the secret of its workers."""

import logging
import os

from loadwright_runtime import LoadwrightUser, Request, RequestSource, prepare
from locust import events

LoadShape = prepare()


@events.test_start.add_listener
def talk(**_: object) -> None:
    logging.getLogger(__name__).warning("the token is %s", os.environ.get("ECHO_TOKEN"))


class EchoRequests(RequestSource):
    def next_request(self) -> Request:
        return Request("GET", self.base_path + "/echo", name="echo")


class EchoUser(LoadwrightUser):
    source_class = EchoRequests
