"""A bundle for tests of the fleet: its workers need the variable LOADWRIGHT_TEST_TOKEN."""

from loadwright_runtime import LoadwrightUser, Request, RequestSource, SourceSetup, prepare, variables

LoadShape = prepare()


class Greetings(RequestSource):
    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        token = variables.required("LOADWRIGHT_TEST_TOKEN", "the service asks for it")
        print(f"the token is {token}", flush=True)
        self._request = Request("GET", "/", name="greet", headers={"Authorization": token})

    def next_request(self) -> Request:
        return self._request


class GreetingUser(LoadwrightUser):
    source_class = Greetings
