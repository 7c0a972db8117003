"""Locust file of the echo target, by which runs are tested."""

from loadwright_runtime import LoadwrightUser, Request, RequestSource, prepare

LoadShape = prepare()


class EchoRequests(RequestSource):
    def next_request(self) -> Request:
        return Request("GET", self.base_path + "/echo", name="echo")


class EchoUser(LoadwrightUser):
    source_class = EchoRequests
