"""Answers malformed HTTP requests with problem+json, as every other error."""

from __future__ import annotations

import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from server.problem import MEDIA_TYPE, Problem
from server.web.envelope import HEADERS


class Http(H11Protocol):
    """HTTP/1.1 with problem+json in its 400."""

    def send_400_response(self, msg: str) -> None:
        """Answer a malformed request and close the connection."""
        problem = Problem(400, "malformed_request", "malformed HTTP request")
        body = json.dumps(problem.body()).encode()
        more = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close"}
        headers = [(name.encode(), value.encode()) for name, value in (HEADERS | more).items()]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
