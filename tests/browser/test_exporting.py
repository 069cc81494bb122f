"""Exports: the film equals the preview; progress survives reloads and restarts; cancelled and refused exports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from server.web.identity import COOKIE
from tests.browser.conftest import Watch
from tests.browser.desk import Open
from tests.browser.person import Person, new_person
from tests.browser.test_saving import fill, ready, said
from tests.footage import read
from tests.server.editing import trim
from tests.server.site import Site

WHOLE = [{"frame": 0, "x": 0, "y": 0, "width": 640, "height": 360}]
READABLE = {"canvas": {"width": 640, "height": 360, "fps": 30}, "encode": {"preset": "ultrafast"}}
"""Settings for films with the whole picture at half the source's rate, in which every frame's number can be read."""

SLOW = {"canvas": {"width": 1080, "height": 1920, "fps": 30}, "encode": {"preset": "slow"}}
MEDIUM = {"canvas": {"width": 540, "height": 960, "fps": 30}, "encode": {"preset": "medium"}}
LONG = trim(0, 4, {"start": 0, "end": 4, "speed": 0.1})


def readable(person: Person, game: Path, **fields: Any) -> str:
    made = person.project("Derby", aspect_ratio="16:9", settings=READABLE)
    person.clip(made, person.uploaded(game), **{"crop_data": WHOLE, **fields})
    return made


def film_of(person: Person, project: str, folder: Path) -> list[int | None]:
    """The source frames that the project's newest film shows."""
    (newest, *_) = person.exports(project)
    media = person.api.get(f"/api/working-videos/{newest['result']['working_video_id']}/media")
    path = folder / "film.mp4"
    path.write_bytes(media.content)
    return [frame.codes[0] for frame in read.frames(path)]


def export(page: Page) -> None:
    page.get_by_role("button", name="Export", exact=True).click()


def test_edit_export_and_the_film_shows_it(open_page: Open, person: Person, game: Path, tmp_path: Path) -> None:
    """The export button saves first."""
    project = readable(person, game)
    page = ready(open_page(f"/projects/{project}"))
    fill(page, "In", "1")
    fill(page, "Out", "3")
    expect(page.locator(".exporting")).to_contain_text(
        re.compile(r"It appears here, after about \d+ s \(first estimate\)\.")
    )
    export(page)
    expect(page.get_by_label("Exported video", exact=True)).to_be_visible()
    said(page, "Saved v2")
    expect(page.get_by_text("0:02.00 · 60 frames")).to_be_visible()
    assert film_of(person, project, tmp_path) == [60 + 2 * k for k in range(60)]
    with page.expect_download() as saved:
        page.locator(".bar").get_by_role("link", name="Download").click()  # where Export was
    assert saved.value.suggested_filename == "Derby.mp4"
    expect(page.get_by_role("button", name="Export", exact=True)).to_have_count(0)
    fill(page, "In", "2")
    expect(page.get_by_text("edited since")).to_be_visible()
    expect(page.get_by_role("button", name="Export", exact=True)).to_contain_text(re.compile(r"about \d+ s$"))
    expect(page.get_by_role("button", name="Export", exact=True)).not_to_have_attribute("title", re.compile("first"))


def test_pressed_twice_it_is_one_export(open_page: Open, person: Person, game: Path) -> None:
    project = readable(person, game)
    page = ready(open_page(f"/projects/{project}"))
    fill(page, "In", "3")
    page.get_by_role("button", name="Export", exact=True).dblclick()
    expect(page.get_by_label("Exported video", exact=True)).to_be_visible()
    assert len(person.exports(project)) == 1


def test_it_goes_on_through_a_reload_and_is_cancelled(open_page: Open, person: Person, game: Path) -> None:
    project = person.project("Long", settings=SLOW)
    person.clip(project, person.uploaded(game), segments_data=LONG)
    page = open_page(f"/projects/{project}")
    expect(page.get_by_role("button", name="Export", exact=True)).to_be_enabled()
    export(page)
    expect(page.get_by_text(re.compile(r"\d+ of 1200"))).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\d+ % · Long"))
    page.reload()
    expect(page.get_by_text(re.compile(r"\d+ of 1200"))).to_be_visible()
    expect(page.get_by_role("button", name="Exporting…")).to_be_disabled()
    page.get_by_role("button", name="Cancel export").click()
    expect(page.get_by_text("The export was cancelled")).to_be_visible()
    expect(page).to_have_title(re.compile("^Long"))
    assert [each["state"] for each in person.exports(project)] == ["cancelled"]


