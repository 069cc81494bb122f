"""Examples of requests and answers by the name of their model, and of errors by status."""

from __future__ import annotations

from typing import Any

from server.tables.clips import UNTOUCHED

CROP = [{"frame": 0, "x": 100, "y": 0, "width": 607.5, "height": 1080}]
SEGMENTS = {
    "version": 2,
    "trimRange": {"start": 1.5, "end": 6},
    "spans": [{"start": 3, "end": 4, "speed": 0.5}],
}
DISSOLVE = {"type": "dissolve", "duration": 0.5}
CLIP = {
    "id": "c_2b7k",
    "project_id": "p_9x4m",
    "raw_clip_id": "r_5tqd",
    "name": "Great dunk",
    **UNTOUCHED,
    "crop_data": CROP,
    "segments_data": SEGMENTS,
    "transition_data": DISSOLVE,
    "motion": "repeat",
    "loop": False,
    "turn": 0,
    "mirror": False,
    "volume": 0.0,
    "mute": False,
    "sort_order": 0,
    "version": 2,
    "saved_at": "2026-03-01T12:00:00.000+00:00",
}


def _problem(status: int, title: str, error: str, message: str, **more: Any) -> dict[str, Any]:
    members = {"detail": message, "error": error, "message": message}
    return {"type": "about:blank", "title": title, "status": status, **members, **more}


EXAMPLES: dict[str, Any] = {
    "NewProject": {"name": "Saturday's game", "aspect_ratio": "9:16", "settings": {"canvas": {"fps": "30"}}},
    "ProjectChange": {"settings": {"transition": DISSOLVE}},
    "Changes": {
        "clips": [{"clip_id": "c_2b7k", "version": 1, "crop_data": CROP}],
        "add": [{"clip_id": "0b1f9c52-6c0e-4f0e-9d43-1f5a7c1f2a10", "raw_clip_id": "r_5tqd", "place": 1}],
        "remove": [{"clip_id": "c_8w1z", "version": 4}],
        "project": {"name": "Saturday's game, short"},
    },
    "NewClip": {"raw_clip_id": "r_5tqd", "name": "Great dunk", "crop_data": CROP},
    "ClipChange": {"crop_data": CROP, "segments_data": SEGMENTS, "transition_data": DISSOLVE},
    "Order": {"clip_ids": ["c_2b7k", "c_8w1z"]},
    "Restore": {"version": 1},
    "Saved": {"success": True, "clip_id": "c_2b7k", "version": 2, "clip": CLIP, "warnings": []},
    "Clip": CLIP,
    "ExportRequest": {"project_id": "p_9x4m", "export_id": "saturday-1"},
    "Exported": {
        **{"success": True, "working_video_id": "v_3hfs", "filename": "Saturday's game.mp4", "identity": "8d1f…"},
        "warnings": [],
    },
    "Explain": {"project_id": "p_9x4m"},
    "401": _problem(401, "Unauthorized", "unauthorized", "sign in, or send Authorization: Bearer with a token"),
    "404": _problem(404, "Not Found", "project_not_found", "there is no such project"),
    "409": _problem(409, "Conflict", "export_in_progress", "another export of this project is under way"),
    "410": _problem(410, "Gone", "gone", "films are rendered from what is saved: save the edit, then export it"),
    "412": _problem(
        412,
        "Precondition Failed",
        "version_conflict",
        "the clip is at version 3: read it again, then repeat the change",
        current_version=3,
    ),
    "429": _problem(429, "Too Many Requests", "too_many_requests", "too many requests: wait 1 s"),
    "503": _problem(503, "Service Unavailable", "storage_error", "the storage does not answer: try again"),
}
