"""Locust file of the target dht: load.json says how much load, target.json where it goes."""

from dht_requests import DhtRequests
from loadwright_runtime import LoadwrightUser, prepare

LoadShape = prepare()


class DhtUser(LoadwrightUser):
    source_class = DhtRequests
