"""Locust file of the targets rest and chalice: load.json says how much load, target.json where it goes."""

from loadwright_runtime import LoadwrightUser, prepare
from rest_requests import RestRequests

LoadShape = prepare()


class RestUser(LoadwrightUser):
    source_class = RestRequests
