"""The error codes: number, name, and a command's exit code. `docs/errors.md` has a section for each."""

from __future__ import annotations

from dataclasses import dataclass

RENDER_FAILED, USAGE, INVALID_REEL, FFMPEG_UNFIT, MEDIA_UNREADABLE = 1, 2, 3, 4, 6
UNREACHABLE, STORAGE_UNFIT = 5, 7


@dataclass(frozen=True, slots=True)
class Code:
    """One error code's name and exit code."""

    name: str
    exit_code: int


CODES = {
    "RC101": Code("invalid_json", INVALID_REEL),
    "RC102": Code("duplicate_key", INVALID_REEL),
    "RC103": Code("unknown_field", INVALID_REEL),
    "RC104": Code("wrong_type", INVALID_REEL),
    "RC105": Code("missing_field", INVALID_REEL),
    "RC106": Code("out_of_range", INVALID_REEL),
    "RC107": Code("unreadable_stored_data", INVALID_REEL),
    "RC108": Code("duplicate_clip_id", INVALID_REEL),
    "RC109": Code("no_clips", INVALID_REEL),
    "RC110": Code("unsupported_version", INVALID_REEL),
    "RC111": Code("inverted_range", INVALID_REEL),
    "RC112": Code("overlapping_spans", INVALID_REEL),
    "RC113": Code("unknown_transition", INVALID_REEL),
    "RC114": Code("interior_cut", INVALID_REEL),
    "RC115": Code("unreadable_reel", INVALID_REEL),
    "RC201": Code("nothing_left", INVALID_REEL),
    "RC202": Code("crop_off_picture", INVALID_REEL),
    "RC203": Code("overlap_too_long", INVALID_REEL),
    "RC204": Code("crop_shape_changes", INVALID_REEL),
    "RC205": Code("unsupported_source", INVALID_REEL),
    "RC206": Code("time_out_of_reel", INVALID_REEL),
    "RC208": Code("no_source_rate", INVALID_REEL),
    "RC209": Code("film_too_long", INVALID_REEL),
    "RC210": Code("too_much_memory", INVALID_REEL),
    "RC211": Code("edit_too_heavy", INVALID_REEL),
    "RC212": Code("window_unfit", INVALID_REEL),
    "RC301": Code("edge_mismatch", RENDER_FAILED),
    "RC401": Code("filter_missing", FFMPEG_UNFIT),
    "RC402": Code("crop_too_small", INVALID_REEL),
    "RC403": Code("transition_missing", FFMPEG_UNFIT),
    "RC404": Code("encoder_missing", FFMPEG_UNFIT),
    "RC601": Code("ffmpeg_missing", FFMPEG_UNFIT),
    "RC602": Code("ffmpeg_unfit", FFMPEG_UNFIT),
    "RC603": Code("media_missing", MEDIA_UNREADABLE),
    "RC604": Code("media_unreadable", MEDIA_UNREADABLE),
    "RC605": Code("no_video_stream", MEDIA_UNREADABLE),
    "RC606": Code("media_refused", MEDIA_UNREADABLE),
    "RC607": Code("ffmpeg_failed", RENDER_FAILED),
    "RC608": Code("render_stalled", RENDER_FAILED),
    "RC609": Code("render_timeout", RENDER_FAILED),
    "RC610": Code("film_differs", RENDER_FAILED),
    "RC611": Code("disk_full", RENDER_FAILED),
    "RC612": Code("output_unwritable", RENDER_FAILED),
    "RC613": Code("output_exists", RENDER_FAILED),
    "RC614": Code("ending_differs", USAGE),
    "RC615": Code("sandbox_incomplete", FFMPEG_UNFIT),
    "RC616": Code("cgroup_unfit", FFMPEG_UNFIT),
    "RC701": Code("data_folder_in_use", STORAGE_UNFIT),
    "RC702": Code("store_overwrites", STORAGE_UNFIT),
    "RC703": Code("store_unreachable", UNREACHABLE),
    "RC704": Code("data_folder_unwritable", STORAGE_UNFIT),
    "RC705": Code("restore_point_unusable", MEDIA_UNREADABLE),
    "RC706": Code("backup_unwritable", RENDER_FAILED),
    "RC707": Code("restore_overtaken", STORAGE_UNFIT),
    "RC708": Code("user_at_a_server", STORAGE_UNFIT),
    "RC801": Code("farm_unreachable", UNREACHABLE),
    "RC802": Code("farm_differs", FFMPEG_UNFIT),
    "RC803": Code("farm_lost", RENDER_FAILED),
    "RC804": Code("farm_not_installed", FFMPEG_UNFIT),
    "RC901": Code("internal_error", RENDER_FAILED),
}
