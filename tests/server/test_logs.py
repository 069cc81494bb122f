"""Hostile text in the log: a record stays one line of its own fields, in both forms."""

from __future__ import annotations

import json
import logging
import shlex
import sys

import pytest

from server.logs import JsonLines, Text

HOSTILE = 'x\nerror   forged  user_id=root\r\x1b[2J\x9b\u202e\u2028\x85 status=200 "'
"""A forged line and a forged field, escapes of terminals, other ends of lines, a change of direction."""


def record(message: str, *words: object, failed: bool = False, **fields: str) -> logging.LogRecord:
    cause = None
    if failed:
        try:
            raise ValueError(HOSTILE)
        except ValueError:
            cause = sys.exc_info()
    return logging.getLogger("reelc").makeRecord("reelc", 30, "f", 1, message, words, cause, extra=fields)


@pytest.mark.parametrize("form", [JsonLines(), Text()], ids=["json", "text"])
def test_hostile_text_begins_no_line_and_moves_no_cursor(form: logging.Formatter) -> None:
    texts = [form.format(record("a", why=HOSTILE)), form.format(record("it said %s", HOSTILE))]
    for text in texts:
        assert text.isprintable()
    lines = form.format(record("a", failed=True)).split("\n")
    assert all(line.isprintable() for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])


def test_a_text_value_with_spaces_is_in_quotes() -> None:
    text = Text().format(record("refused", path="/a user_id=root", why='say "no"', user="ann"))
    assert text == 'warning refused  path="/a user_id=root" why="say \\"no\\"" user=ann'


@pytest.mark.parametrize("why", ['x\\" user_id=root', "ends in \\", HOSTILE])
def test_a_text_value_ends_at_its_last_quote(why: str) -> None:
    _, _, *fields = shlex.split(Text().format(record("refused", why=why, user="ann")))
    assert [field.partition("=")[0] for field in fields] == ["why", "user"]


def test_json_keeps_every_text_whole() -> None:
    members = json.loads(JsonLines().format(record("a", why=HOSTILE)))
    assert (members["why"], members["event"]) == (HOSTILE, "a")
