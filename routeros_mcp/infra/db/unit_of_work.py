"""Short transactions for services, and the mark that keeps routers out of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from routeros_mcp.domain.errors import DatabaseUnavailable
from routeros_mcp.domain.ports import Transaction, UnitOfWork
from routeros_mcp.infra.db.repositories import (
    AuditEventRepository,
    CredentialRepository,
    DeviceRepository,
    HealthCheckRepository,
    JobRepository,
    LeaseRepository,
    PlanRepository,
    SnapshotRepository,
    UserRepository,
    WorkerRepository,
)
from routeros_mcp.infra.db.session import DatabaseSessionManager
from routeros_mcp.infra.transactions import marked_transaction

T = TypeVar("T")

_ATTEMPTS = 5
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0


class SqlTransaction:
    """Implements `ports.Transaction` over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    @cached_property
    def devices(self) -> DeviceRepository:
        return DeviceRepository(self._session)

    @cached_property
    def credentials(self) -> CredentialRepository:
        return CredentialRepository(self._session)

    @cached_property
    def health_checks(self) -> HealthCheckRepository:
        return HealthCheckRepository(self._session)

    @cached_property
    def snapshots(self) -> SnapshotRepository:
        return SnapshotRepository(self._session)

    @cached_property
    def plans(self) -> PlanRepository:
        return PlanRepository(self._session)

    @cached_property
    def jobs(self) -> JobRepository:
        return JobRepository(self._session)

    @cached_property
    def workers(self) -> WorkerRepository:
        return WorkerRepository(self._session)

    @cached_property
    def leases(self) -> LeaseRepository:
        return LeaseRepository(self._session)

    @cached_property
    def audit(self) -> AuditEventRepository:
        return AuditEventRepository(self._session)

    @cached_property
    def users(self) -> UserRepository:
        return UserRepository(self._session)

    async def in_session(self, work: Callable[[Session], T]) -> T:
        """Let the job engine, which is not asynchronous, work within this very transaction."""
        return await self._session.run_sync(work)


class SqlUnitOfWork:
    """Implements `ports.UnitOfWork`. A task holds one transaction at a time."""

    def __init__(self, manager: DatabaseSessionManager) -> None:
        self._manager = manager

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[SqlTransaction]:
        with marked_transaction():
            async with self._manager.session(durable=True) as session:
                yield SqlTransaction(session)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqlTransaction]:
        with marked_transaction():
            async with self._manager.reader() as session:
                yield SqlTransaction(session)


async def run_unit(uow: UnitOfWork, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run the work in one transaction, again from its start when the database failed for the moment.

    Only for work that touches nothing but this database and may be done twice: a connection that is lost
    during the commit does not tell whether the commit took place.
    """
    async for attempt in AsyncRetrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_random_exponential(multiplier=_FIRST_WAIT_S, max=_LONGEST_WAIT_S),
        retry=retry_if_exception(_is_transient),
        reraise=True,
    ):
        with attempt:
            async with uow() as transaction:
                return await work(transaction)
    raise AssertionError("the last attempt returns or raises")


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, DatabaseUnavailable) and error.data.get("transient") is True
