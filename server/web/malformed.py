"""What is no HTTP request is answered as every other error is, before there is a request to answer."""

from __future__ import annotations

import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from server.problem import MEDIA_TYPE, Problem
from server.web.envelope import HEADERS


class Http(H11Protocol):
    """HTTP/1.1 whose 400 is a problem."""

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as a request, and hang up."""
        problem = Problem(400, "malformed_request", "this is no HTTP request that can be read")
        body = json.dumps(problem.body()).encode()
        told = {**HEADERS, "content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close"}
        headers = [(name.encode(), value.encode()) for name, value in told.items()]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
