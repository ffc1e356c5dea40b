"""The durable queue, DBOS: the only module that knows it. Its rows may be lost; ours are the truth."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from routeros_mcp.domain.errors import Conflict, DatabaseUnavailable, SchemaBehind
from routeros_mcp.infra.db.failures import using

if TYPE_CHECKING:
    # It takes half a second to import: nothing of it is needed before a job is queued or run.
    from dbos import DBOSClient

APPLICATION = "routeros-mcp"
VERSION = "jobs-1"
"""Stays as it is: a worker takes and recovers only what was queued under its own version."""
QUEUE = "plans"
WORKFLOW = "run_job"
JOBS_AT_ONCE = 10

_THREADS = 16
_POOL = 5
_IDLE_TRANSACTION_S = 10.0
_ACTIVE = ["ENQUEUED", "DELAYED", "PENDING"]
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_SWEPT_AT_ONCE = 500
_LAST_WRITES_S = 3.0
_LOOK_EVERY_S = 0.05
_RECOVER = "_recover_pending_workflows"
"""Not public, and the only call that is conditional on the executor: a contract test holds it."""

Handler = Callable[[str], Coroutine[None, None, None]]

_handlers: list[tuple[asyncio.AbstractEventLoop, Handler]] = []
"""What the running engine calls, and in which loop; the library allows one engine in a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDatabase:
    """Where the queue lives: PostgreSQL by its URL, SQLite by an engine that is set up as our own are."""

    url: str
    engine: Any | None = None

    @property
    def is_ours_alone(self) -> bool:
        """Whether the schema is made by whoever starts first; a server's is made by `db upgrade`."""
        return self.engine is not None


@dataclass(frozen=True, slots=True)
class Queued:
    """A job that the engine holds; `executor` is set while that one runs it."""

    job_id: str
    executor: str | None


