"""Who asked the database for what, how long it took, and how it ended: as structured log events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from routeros_mcp.domain.models import DeviceDomain, Environment
from routeros_mcp.infra.db.models import Device
from routeros_mcp.infra.db.repositories import DeviceRepository

log = structlog.get_logger(__name__)


@asynccontextmanager
async def traced_session(
    session_factory: Callable[[], AbstractAsyncContextManager[AsyncSession]], operation: str, request_id: str
) -> AsyncIterator[AsyncSession]:
    """Open a session, commit it on success, and log the whole as one `database_operation`."""
    with _Logged("database_operation", "database_operation_error", operation, request_id):
        async with session_factory() as session:
            yield session
            await session.commit()


class TracedDeviceRepository:
    """A `DeviceRepository` that logs each call as `repository_operation`."""

    def __init__(self, session: AsyncSession, request_id: str) -> None:
        self._devices = DeviceRepository(session)
        self._request_id = request_id

    async def get_by_id(self, key: str) -> DeviceDomain | None:
        with self._traced("get_by_id"):
            return await self._devices.get_by_id(key)

    async def list_by_environment(self, environment: Environment | str) -> Sequence[DeviceDomain]:
        with self._traced("list_by_environment"):
            return await self._devices.list_by_environment(environment)

    async def list_paginated(
        self, page: int = 1, page_size: int = 20, environment: Environment | str | None = None
    ) -> tuple[Sequence[DeviceDomain], int]:
        with self._traced("list_paginated"):
            return await self._devices.list_paginated(page, page_size, environment)

    async def save(self, entity: DeviceDomain | Device) -> DeviceDomain:
        with self._traced("save"):
            return await self._devices.save(entity)

    def _traced(self, operation: str) -> _Logged:
        return _Logged("repository_operation", "repository_error", operation, self._request_id)


class _Logged:
    """Logs how long its block took and how it ended; the error itself goes on."""

    def __init__(self, event: str, failure: str, operation: str, request_id: str) -> None:
        self._event, self._failure = event, failure
        self._fields = {"request_id": request_id, "operation": operation}
        self._started = 0.0

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        duration_ms = round((time.perf_counter() - self._started) * 1000, 3)
        if kind is None:
            log.info(self._event, **self._fields, status="success", duration_ms=duration_ms)
        else:
            log.error(
                self._failure,
                **self._fields,
                status="error",
                duration_ms=duration_ms,
                error_type=kind.__name__,
            )
