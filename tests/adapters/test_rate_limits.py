from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.rate_limits import NAMES, RateLimits, needs_of

UNIX = 1_700_000_000.0


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(UNIX + seconds, UTC).isoformat()


def told(name: str, left: object, reset: float | str, whole: object = None) -> dict[str, str]:
    shown = {"remaining": left, "reset": reset if isinstance(reset, str) else stamp(reset)}
    shown |= {} if whole is None else {"limit": whole}
    return {f"anthropic-ratelimit-{name}-{part}": str(value) for part, value in shown.items()}


def learned(headers: Mapping[str, str], unix: float = UNIX) -> RateLimits:
    limits = RateLimits()
    limits.learn(headers, 0.0, unix)
    return limits


NEED = needs_of(300, 100)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        (told("requests", 5, 30), 0),
        (told("requests", 0, 30), 30),
        (told("requests", 0, 30, 60), 0.5),  # 60 grow back in 30 s: one in half a second
        (told("input-tokens", 300, 60, 1000), 0),
        (told("input-tokens", 100, 90, 1000), 20),  # 900 in 90 s
        (told("output-tokens", 0, 60, 50), 60),  # more than there ever is: the whole
        (told("tokens", 399, 60, 999) | told("requests", 0, 9), 9),  # the slowest counts
        (told("requests", 0, "whenever"), 0),
        (told("requests", "many", 30), 0),
        (told("requests", "nan", 30), 0),
        (told("requests", 0, -5), 0),
        (told("requests", 0, 30, 0), 30),
    ],
)
def test_a_request_waits_until_every_limit_has_room(
    headers: dict[str, str], seconds: float
) -> None:
    assert learned(headers).wait(NEED, 0.0) == pytest.approx(seconds)


def test_what_was_started_since_is_taken_off_and_grows_back() -> None:
    limits = learned(told("requests", 2, 58, 60))

    waits = []
    for _ in range(4):
        waits.append(limits.wait(NEED, 0.0))
        limits.start(NEED)

    assert waits == [0, 0, 1, 2]
    assert limits.wait(NEED, 10.0) == 0
    assert limits.wholes == {"requests": 60}


def test_the_servers_own_clock_tells_how_long_a_limit_takes() -> None:
    headers = told("requests", 0, 30) | {"date": formatdate(UNIX, usegmt=True)}

    assert learned(headers, unix=UNIX + 5000).wait(NEED, 0.0) == pytest.approx(30)


@given(
    st.dictionaries(
        st.sampled_from(
            [f"anthropic-ratelimit-{n}-{p}" for n in NAMES for p in ("remaining", "reset", "limit")]
        ),
        st.text(max_size=5) | st.integers().map(str) | st.floats().map(str),
    ),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_no_header_breaks_it_and_no_wait_is_without_end(
    headers: dict[str, str], said: int, room: int
) -> None:
    limits, now = learned(headers), 0.0

    for _ in range(3):
        for _ in range(5):  # a wait that is kept leads, if not at once, to room
            wait = limits.wait(needs_of(said, room), now)
            assert 0 <= wait < 10**12
            now += wait * 1.001
        limits.start(needs_of(said, room))