def test_without_a_socket_it_is_asked_for(open_page: Open, person: Person, game: Path, page: Page) -> None:
    page.route_web_socket(re.compile("/ws/export/"), lambda socket: socket.close())
    project = readable(person, game)
    open_page(f"/projects/{project}")
    export(page)
    expect(page.get_by_label("Exported video", exact=True)).to_be_visible()


def test_it_outlives_its_server(context: BrowserContext, tmp_path: Path, game: Path, watch: Watch) -> None:
    """The server is killed during the export; the page waits, and shows the film that the next server makes."""
    watch.expect("ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "WebSocket connection to")
    site = Site(tmp_path / "data")
    with new_person(site, "ann") as ann:
        project = ann.project("Derby", settings=MEDIUM)
        ann.clip(project, ann.uploaded(game), segments_data=trim(0, 4, {"start": 0, "end": 4, "speed": 0.5}))
        context.add_cookies([{"name": COOKIE, "value": ann.session, "url": site.url}])
        page = watch.on(context.new_page())
        page.goto(f"{site.url}/projects/{project}")
        export(page)
        expect(page.get_by_text(re.compile(r"[1-9]\d* of 240"))).to_be_visible()
        site.kill()
        expect(page.get_by_text("The server does not answer")).to_be_visible()
        again = Site(tmp_path / "data", port=site.url.rpartition(":")[2])
        expect(page.get_by_label("Exported video", exact=True)).to_be_visible(timeout=60_000)
        assert [each["state"] for each in ann.exports(project)] == ["complete"]
        page.close()
        again.stop()


def test_what_stands_in_its_way_is_one_click_away(open_page: Open, person: Person, game: Path, watch: Watch) -> None:
    watch.expect("422 (Unprocessable")
    off = [*WHOLE, {**WHOLE[0], "frame": 120, "x": 300}]
    page = open_page(f"/projects/{readable(person, game, name='Dunk', crop_data=off)}")
    export(page)
    problem = page.get_by_role("region", name="Problems").get_by_role("button").first
    expect(problem).to_contain_text("Dunk")
    expect(problem).to_contain_text("leaves the picture")
    problem.click()
    expect(page.get_by_role("slider", name=re.compile("Keyframe")).nth(1)).to_have_attribute("aria-current", "true")


def test_an_edit_of_another_window_is_not_exported_unseen(
    open_page: Open, person: Person, game: Path, watch: Watch, page: Page
) -> None:
    watch.expect("412 (Precondition Failed)")
    project = readable(person, game)
    open_page(f"/projects/{project}")
    said(page, "Saved v1")
    (clip,) = person.clips(project)
    answer = person.api.put(f"/api/clips/projects/{project}/clips/{clip['id']}", json={"name": "Theirs"})
    assert answer.json()["version"] == 2, answer.text
    export(page)
    expect(page.get_by_text("changed in another window just now")).to_be_visible()
    said(page, "Saved v2")
    assert person.exports(project) == []


def test_the_list_of_exports(open_page: Open, person: Person, game: Path, watch: Watch) -> None:
    project = readable(person, game, segments_data=trim(0, 1))
    body = {"project_id": project, "export_id": "first"}
    assert person.api.post("/api/export/framing/render", json=body, timeout=60).status_code == 200
    page = open_page("/exports")
    row = page.get_by_role("listitem").filter(has_text="Derby")
    expect(row).to_contain_text("Complete")
    expect(row).to_contain_text("0:01.00")
    expect(row.get_by_label("Video of Derby")).to_be_visible()
    expect(row.get_by_role("link", name="Download")).to_be_visible()
