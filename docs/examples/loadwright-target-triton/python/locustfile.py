"""What Locust runs for the target triton."""

from loadwright_runtime import LoadwrightUser, prepare
from triton_requests import TritonRequests

Shape = prepare()


class TritonUser(LoadwrightUser):
    source_class = TritonRequests
