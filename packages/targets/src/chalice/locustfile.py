"""Locust file of the target chalice: load.json says how much load, target.json where it goes."""

from chalice_requests import ChaliceRequests
from loadwright_runtime import LoadwrightUser, prepare

LoadShape = prepare()


class ChaliceUser(LoadwrightUser):
    source_class = ChaliceRequests
