"""Task groups that belong to something that is entered and left, not to the code in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def lasting_group() -> AsyncIterator[asyncio.TaskGroup]:
    """Own tasks until the end. The body's exception neither cancels them nor comes out in a group."""
    group = asyncio.TaskGroup()
    await group.__aenter__()
    try:
        yield group
    finally:
        await group.__aexit__(None, None, None)
