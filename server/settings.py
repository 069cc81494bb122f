"""What can be set, from the environment (`REELC_…`), a TOML file and the command line, later ones first."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from compiler.model.limits import FILM, FilmBounds
from server.addresses import address_in, check_url, networks_in
from server.farm_settings import FarmSettings
from server.peer_settings import LONGEST, PeerSettings, Seconds, counted
from server.secret_files import SecretFiles, Unread
from server.settings_file import file_source

AUDIT_FILE = "audit.jsonl"

PREFIX = "REELC_"
"""What the environment variable of every setting begins with."""


Bytes = Annotated[PositiveInt, counted("bytes")]
Compiles = Annotated[PositiveInt, counted("compiles")]
Connections = Annotated[PositiveInt, counted("connections")]
Databases = Annotated[PositiveInt, counted("databases")]
Days = Annotated[PositiveInt, counted("days", LONGEST // 86_400)]
Exports = Annotated[PositiveInt, counted("exports")]
Frames = Annotated[PositiveInt, counted("frames")]
Pixels = Annotated[PositiveInt, counted("pixels")]
Films = Annotated[PositiveInt, counted("films")]
Requests = Annotated[PositiveInt, counted("requests")]
Uploads = Annotated[PositiveInt, counted("uploads")]
Versions = Annotated[PositiveInt, counted("versions")]
Views = Annotated[PositiveInt, counted("views")]
PerSecond = Annotated[PositiveFloat, counted("requests a second")]


class Settings(PeerSettings, FarmSettings):
    """Every setting of the server, checked; defaults are a server on this machine that needs nothing else."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """TCP port to listen on; 0 takes a free one."""
    public_url: str = Field(default="", pattern=r"^(https?://[^/\s]+)?$")
    """Address that browsers use, where it is not that of host and port. Requests of pages from other origins are
    refused."""
    data: Path = Path("reelc-data")
    """Folder of databases and temporary files, and of the local object store."""
    store: Literal["folder", "s3"] = "folder"
    """Kind of object store: a folder below `data`, or a bucket of S3 or another service with its API."""
    s3_endpoint: str = ""
    """Address of the S3 service; empty for AWS."""
    s3_bucket: str = ""
    """Name of the bucket."""
    s3_region: str = "auto"
    """Region of the bucket."""
    s3_prefix: str = Field(default="", pattern=r"^([a-z0-9._-]+/)*$")
    """Prefix of every key, for several servers' data in one bucket."""
    s3_access_key: SecretStr = SecretStr("")
    """Access key of the S3 service. Without both keys those of AWS are used: of its variables, of its files, of the
    container or of the instance."""
    s3_secret_key: SecretStr = SecretStr("")
    """Secret key of the S3 service."""
    upload_limit: Bytes = 4 << 30
    """Largest file that can be uploaded."""
    uploads_per_user: Uploads = 4
    """Uploads of one user at the same time; more are refused."""
    uploads_at_once: Uploads = 32
    """Uploads of all users at the same time; more are refused."""
    footage_per_user: Bytes = 100 << 30
    """Footage that one user may have; more is refused."""
    edits_per_user: Bytes = 256 << 20
    """Size of one user's database of edits above which saves and exports are refused; deleting still works."""
    room_kept: Bytes = 128 << 20
    """Free space on the disk of `data` that uploads leave to saves. With less the server is not ready."""
    edit_limit: Bytes = 4 << 20
    """Largest body of a save or a draft of clips, of their order, and of an export."""
    body_limit: Bytes = 256 << 10
    """Largest body of any other request."""
    user_rate: PerSecond = 100
    """Rate at which one user may send requests for long."""
    user_burst: Requests = 2000
    """Requests that one user may send at once, after a rest."""
    address_rate: PerSecond = 400
    """Rate at which one address may send requests for long, of all its users together."""
    address_burst: Requests = 8000
    """Requests that one address may send at once, after a rest."""
    head_within: Seconds = 10
    """Time that a connection has for the head of its next request; after it the connection is closed."""
    body_within: Seconds = 20
    """Time that a client may need for a body, besides a second for every kilobyte; after it the answer is 408."""
    send_within: Seconds = 60
    """Time in which a client must read on in an answer that waits for it; after it the connection is closed."""
    connections_per_address: Connections = 256
    """Connections that one address may hold; of IPv6 a network (/64) counts as one address. Of the clients of a trusted
    proxy, requests and sockets are counted instead."""
    trusted_proxies: str = ""
    """Addresses and networks of reverse proxies, separated by commas, whose X-Forwarded-For names the client. That of
    all others is ignored."""
    require_if_match: bool = False
    """Whether changes of a clip need If-Match; without it they are answered 428."""
    metrics_token: SecretStr = SecretStr("")
    """Token that `/metrics` requires. Without one only clients on this machine get the metrics."""
    durable_within: Seconds = 10
    """Time that a save may take to become durable; after it the answer is 503."""
    refuse_after: Seconds = 30
    """Time that a user's saves may stay undurable; after it new ones are refused."""
    idle_after: Seconds = 900
    """Time without a request after which a user's database is closed."""
    open_databases: Databases = 64
    """Databases of users that are open at the same time, of some six files each. Beyond them the one that was not used
    for the longest time is closed; those that are in use or not durable stay open."""
    shutdown_within: Seconds = 25
    """Time that running requests and saves have to end after SIGTERM."""
    session_days: Days = 30
    """Time that a sign-in of a browser lasts."""
    versions_kept: Versions = 50
    """Versions kept of each clip, besides those that a film was rendered from, and states kept of each project."""
    films_kept: Films = 10
    """Films kept of each project, besides those younger than `films_kept_for`."""
    films_kept_for: Seconds = 604_800
    """Age up to which every film is kept, however many are newer."""
    units_per_user: Annotated[int, Field(ge=0), counted("bytes")] = 5 << 30
    """Units of films that are kept for the next renders of one user; they count in `footage_per_user`. 0 keeps none."""
    units_kept_for: Seconds = 259_200
    """Time for which units of films are kept after their last use, counted from the day of that."""
    cache_limit: Bytes = 20 << 30
    """Footage that is kept on the local disk for rendering."""
    export_slots: Exports = 1
    """Exports that are rendered at the same time."""
    short_slots: Annotated[int, Field(ge=0), counted("exports")] = 1
    """Exports that are rendered at the same time besides, if they are short: they do not wait for long ones."""
    short_film: Seconds = 30
    """Time that a short export is forecast to take, at most."""
    exports_per_user: Exports = 3
    """Exports of one user that may wait or run; more are refused."""
    exports_at_once: Exports = 32
    """Exports of all users that may wait or run; more are refused."""
    views_per_user: Views = 32
    """Strips, peaks and proxies of footage of one user that may wait or be made; more are refused."""
    views_at_once: Views = 256
    """Strips, peaks and proxies of footage of all users that may wait or be made; more are refused."""
    film_seconds: Seconds = 21_600
    """Length of a film, and of one clip in it, above which it is refused; never more than a day."""
    film_frames: Frames = 1_296_000
    """Frames of a film above which it is refused; never more than 5184000."""
    film_pixels: Pixels = 3_000_000_000_000
    """Pixels of all frames of a film above which it is refused; never more than 50000000000000."""
    footage_seconds: Seconds = 86_400
    """Length of an upload above which it is refused."""
    footage_frames: Frames = 2_592_000
    """Frames of an upload above which it is refused; never more than 5184000 that come at uneven times."""
    compile_within: Seconds = 60
    """Time that the compile of one edit may take, and likewise its draft."""
    compile_text: Bytes = 8 << 20
    """Text that the edit of one film may have as it is stored, all its clips together; one with more is not compiled.
    The server needs some 25 times as much memory for it."""
    compile_memory: Bytes = 2 << 30
    """Memory that the compile of one edit may use, and likewise its draft."""
    compiles_at_once: Compiles = 2
    """Large edits that are compiled at the same time, one of each user; others wait. Small edits do not wait for
    them."""
    export_within: Seconds = 7200
    """Time that rendering one film may take."""
    render_memory: Bytes = 12 << 30
    """Memory of heap and stacks that all ffmpegs of a render together, or the one of a preview, may have. A film whose
    forecast is more is refused."""
    render_jobs: Annotated[PositiveInt | None, counted("ffmpegs")] = None
    """Programs (ffmpeg) that render one film at the same time, within `render_memory` together. Without it as many as
    keep the processors busy. The film is the same."""
    render_cgroup: Path | None = None
    """Folder of a cgroup v2 without processes of its own that reelc may write: each render gets a group in it, with
    `render_memory` for all its children together. Without one only the limits of single children hold."""
    stall_after: Seconds = 60
    """Time without a new frame after which a render is stopped."""
    sweep_after: Seconds = 86_400
    """Age after which an object that no row of a database names goes to the trash."""
    trash_for: Seconds = 604_800
    """Time that a deleted object stays in the trash, where a restored database finds it; after it the object is deleted
    for good."""
    sandbox: Literal["best", "require", "off"] = "best"
    """Confinement of the programs that read footage: `best` confines them as far as the machine can, `require` refuses
    to start without a complete sandbox, `off` does not confine them. `reelc render` reads the variable too."""
    sample: Path | None = None
    """Reel file that new users get as a sample project. There is none if the file or its footage is missing."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level of the lines that are logged."""
    log_format: Literal["json", "text"] = "json"
    """Form of the log's lines."""
    audit_log: Path = Path(AUDIT_FILE)
    """File of the audit log, relative to `data`; `-` writes to stderr."""

    @model_validator(mode="after")
    def _s3_is_whole(self) -> Settings:
        if self.store == "s3" and not self.s3_bucket:
            raise ValueError("store is s3: set s3_bucket")
        if self.store == "s3" and bool(self.s3_access_key) != bool(self.s3_secret_key):
            raise ValueError("set both s3_access_key and s3_secret_key, or none to use the credentials of AWS")
        return self

    @model_validator(mode="before")
    @classmethod
    def _files_are_read(cls, values: dict[str, Any]) -> dict[str, Any]:
        for value in values.values():
            if isinstance(value, Unread):
                raise ValueError(value.why)
        return values

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        networks_in(value)
        return value

    @field_validator("public_url", "address_inside")
    @classmethod
    def _are_urls(cls, value: str) -> str:
        return check_url(value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line, then files of secrets, then the environment, then the settings file; no `.env`."""
        return init_settings, SecretFiles(settings_cls), env_settings, file_source(settings_cls)

    @property
    def url(self) -> str:
        """The address to give to people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https: cookies are then never sent otherwise."""
        return urlsplit(self.url).scheme == "https"

    def trusts(self, peer: str) -> bool:
        """Whether the address is that of a trusted proxy."""
        try:
            return any(address_in(peer) in network for network in networks_in(self.trusted_proxies))
        except ValueError:
            return False

    @property
    def film_bounds(self) -> FilmBounds:
        """The bounds of a film: these settings, and the compiler's own where they are lower."""
        return FilmBounds(Fraction(self.film_seconds), self.film_frames, self.film_pixels).within(FILM)

    @property
    def local(self) -> Path:
        """The folder of what may be lost: databases that can be restored, and temporary files."""
        return self.data / "local"

    @property
    def objects(self) -> Path:
        """The folder of the local object store."""
        return self.data / "objects"

    @property
    def temporary(self) -> Path:
        """The folder that is emptied at the start."""
        return self.local / "temporary"

    def as_json(self) -> dict[str, Any]:
        """Every setting by name, JSON-ready, secrets as stars."""
        return self.model_dump(mode="json")


def invalid(error: ValidationError) -> str:
    """Every invalid setting by name, and what is wrong with it."""
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg']}" for each in error.errors())
