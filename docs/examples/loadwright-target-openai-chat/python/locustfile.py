"""What Locust runs for the target openai-chat."""

from chat_requests import ChatRequests
from loadwright_runtime import LoadwrightUser, prepare

Shape = prepare()


class ChatUser(LoadwrightUser):
    source_class = ChatRequests
