"""What Locust runs for the target kserve."""

from kserve_requests import KserveRequests
from loadwright_runtime import LoadwrightUser, prepare

Shape = prepare()


class KserveUser(LoadwrightUser):
    source_class = KserveRequests
