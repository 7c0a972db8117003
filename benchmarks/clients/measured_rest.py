"""Locust file of the targets rest and chalice, which records a trend and a rate of each answer besides."""

from collections.abc import Container

from loadwright_runtime import LoadwrightUser, Request, prepare
from rest_requests import RestRequests

LoadShape = prepare()


class MeasuredRequests(RestRequests):
    def plain_statuses(self) -> Container[int]:
        return ()

    def glanced_statuses(self) -> Container[int]:
        return super().plain_statuses()

    def glance(self, request: Request, data: bytes, head_bytes: int) -> bool:
        body_bytes = len(data) - head_bytes
        self.metrics.trend("body_bytes", body_bytes, unit="B")
        self.metrics.rate("body_is_small", body_bytes < 1000)
        return True


class MeasuredUser(LoadwrightUser):
    source_class = MeasuredRequests
