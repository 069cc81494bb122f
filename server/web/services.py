"""The services that operations use, made once for each process."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from compiler.errors import Loc, ReelError
from compiler.supervise.films.unit import Executor
from server.accounts import Accounts
from server.ages import awake
from server.edits.compiled import Compiler
from server.exports.queue import Jobs
from server.exports.render import Render
from server.farm.scheduler import scheduler_in
from server.footage.cache import MediaCache
from server.footage.checked import FilmCheck
from server.footage.previews import Previews
from server.footage.sending import Sending
from server.footage.sweep import Coming
from server.footage.uneven import UnevenTurns
from server.footage.uploads import Uploads
from server.metrics import Metrics
from server.settings import Settings
from server.storage.folder import FolderStore
from server.storage.held import RequestDatabases
from server.storage.leases import Leases
from server.storage.lock import folder_id
from server.storage.objects import ObjectStore
from server.storage.servers import Servers
from server.storage.tenants import Databases
from server.threads import ARITHMETIC_THREADS, Turns
from server.web.audit import Audit
from server.web.bodies import LARGE_AT_ONCE, LARGE_EACH, LONG_EACH
from server.web.forwarding import Forwarding
from server.web.gauges import add_farm, add_gauges
from server.web.peers import Peers
from server.web.rate_limits import RateLimits
from server.web.readiness import Readiness
from server.web.shares import Shares
from server.web.texts import LongAnswers


@dataclass(frozen=True)
class Services:
    """The services of one process: the store, users, databases, footage, exports, limits, metrics."""

    settings: Settings
    store: ObjectStore
    accounts: Accounts
    leases: Leases
    databases: Databases
    request_databases: RequestDatabases
    metrics: Metrics
    audit: Audit
    limits: RateLimits
    compiler: Compiler
    cache: MediaCache
    sending: Sending
    film_check: FilmCheck
    coming: Coming
    uploads: Uploads
    arithmetic: Turns
    large_bodies: Turns
    """Requests whose large bodies are in memory, or being read; further ones wait unread."""
    long_saves: Turns
    long_drafts: Turns
    """Requests whose long bodies are parsed; further ones wait as they were read."""
    long_answers: LongAnswers
    uneven: UnevenTurns
    readiness: Readiness
    previews: Previews
    jobs: Jobs
    shares: Shares
    peers: Peers
    forwarding: Forwarding
    executor: Executor | None = None
    """The machines that make units of films; None for this one."""

    @property
    def temporary(self) -> Path:
        """The folder for temporary files, emptied at the start."""
        return self.settings.temporary

    async def stop(self) -> None:
        """Stop compiles, previews, exports, fetches and forwarding; requests that wait for them are answered 503."""
        self.forwarding.stop()
        self.compiler.stop()
        await self.previews.stop()
        await self.jobs.stop()
        if self.executor is not None:
            await self.executor.aclose()
        await self.cache.close()
        await self.film_check.stop()

    @staticmethod
    def now() -> str:
        """The current time as it is stored and answered: UTC, ISO 8601, in milliseconds."""
        return now()


def make_store(settings: Settings) -> ObjectStore:
    """The object store chosen by the settings; RC703 for an address or a region that cannot be one."""
    if settings.store == "folder":
        return FolderStore(settings.objects)
    from server.storage.s3 import UNUSABLE, Bucket, S3Store  # nothing of boto3 is loaded without a bucket

    bucket = Bucket(
        settings.s3_bucket,
        settings.s3_endpoint,
        settings.s3_region,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        settings.s3_prefix,
    )
    try:
        return S3Store(bucket)
    except UNUSABLE as error:
        hint = "correct s3_endpoint, which begins with http and has no underscores in its host, or s3_region"
        raise ReelError("RC703", Loc(), "the object store cannot be used", detail=str(error), hint=hint) from error


def make_leases(settings: Settings, store: ObjectStore, *, serving: bool = True) -> Leases:
    """The leases of this process, whose name begins with the id of its data folder; a command is not `serving`."""
    name, beat = f"{folder_id(settings.data)}.{secrets.token_hex(8)}", settings.lease_beat
    address = settings.address_inside if serving else ""
    return Leases(store, Servers(store, name, address, beat=beat, stale=settings.lease_stale, clock=awake), beat)


def make_services(settings: Settings, store: ObjectStore | None = None) -> Services:
    """Make the services, over `store` if it is given."""
    store = store or make_store(settings)
    leases = make_leases(settings, store)
    databases = Databases(
        store,
        settings.local,
        refuse_after=settings.refuse_after,
        idle_after=settings.idle_after,
        most=settings.open_databases,
        leases=leases,
    )
    metrics, coming, compiler = Metrics(databases), Coming(), Compiler(settings)
    cache = MediaCache(store, settings.local / "footage", settings.temporary, settings.cache_limit)
    sending = Sending(store, metrics)
    executor = make_executor(settings)
    uneven = UnevenTurns()
    render = Render(settings, store, cache, compiler, uneven, now, executor)
    jobs = Jobs(settings, databases, render, sending, metrics, coming, now)
    add_gauges(metrics, settings, databases, jobs, leases)
    add_farm(metrics, executor)
    audit = Audit(settings)
    peers = Peers(settings, audit)

    def taken_over(uid: str, server: str) -> None:
        metrics.takeovers.inc()
        audit.record("user_taken_over", uid, "", server=server)

    leases.on_takeover = taken_over
    return Services(
        settings=settings,
        store=store,
        accounts=Accounts(store),
        leases=leases,
        databases=databases,
        request_databases=RequestDatabases(databases, settings.durable_within, settings.edits_per_user),
        metrics=metrics,
        audit=audit,
        limits=RateLimits(settings),
        compiler=compiler,
        cache=cache,
        sending=sending,
        film_check=FilmCheck(store),
        coming=coming,
        uploads=Uploads(settings),
        arithmetic=Turns(ARITHMETIC_THREADS, 1),
        large_bodies=Turns(LARGE_AT_ONCE, LARGE_EACH),
        long_saves=Turns(LARGE_AT_ONCE, LONG_EACH),
        long_drafts=Turns(LARGE_AT_ONCE, LONG_EACH),
        long_answers=LongAnswers(),
        uneven=uneven,
        readiness=Readiness(settings, store, databases),
        previews=Previews(settings, store, cache, metrics),
        jobs=jobs,
        shares=Shares(store),
        peers=peers,
        forwarding=Forwarding(leases, peers),
        executor=executor,
    )


def make_executor(settings: Settings) -> Executor | None:
    """The workers of the settings' scheduler; None if this server makes all units. RC801; RC804 without Dask."""
    if settings.executor == "local":
        return None
    address = scheduler_in(settings)
    address.check()
    from server.farm.dask import Dask  # nothing of Dask is loaded without a scheduler

    return Dask(address)


def now() -> str:
    """The current time as it is stored and answered: UTC, ISO 8601, in milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
