"""Rate limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from server.web.rate_limits import Buckets
from tests.server.site import add_user, serving
from tests.server.test_http import refused


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = [0.0]
    bucket = Buckets(2, 3, lambda: now[0])
    assert [bucket.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take("b") == 0
    now[0] = 0.5
    assert [bucket.take("a"), bucket.take("a")] == [0, 0.5]
    now[0] = 100
    assert [bucket.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_buckets_that_are_full_again_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.rate_limits.MOST", 3)
    now = [0.0]
    bucket = Buckets(1, 1, lambda: now[0])
    for name in "abc":
        bucket.take(name)
    now[0] = 10
    bucket.take("d")
    assert bucket.take("d") > 0
    assert len(bucket._left) == 1


def test_a_user_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with serving(tmp_path / "data", user_rate="0.1", user_burst="3") as site:
        hasty, calm = (site.client(add_user(site.data, name)) for name in ("hasty", "calm"))
        assert [hasty.get("/api/me").status_code for _ in range(3)] == [200, 200, 200]
        answer = hasty.get("/api/me")
        refused(answer, 429, "too_many_requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        assert calm.get("/api/me").status_code == 200
        hasty.close()
        calm.close()


def test_the_handshake_of_a_socket_is_a_request(tmp_path: Path) -> None:
    """Otherwise any number of tokens could be tried, each of which is a look-up in the store."""
    token = add_user(tmp_path / "data", "hasty")
    with serving(tmp_path / "data", user_rate="0.1", user_burst="1", address_rate="0.1", address_burst="4") as site:

        def refusal(token: str) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            with pytest.raises(InvalidStatus) as refused:
                connect(f"ws{site.url.removeprefix('http')}/ws/export/none", additional_headers=headers)
            return refused.value.response.status_code

        assert [refusal(token), refusal(token)] == [404, 429]
        assert [refusal("guessed") for _ in range(3)] == [401, 401, 429]


@pytest.mark.further
def test_an_address_is_limited_whoever_asks_but_monitors(tmp_path: Path) -> None:
    with serving(tmp_path / "data", address_rate="0.1", address_burst="4") as site, site.client() as anybody:
        statuses = [anybody.get("/metrics").status_code for _ in range(6)]
        assert statuses[-1] == 429
        refused(anybody.get("/nowhere"), 429, "too_many_requests")
        assert anybody.get("/healthz").status_code == 200
