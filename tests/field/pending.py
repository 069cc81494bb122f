"""Field tests of kinds that are not mended yet, by file and name."""

from __future__ import annotations

PENDING: dict[str, str] = {
    "streams.test_every_picture_of_two_fields_is_shown_once": "M8, the count of frames",
}
