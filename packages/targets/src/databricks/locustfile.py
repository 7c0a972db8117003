"""Locust file of the target databricks: load.json says how much load, target.json where it goes."""

from databricks_requests import DatabricksRequests
from loadwright_runtime import LoadwrightUser, prepare

LoadShape = prepare()


class DatabricksUser(LoadwrightUser):
    source_class = DatabricksRequests
