"""Locust file of a target that measures more than the time of its requests."""

from loadwright_runtime import LoadwrightUser, Request, RequestSource, prepare

LoadShape = prepare()


class MeasuringRequests(RequestSource):
    def next_request(self) -> Request:
        return Request("GET", self.base_path + "/measured", name="measured")

    def check(self, response):
        self.metrics.trend("time_in_queue", 0.25, unit="s", description="as the service says")
        self.metrics.rate("from_cache", response.status == 200)
        return super().check(response)


class MeasuringUser(LoadwrightUser):
    source_class = MeasuringRequests
