"""What hangs on a device: logins, health results, configuration texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Select,
    Text,
    cast,
    column,
    func,
    literal,
    null,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from routeros_mcp.domain.export import UNINDEXED
from routeros_mcp.domain.models import (
    CredentialDomain,
    CredentialKind,
    HealthBucket,
    HealthCheckDomain,
    SnapshotDomain,
)
from routeros_mcp.domain.pagination import Page
from routeros_mcp.infra.db.columns import UtcNow
from routeros_mcp.infra.db.full_text import SEARCH_INDEX, match_on_postgresql, match_on_sqlite, row_number
from routeros_mcp.infra.db.mapping import attributes_of
from routeros_mcp.infra.db.models import ConfigWords, Credential, HealthCheck, Snapshot
from routeros_mcp.infra.db.repositories.base import Repository


class CredentialRepository(Repository[CredentialDomain]):
    """Implements `ports.Credentials`."""

    row, record, noun = Credential, CredentialDomain, "login"
    taken = (("device_id_kind", "The device has an active login of kind {0.kind} already."),)

    async def active(self, device_id: str, kind: CredentialKind) -> CredentialDomain | None:
        statement = self._select().where(
            Credential.device_id == device_id, Credential.kind == kind.value, Credential.active
        )
        return await self._first(statement)

    async def active_many(
        self, device_ids: Sequence[str], kind: CredentialKind
    ) -> Mapping[str, CredentialDomain]:
        """The active logins of many devices by device id, in one statement."""
        statement = self._select().where(
            Credential.device_id.in_(device_ids), Credential.kind == kind.value, Credential.active
        )
        return {login.device_id: login for login in await self._all(statement)}

    async def held(self, device_id: str, kind: CredentialKind) -> Sequence[CredentialDomain]:
        """All logins of the kind that the device has had, the newest first."""
        statement = self._select().where(Credential.device_id == device_id, Credential.kind == kind.value)
        return await self._all(statement.order_by(Credential.id.desc()))

    async def deactivate(self, device_id: str, kind: CredentialKind | None = None) -> int:
        """Void the device's active logins; returns how many."""
        statement = update(Credential).where(Credential.device_id == device_id, Credential.active)
        if kind is not None:
            statement = statement.where(Credential.kind == kind.value)
        voided = await self._session.scalars(statement.values(active=False).returning(Credential.id))
        return len(voided.all())


class HealthCheckRepository(Repository[HealthCheckDomain]):
    """Implements `ports.HealthChecks`."""

    row, record, noun, moment = HealthCheck, HealthCheckDomain, "health check", "timestamp"

    async def page(self, device_id: str, *, limit: int, cursor: str | None = None) -> Page[HealthCheckDomain]:
        statement = self._select().where(HealthCheck.device_id == device_id)
        return await self._page(statement, limit=limit, cursor=cursor)

    async def buckets(
        self, device_id: str, *, since: datetime, until: datetime, span_s: int
    ) -> Sequence[HealthBucket]:
        """Figures per span from `since` up to, not with, `until`; spans without a check are left out.

        Spans start at multiples of `span_s` since 1970. A failure is a check that could not be completed.
        """
        start = self._span_start(span_s)
        statement = (
            select(start, *self._figures())
            .where(HealthCheck.device_id == device_id)
            .where(HealthCheck.timestamp >= since, HealthCheck.timestamp < until)
            .group_by(start)
            .order_by(start)
        )
        return [_bucket(*row) for row in await self._session.execute(statement)]

    def _span_start(self, span_s: int) -> Any:
        moment = HealthCheck.timestamp
        if self._on_postgresql:
            seconds = cast(func.floor(func.extract("epoch", moment)), BigInteger)
        else:
            seconds = cast(func.strftime("%s", moment), BigInteger)
        # A literal, not a parameter: PostgreSQL must see the same text in SELECT and GROUP BY.
        span = literal(int(span_s), literal_execute=True)
        return (seconds - seconds % span).label("span_start")

    def _figures(self) -> list[Any]:
        cpu = HealthCheck.cpu_usage_percent
        total = func.nullif(HealthCheck.memory_total_bytes, 0)
        memory = 100.0 * cast(HealthCheck.memory_used_bytes, Float) / total
        p95 = func.percentile_cont(0.95).within_group(cpu) if self._on_postgresql else null()
        return [
            func.count(),
            func.count(HealthCheck.error_message),
            *(func.min(cpu), func.avg(cpu), func.max(cpu), p95),
            *(func.avg(memory), func.max(memory)),
            func.max(HealthCheck.temperature_celsius),
        ]


