"""Locust file of the target sagemaker: load.json says how much load, target.json where it goes."""

from loadwright_runtime import LoadwrightUser, RequestSource, SourceSetup, prepare
from sagemaker_async import SageMakerAsyncRequests
from sagemaker_openai import SageMakerOpenAiRequests
from sagemaker_requests import SageMakerRequests

LoadShape = prepare()


def source(setup: SourceSetup) -> RequestSource:
    """By how the endpoint is to be called."""
    if "async" in setup.config:
        return SageMakerAsyncRequests(setup)
    return (SageMakerOpenAiRequests if setup.config.get("openai") else SageMakerRequests)(setup)


class SageMakerUser(LoadwrightUser):
    source_class = staticmethod(source)
