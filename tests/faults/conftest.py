"""What the fault tests share: a server in a process of its own, and a small pool."""

import ssl
from collections.abc import Iterator
from functools import cache

import pytest

from tests.faults.kills import Losses, Series
from tests.faults.server import Witness, witness


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", "sk-of-the-test")
        # No run here speaks TLS; to load its roots each time would take a tenth of all.
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        with witness(tmp_path_factory.mktemp("server")) as running:
            yield running


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory, server: Witness) -> Series:
    return Series(tmp_path_factory.mktemp("pool"), server, 8, 2, 4)


@pytest.fixture
def small(pool: Series) -> Series:
    """A pool of 8 samples in 2 clusters, nothing lost yet."""
    pool.losses = Losses()
    return pool