class SnapshotRepository(Repository[SnapshotDomain]):
    """Implements `ports.Snapshots`."""

    row, record, noun, moment = Snapshot, SnapshotDomain, "snapshot", "timestamp"

    async def latest(self, device_id: str, kind: str, *, count: int = 1) -> Sequence[SnapshotDomain]:
        statement = self._select().where(Snapshot.device_id == device_id, Snapshot.kind == kind)
        return await self._all(statement.order_by(Snapshot.timestamp.desc(), Snapshot.id.desc()).limit(count))

    async def page(
        self, device_ids: Sequence[str] | None, *, kind: str | None, limit: int, cursor: str | None = None
    ) -> Page[SnapshotDomain]:
        """Newest first, without `data` (empty bytes): lists never load the texts."""
        statement = self._select_without_data()
        if device_ids is not None:
            statement = statement.where(Snapshot.device_id.in_(device_ids))
        if kind is not None:
            statement = statement.where(Snapshot.kind == kind)
        return await self._page(statement, limit=limit, cursor=cursor)

    async def index(self, snapshot: SnapshotDomain, words: Collection[str]) -> None:
        """Make this snapshot the one of its device that `search` finds, by these words."""
        listed = sorted(words)
        held = func.array_to_tsvector(cast(listed, ARRAY(Text))) if self._on_postgresql else " ".join(listed)
        changing = {"snapshot_id": snapshot.id, "words": held}
        statement = self._inserter(ConfigWords).values(
            device_id=snapshot.device_id, number=row_number(snapshot.device_id), **changing
        )
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["device_id"], set_={**changing, "updated_at": UtcNow()}
            )
        )

    async def search(
        self, words: Collection[str], device_ids: Sequence[str], *, limit: int, after: str | None = None
    ) -> Sequence[SnapshotDomain]:
        """Indexed snapshots that have all the words, by device id, from the one after `after`."""
        statement = (
            self._select()
            .join(ConfigWords, ConfigWords.snapshot_id == Snapshot.id)
            .where(ConfigWords.device_id.in_(device_ids), self._has(words))
        )
        if after is not None:
            statement = statement.where(ConfigWords.device_id > after)
        return await self._all(statement.order_by(ConfigWords.device_id).limit(limit))

    def _has(self, words: Collection[str]) -> ColumnElement[bool]:
        if self._on_postgresql:
            query = cast(match_on_postgresql(words, UNINDEXED), TSQUERY)
            return ConfigWords.words.bool_op("@@")(query)
        index = table(SEARCH_INDEX, column("rowid", BigInteger), column(SEARCH_INDEX, Text))
        found = index.c[SEARCH_INDEX].match(match_on_sqlite(words, UNINDEXED))
        return ConfigWords.number.in_(select(index.c.rowid).where(found))

    async def unindexed(self, device_ids: Sequence[str]) -> Sequence[str]:
        """Of these devices, those without a snapshot that `search` could find."""
        statement = select(ConfigWords.device_id).where(ConfigWords.device_id.in_(device_ids))
        known = set(await self._session.scalars(statement))
        return [device_id for device_id in device_ids if device_id not in known]

    def _select_without_data(self) -> Select[Any]:
        names = attributes_of(self.record)
        return select(*(literal(b"") if name == "data" else self._column(name) for name in names))


def _bucket(start: int, checks: int, failures: int, *figures: float | None) -> HealthBucket:
    cpu_min, cpu_avg, cpu_max, cpu_p95, memory_avg, memory_max, temperature_max = figures
    return HealthBucket(
        start=datetime.fromtimestamp(start, UTC),
        checks=checks,
        failures=failures,
        cpu_min=cpu_min,
        cpu_avg=cpu_avg,
        cpu_max=cpu_max,
        cpu_p95=cpu_p95,
        memory_avg=memory_avg,
        memory_max=memory_max,
        temperature_max=temperature_max,
    )
