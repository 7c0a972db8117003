"""Locust file of a target that is asked before the load."""

from loadwright_runtime import LoadwrightUser, Request, RequestSource, prepare, variables

print("a line of the Locust file itself, on stdout")
LoadShape = prepare()


class AskingRequests(RequestSource):
    def next_request(self) -> Request:
        token = variables.required("ASKING_TOKEN", "it is sent with every request")
        headers = {"Authorization": f"Bearer {token}"}
        return Request("POST", self.base_path + "/ask", name="ask", headers=headers, body=b'{"question":1}')


class AskingUser(LoadwrightUser):
    source_class = AskingRequests
