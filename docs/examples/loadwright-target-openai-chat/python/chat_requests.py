"""What is sent to an API of chats. How the tokens come is measured by the runtime."""

from loadwright_runtime import Body, Payload, Request, RequestSource, SourceSetup, compact_json, variables


class ChatRequests(RequestSource):
    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        self._payloads = setup.payloads(self._encode)
        self._key = variables.required("CHAT_API_KEY", "the key of the API")
        self._is_stream = self.config["stream"]

    def next_request(self) -> Request:
        body = self._payloads.next_body()
        request = Request(
            "POST",
            f"{self.base_path}/chat/completions",
            name="chat",
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": body.content_type},
            body=body.content,
            row=body.row,
        )
        # A reader belongs to one request: it takes the answer piece by piece, as it comes.
        return request.read_by(self.token_reader()) if self._is_stream else request

    def _encode(self, payload: Payload) -> Body:
        prompt = payload.value
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        document = {
            "model": self.config["model"],
            "messages": messages,
            "max_completion_tokens": self.config["maxTokens"],
        }
        if self._is_stream:
            # Without it nobody says how many tokens there were: a chunk may hold several.
            document |= {"stream": True, "stream_options": {"include_usage": True}}
        return Body(compact_json(document), "application/json")