class DurableEngine:
    def __init__(self, database: EngineDatabase, *, poll_s: float = 0.5) -> None:
        self._database = database
        self._poll_s = poll_s
        self._client: DBOSClient | None = None
        self._executor = ""
        self.is_running = False

    async def prepare(self) -> None:
        """Make the engine's tables in a new SQLite database, so that a job can be queued before any runs."""
        if self._database.engine is not None and not await asyncio.to_thread(self._has_tables):
            await migrate(self._database.url)

    def _has_tables(self) -> bool:
        engine: Any = self._database.engine
        with using(self._database.url), engine.connect() as connection:
            return bool(engine.dialect.has_table(connection, "workflow_status"))

    def enqueue(self, session: Any, job_id: str, number: int) -> None:
        """Queue the job within the caller's transaction; `number` tells one queueing from another.

        Raises:
            Conflict: it is queued under this number already.
        """
        from dbos import error

        try:
            self._open_client().enqueue_in_transaction(
                session,
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": QUEUE,
                    "workflow_id": f"job:{job_id}:{number}",
                    "workflow_id_reuse_policy": "reject",
                    "app_version": VERSION,
                },
                job_id,
            )
        except error.DBOSWorkflowIDInUseError as taken:
            raise Conflict(f"Job {job_id} is queued already.", fix="Wait for it.") from taken

    async def launch(self, executor: str, handler: Handler) -> None:
        """Run queued jobs in the running event loop, and at first those that this executor had left.

        The engine itself has threads and a loop of its own: its waits for SQLite's lock must not hold up
        the task of ours that has it.

        Raises:
            SchemaBehind: `db upgrade` has not made the engine's tables.
            DatabaseUnavailable: out of reach.
        """
        library = await asyncio.to_thread(_library)
        _handlers[:] = [(asyncio.get_running_loop(), handler)]
        self._executor = executor
        try:
            with using(self._database.url), _schema_told():
                await _to_its_end(lambda: self._launch(library))
            self.is_running = True
        finally:
            if not self.is_running:
                await self._destroy(library)

    def _launch(self, library: Any) -> None:
        library.DBOS(config=self._config(library))
        library.DBOS.launch()
        library.DBOS.register_queue(
            QUEUE,
            worker_concurrency=JOBS_AT_ONCE,
            polling_interval_sec=self._poll_s,
            on_conflict="always_update",
        )

    async def close(self) -> None:
        """End the engine; what it had taken and not finished is left for another to recover."""
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(client.destroy)
        if self.is_running:
            self.is_running = False
            with suppress(TimeoutError, DatabaseUnavailable):
                async with asyncio.timeout(_LAST_WRITES_S):
                    await self._last_writes()
            await self._destroy(_library())

    async def queued(self) -> Sequence[Queued]:
        """The jobs that wait or run."""
        rows = await self._call(
            _library().DBOS.list_workflows, name=WORKFLOW, status=_ACTIVE, load_input=False, load_output=False
        )
        return [
            Queued(row.workflow_id.split(":")[1], row.executor_id if row.status == "PENDING" else None)
            for row in rows
        ]

    async def recover(self, executors: Collection[str]) -> None:
        """Queue again what these executors, which are dead, had taken; may be repeated."""
        await self._call(getattr(_library().DBOS, _RECOVER), sorted(executors))

    async def sweep(self, before: datetime) -> int:
        """Delete what had ended before that moment, some hundreds at a time; returns how many."""
        rows = await self._call(
            _library().DBOS.list_workflows,
            name=WORKFLOW,
            status=_ENDED,
            completed_before=before.isoformat(),
            limit=_SWEPT_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if rows:
            await self._call(_library().DBOS.delete_workflows, [row.workflow_id for row in rows])
        return len(rows)

    async def _last_writes(self) -> None:
        """Let the engine record the jobs that have just ended; else they would be looked at once more."""
        while True:
            if self._executor not in {each.executor for each in await self.queued()}:
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _call(self, function: Callable[..., Any], *positional: Any, **named: Any) -> Any:
        with using(self._database.url):
            return await asyncio.to_thread(function, *positional, **named)

    async def _destroy(self, library: Any) -> None:
        await _to_its_end(library.DBOS.destroy)
        _handlers.clear()

    def _config(self, library: Any) -> Any:
        return library.DBOSConfig(
            name=APPLICATION,
            **self._place("system_database_url", "system_database_engine"),
            sys_db_pool_size=_POOL,
            sys_db_idle_transaction_timeout_sec=_IDLE_TRANSACTION_S,
            executor_id=self._executor,
            application_version=VERSION,
            serializer=library.DBOSPortableJSONSerializer(),
            max_executor_threads=_THREADS,
            run_migrations=self._database.is_ours_alone,
            enable_otlp=False,
            log_level="WARNING",
        )

    def _place(self, url: str, engine: str) -> dict[str, Any]:
        if self._database.engine is not None:
            return {engine: self._database.engine}
        return {url: self._database.url}

    def _open_client(self) -> DBOSClient:
        """What builds the statements of `enqueue`; it opens no connection."""
        if self._client is None:
            library = _library()
            self._client = library.DBOSClient(
                **self._place("system_database_url", "system_database_engine"),
                serializer=library.DBOSPortableJSONSerializer(),
                application_name=APPLICATION,
                system_database_pool_size=1,
                lazy=True,
            )
        return self._client


async def migrate(url: str) -> None:
    """Make or upgrade the engine's tables: beside ours on SQLite, else in the schema `dbos`."""
    with using(url):
        await _to_its_end(lambda: _library().DBOS.migrate(url))


@cache
def _library() -> Any:
    """The library, imported so that neither the environment nor its own logger has a say in our process."""
    for name in [name for name in os.environ if name.startswith("DBOS_")]:
        del os.environ[name]
    log = logging.getLogger("dbos")
    if not log.handlers:
        log.addHandler(logging.NullHandler())  # else it would write to standard error by itself
    log.setLevel(logging.WARNING)
    import dbos

    dbos.DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(_run_job)
    return dbos


async def _run_job(job_id: str) -> None:
    """The workflow, in the engine's own loop: it waits for the job, which runs in ours.

    It has no steps: a job's body is resumable by itself, and is run again as a whole.
    """
    for loop, handler in _handlers:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(handler(job_id), loop))


async def _to_its_end(work: Callable[[], None]) -> None:
    """In a thread, and to its end also when the caller is cancelled: half an engine cannot be ended."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


@contextmanager
def _schema_told() -> Iterator[None]:
    from dbos import error

    try:
        yield
    except error.DBOSInitializationError as failure:
        raise SchemaBehind(
            f"The job engine's tables are not as this program needs them: {failure}.",
            fix="Run `routeros-mcp db upgrade`.",
        ) from failure
