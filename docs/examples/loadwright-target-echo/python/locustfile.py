"""What Locust runs for the target echo."""

from echo_requests import EchoRequests
from loadwright_runtime import LoadwrightUser, prepare

Shape = prepare()


class EchoUser(LoadwrightUser):
    source_class = EchoRequests
