"""The schema as numbered migrations; the step of a database is the number of its last migration.

The newer of two rows is the one with the higher rowid. Times are for people only, because clocks may be set back.
"""

from __future__ import annotations

FIRST = """
CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    aspect_ratio TEXT NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}',
    working_video_id TEXT REFERENCES working_videos (id) DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE raw_clips (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    object_key TEXT NOT NULL,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    media_info TEXT NOT NULL,
    start_time REAL,
    end_time REAL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE working_clips (
    id INTEGER PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    raw_clip_id TEXT REFERENCES raw_clips (id),
    uploaded_filename TEXT,
    name TEXT NOT NULL,
    crop_data TEXT,
    timing_data TEXT,
    segments_data TEXT,
    transition_data TEXT,
    rotation REAL NOT NULL DEFAULT 0,
    sort_order INTEGER NOT NULL,
    version INTEGER NOT NULL,
    clip_key TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    UNIQUE (project_id, clip_key, version)
) STRICT;
CREATE INDEX working_clips_raw ON working_clips (raw_clip_id);

CREATE VIEW latest_clips AS
    SELECT clip.* FROM working_clips AS clip
    WHERE clip.version = (
        SELECT max(other.version) FROM working_clips AS other
        WHERE other.project_id = clip.project_id AND other.clip_key = clip.clip_key
    ) AND NOT clip.deleted;

CREATE TABLE working_videos (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    filename TEXT NOT NULL,
    object_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    duration REAL NOT NULL,
    frames INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    render_identity TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (project_id, version)
) STRICT;

CREATE TABLE working_video_clips (
    working_video_id TEXT NOT NULL REFERENCES working_videos (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    working_clip_id INTEGER NOT NULL REFERENCES working_clips (id),
    PRIMARY KEY (working_video_id, position)
) STRICT;
CREATE INDEX working_video_clips_clip ON working_video_clips (working_clip_id);

CREATE TABLE exports (
    export_id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'complete', 'error', 'cancelled')),
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    boot_id TEXT,
    request_hash TEXT NOT NULL,
    error TEXT,
    working_video_id TEXT REFERENCES working_videos (id),
    created_at TEXT NOT NULL,
    started_at TEXT,
    completed_at TEXT
) STRICT;
CREATE UNIQUE INDEX exports_one_at_a_time ON exports (project_id) WHERE state IN ('queued', 'running');

CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
"""

EXPORTED_EDIT = """
ALTER TABLE exports ADD COLUMN edit TEXT;

CREATE TABLE export_clips (
    export_id TEXT NOT NULL REFERENCES exports (export_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    working_clip_id INTEGER NOT NULL REFERENCES working_clips (id),
    PRIMARY KEY (export_id, position)
) STRICT;
CREATE INDEX export_clips_clip ON export_clips (working_clip_id);

CREATE VIEW rendered_clips AS
    SELECT working_clip_id FROM working_video_clips UNION SELECT working_clip_id FROM export_clips;
"""
"""An export renders the edit that it accepted, regardless of later saves."""

KEPT_RESULTS = """
ALTER TABLE exports ADD COLUMN result TEXT;
UPDATE exports SET result = (
    SELECT json_object('working_video_id', film.id, 'filename', film.filename) FROM working_videos AS film
    WHERE film.id = exports.working_video_id
) WHERE working_video_id IS NOT NULL;
CREATE INDEX exports_film ON exports (working_video_id);
"""
"""An export's row keeps its result for ever, even when its film is deleted."""

SOUND_AND_MOTION = """
ALTER TABLE working_clips ADD COLUMN stretch TEXT;
ALTER TABLE working_clips ADD COLUMN motion TEXT;
"""
"""A clip keeps how speed changes its sound and its pictures; NULL is the default, which every clip had before."""

DAMAGE_AND_LOOP = """
ALTER TABLE working_clips ADD COLUMN damage TEXT;
ALTER TABLE working_clips ADD COLUMN loop INTEGER;
"""
"""A clip keeps how damaged footage plays, and whether a moving image loops; NULL is the default."""

PROJECT_VERSIONS = """
CREATE TABLE project_versions (
    id INTEGER PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    aspect_ratio TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (project_id, version)
) STRICT;

CREATE TABLE project_version_clips (
    project_version_id INTEGER NOT NULL REFERENCES project_versions (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    working_clip_id INTEGER NOT NULL REFERENCES working_clips (id),
    PRIMARY KEY (project_version_id, position)
) STRICT;
CREATE INDEX project_version_clips_clip ON project_version_clips (working_clip_id);

CREATE VIEW kept_clips AS
    SELECT working_clip_id FROM working_video_clips UNION ALL SELECT working_clip_id FROM export_clips
    UNION ALL SELECT working_clip_id FROM project_version_clips;
"""
"""A project keeps its earlier states: each names its clips' versions, which stay as long as it does."""

PACES = """
ALTER TABLE exports ADD COLUMN pace REAL;
"""
"""An export keeps how long it took, in parts of its forecast; NULL for earlier ones and those that made no film."""

DELETED_FOOTAGE = """
CREATE TABLE deleted_raw_clips (
    raw_clip_id TEXT PRIMARY KEY REFERENCES raw_clips (id) ON DELETE CASCADE,
    deleted_at TEXT NOT NULL
) STRICT;
"""
"""Deleted footage keeps its row as long as clips name it or the trash has it, so that it can be restored."""

REMOVED_EXPORTS = """
ALTER TABLE exports ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
"""
"""An export that its user removed from the list keeps its row, because its id identifies it for ever."""

TURN_AND_VOLUME = """
ALTER TABLE working_clips ADD COLUMN turn INTEGER;
ALTER TABLE working_clips ADD COLUMN mirror INTEGER;
ALTER TABLE working_clips ADD COLUMN volume REAL;
ALTER TABLE working_clips ADD COLUMN mute INTEGER;
"""
"""A clip keeps its quarter turns, its mirroring and the gain of its sound; NULL is the default."""

EXPORT_SETTINGS = """
ALTER TABLE exports ADD COLUMN settings TEXT;
"""
"""An export keeps the settings that were chosen for it alone; NULL is none."""

STEPS: tuple[str, ...] = (
    FIRST,
    EXPORTED_EDIT,
    KEPT_RESULTS,
    SOUND_AND_MOTION,
    DAMAGE_AND_LOOP,
    PROJECT_VERSIONS,
    PACES,
    DELETED_FOOTAGE,
    REMOVED_EXPORTS,
    TURN_AND_VOLUME,
    EXPORT_SETTINGS,
)
"""`STEPS[n - 1]` is the SQL that migrates a database from step n - 1 to n. A released step never changes."""

BOOKS = """
CREATE TABLE IF NOT EXISTS schema_version (step INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sync_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    n INTEGER NOT NULL,
    synced_n INTEGER NOT NULL,
    base INTEGER NOT NULL,
    writer TEXT NOT NULL
) STRICT;
"""
"""The bookkeeping tables of every database, made before the first step: its step, and its `Head`."""
