"""Locust file of the target sagemaker: load.json says how much load, target.json where it goes."""

from loadwright_runtime import LoadwrightUser, prepare
from sagemaker_requests import SageMakerRequests

LoadShape = prepare()


class SageMakerUser(LoadwrightUser):
    source_class = SageMakerRequests
