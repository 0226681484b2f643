"""Through the real SDK, against a server on this machine that breaks on purpose."""

import gzip
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tagraph.adapters.messages_transport import MAX_REPLY, MessagesTransport, Response
from tagraph.errors import AccessError
from tests.faults.shown import show
from tests.messages_server import MessagesServer, Say, error, message, serving

BODY = {
    "model": "m",
    "max_tokens": 5,
    "system": "s",
    "messages": [{"role": "user", "content": "hi"}],
}


ROOTS = cache(ssl.create_default_context)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    # No test here speaks TLS; to load its roots each time would take most of the time.
    monkeypatch.setattr(ssl, "create_default_context", ROOTS)
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-of-the-test")
    with serving() as running:
        yield running


def test_the_body_arrives_as_it_is_with_what_the_sdk_does_not_know(server: MessagesServer) -> None:
    server.script = lambda body, number: Say(body=message("yes"))

    response = MessagesTransport(server.url).send(BODY | {"temperature": 0, "seed": 1})

    assert response.status == 200
    assert json.loads(response.body)["content"][0]["text"] == "yes"
    assert server.ledger.bodies == [BODY | {"temperature": 0, "seed": 1}]
    assert any("key-of-the-test" in value for value in server.ledger.headers[0].values())


@pytest.mark.parametrize(
    ("said", "status", "problem", "arrived"),
    [
        (error(401, "authentication_error"), 401, "", True),
        (error(429, "rate_limit_error", retry_after="0"), 429, "", True),
        (error(529, "overloaded_error", x_should_retry="true"), 529, "", True),
        (error(500, "api_error"), 500, "", True),
        (
            Say(307, headers={"location": "http://127.0.0.1:9/v1/messages"}, name="307"),
            307,
            "",
            True,
        ),
        (Say(body=b"<html>", headers={"content-type": "text/html"}, name="html"), 200, "", True),
        (Say(body=b"", name="empty"), 200, "", True),
        (Say(body=message("long"), cut_after=20, name="short"), 0, "broken reply", True),
        (Say(reset=True, name="reset"), 0, "no connection", True),
        (Say(body=message("late"), wait=1.5, name="silent"), 0, "no reply within 0.3", True),
        (Say(body=message("slow"), drip=0.05, name="drip"), 200, "too slowly", True),
        (Say(body=b"x" * 50_000_000, name="50 MB"), 200, "too large", True),
        (
            Say(body=b"\x1f\x8bno", headers={"content-encoding": "gzip"}, name="gzip garbage"),
            0,
            "broken reply",
            True,
        ),
        (
            Say(
                body=gzip.compress(b"0" * 30_000_000),
                headers={"content-encoding": "gzip"},
                name="gzip bomb",
            ),
            200,
            "too large",
            True,
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Say) else None,
)
def test_a_broken_server_is_one_request_and_one_line(
    server: MessagesServer, said: Say, status: int, problem: str, arrived: bool
) -> None:
    server.script = lambda body, number: said
    start = time.monotonic()

    response = MessagesTransport(server.url, deadline=0.3).send(BODY)

    assert server.ledger.done == [said.name]  # delivered, and not asked again
    assert response.status == status
    assert problem in response.problem
    assert bool(problem) == bool(response.problem)
    assert response.may_have_arrived is arrived
    assert len(response.body) < MAX_REPLY + 200_000
    assert "key-of-the-test" not in repr(response)
    assert time.monotonic() - start < 5


def test_a_byte_at_a_time_ends_at_the_deadline_of_the_whole(server: MessagesServer) -> None:
    server.script = lambda body, number: Say(body=message("slow"), drip=0.05, name="drip")
    start = time.monotonic()

    response = MessagesTransport(server.url, deadline=0.3).send(BODY)

    assert "too slowly" in response.problem
    assert time.monotonic() - start < 0.05 * len(message("slow")) / 2
    requests = len(server.ledger.done)
    show("B10", f"{requests} request, ended at the deadline of the whole reply")


def test_nobody_listening_is_told_apart_from_a_lost_reply(server: MessagesServer) -> None:
    response = MessagesTransport("http://127.0.0.1:9").send(BODY)

    assert "no connection" in response.problem
    assert not response.may_have_arrived


@pytest.mark.parametrize("key", ["none", "k", "EMPTY"])
def test_a_word_given_as_key_is_no_secret_and_stays_in_what_is_said(
    server: MessagesServer, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    said = message(f"kept as it is: {key}, tokens")
    server.script = lambda body, number: Say(body=said)

    assert MessagesTransport(server.url).send(BODY).body == said


def test_a_key_that_a_server_repeats_is_not_in_the_reply(server: MessagesServer) -> None:
    server.script = lambda body, number: Say(body=message("you sent key-of-the-test"))

    body = MessagesTransport(server.url).send(BODY).body

    assert body == message("you sent (key)", usage=json.loads(body)["usage"])


def test_without_a_key_nothing_is_sent(
    server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    response = MessagesTransport(server.url).send(BODY)

    assert response.problem == "no API key"
    assert not response.may_have_arrived
    assert server.ledger.n_requests == 0


def test_text_that_is_no_unicode_is_said_to_be_so_before_anything_is_sent(
    server: MessagesServer,
) -> None:
    response = MessagesTransport(server.url).send(BODY | {"system": "\ud800"})

    assert "Unicode" in response.problem
    assert not response.may_have_arrived
    assert server.ledger.n_requests == 0


def test_the_server_counts_tokens_if_it_can(server: MessagesServer) -> None:
    assert (MessagesTransport(server.url).count_tokens(BODY) or 0) > 0
    assert MessagesTransport("http://127.0.0.1:9").count_tokens(BODY) is None
    assert server.ledger.n_requests == 0


def test_the_host_names_a_server_and_the_port_does_not(server: MessagesServer) -> None:
    assert MessagesTransport(server.url).server == "127.0.0.1"
    assert MessagesTransport("http://127.0.0.1:1").server == "127.0.0.1"
    assert MessagesTransport().server == ""


def test_a_profile_that_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("ANTHROPIC_PROFILE", "no-such-profile")

    with pytest.raises(AccessError, match="no client for the Messages API"):
        MessagesTransport()


def test_a_server_that_only_the_environment_names_is_not_sent_to(
    server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)

    with pytest.raises(AccessError, match=r"samples and key would go to 127\.0\.0\.1"):
        MessagesTransport()
    assert MessagesTransport(server.url).server == "127.0.0.1"
    assert server.ledger.n_requests == 0


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A listener of somebody else, who would read whatever is sent there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def count_connections(listener: socket.socket) -> int:
    """Return how often somebody connected."""
    found = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return found
        found += 1


SENDING: dict[str, Callable[[MessagesTransport], Response]] = {
    "message": lambda transport: transport.send(BODY),
    "create": lambda transport: transport.send_batch([{"custom_id": "a", "params": BODY}]),
    "look": lambda transport: transport.look_up("msgbatch_0"),
    "list": lambda transport: transport.list_batches(),
    "results": lambda transport: transport.read_results("msgbatch_0", bool),
}
REDIRECTS = (301, 302, 303, 307, 308)


def name_by_environment(
    address: str, folder: Path, key: str
) -> Iterator[tuple[dict[str, str], bool]]:
    """Yield environments that name a server or a proxy, and whether as the server itself."""
    profile = {"base_url": address, "authentication": {"type": "user_oauth"}}
    for name in ("configs", "credentials"):
        (folder / name).mkdir()
    (folder / "configs" / "odd.json").write_text(json.dumps(profile))
    (folder / "credentials" / "odd.json").write_text(json.dumps({"access_token": key}))
    (folder / "credentials" / "odd.json").chmod(0o600)
    (folder / ".env").write_text(f"ANTHROPIC_BASE_URL={address}\nHTTP_PROXY={address}\n")
    yield {"ANTHROPIC_BASE_URL": address}, True
    yield {"ANTHROPIC_PROFILE": "odd", "ANTHROPIC_CONFIG_DIR": str(folder)}, True
    yield {"ANTHROPIC_CUSTOM_HEADERS": f"host: {address}\nx-forwarded-host: {address}"}, False
    yield {}, False  # but the file .env beside the data
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        yield {name: address}, False


def redirect_everything(server: MessagesServer, address: str) -> None:
    """Let a server answer every kind of request with every redirect."""
    transport = MessagesTransport(server.url)
    for status in REDIRECTS:
        said = Say(status, headers={"location": address}, name=str(status))
        server.script = lambda body, number, said=said: said  # type: ignore[misc]
        server.batches.instead = lambda what, number, said=said: said  # type: ignore[misc]
        for send in SENDING.values():
            assert send(transport).status == status


def test_nobody_gets_a_byte_that_was_not_named_on_the_command_line(
    server: MessagesServer,
    elsewhere: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    address = "http://127.0.0.1:{1}".format(*elsewhere.getsockname())
    monkeypatch.chdir(tmp_path)
    server.script = lambda body, number: Say(body=message("yes"))
    environments = list(name_by_environment(address, tmp_path, "key-of-the-test"))
    refused = 0
    for changed, names_server in environments:
        with monkeypatch.context() as patch:
            if "ANTHROPIC_PROFILE" in changed:
                patch.delenv("ANTHROPIC_API_KEY")
            for name, value in changed.items():
                patch.setenv(name, value)
            if names_server:
                with pytest.raises(AccessError, match="samples and key would go to"):
                    MessagesTransport()
                refused += 1
            assert MessagesTransport(server.url).send(BODY).status == 200
    assert server.ledger.n_requests == len(environments)

    redirect_everything(server, f"{address}/v1/messages")
    connections = count_connections(elsewhere)
    assert connections == 0
    told = f"{len(environments)} environments, {refused} of them refused by name"
    told = f"{told}; {len(REDIRECTS)} redirects of {len(SENDING)} kinds of requests"
    show("D23", f"{told}: {connections} connections to the other host")
