"""One request to a server that speaks the Messages API, through the anthropic SDK; no retries.

The SDK finds the key and the address, sets the headers and speaks HTTP. Its retries are off, and so
is what would carry samples and key to another host: redirects, and for plain http a proxy that the
environment names, which reads all of it; through one for https it only sees the host. Its own
parsing is passed by: it checks neither shape nor size of what a server says.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urlsplit

from tagraph.errors import AccessError, TagraphError

if TYPE_CHECKING:
    import anthropic

MAX_REPLY = 1_000_000  # bytes read of a reply; no answer to our questions comes near
HIDDEN = b"(key)"  # stands in a reply where a server repeats the key
SHORTEST_SECRET = 12  # characters; a shorter key (`none`, `x`) is a word that any reply may hold
_HOME = "api.anthropic.com"


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, or what went wrong.

    Attributes:
        status: HTTP status; 0 if none came.
        body: Bytes read, at most `MAX_REPLY` and a chunk.
        headers: Lower-case names.
        problem: One line if there is no whole reply; empty otherwise.
        may_have_arrived: Whether the server may have taken, and charged, the request.
    """

    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    may_have_arrived: bool = True


_Read: TypeAlias = "Callable[[anthropic.APIResponse[Any], float], Response]"


class MessagesTransport:
    """Sends a body and returns what came back; usable from several threads at once.

    Connections are closed with `close`, or when nobody holds the object any more.

    Raises:
        AccessError: The SDK cannot make a client of the address or the profile, or only the
            environment names a server that is not Anthropic's own.
    """

    def __init__(self, base_url: str = "", *, deadline: float = 120.0) -> None:
        import anthropic

        self._deadline = deadline
        try:
            self._client = anthropic.Anthropic(
                base_url=base_url or None,
                max_retries=0,
                timeout=deadline,
                http_client=anthropic.DefaultHttpxClient(
                    follow_redirects=False, mounts={"http://": None}
                ),
            )
        except (anthropic.AnthropicError, ValueError, OSError) as error:
            raise AccessError(f"no client for the Messages API: {error}") from error
        self.close = weakref.finalize(self, self._client.close)
        if self.server and not base_url:
            raise AccessError(
                f"samples and key would go to {self.server}, which the environment or a profile"
                f" names; if that is meant, say it: --base-url {self._client.base_url}"
            )

    @property
    def server(self) -> str:
        """Host of the server; empty for Anthropic's own. The port is not part of it."""
        host = urlsplit(str(self._client.base_url)).hostname or ""
        return "" if host == _HOME else host

    def send(self, body: Mapping[str, Any]) -> Response:
        """Send one request and read its reply, until the deadline; never raises."""
        return self._exchange(lambda: self._open(body), _read)

    def send_batch(self, requests: Sequence[Mapping[str, Any]]) -> Response:
        """Create a Message Batch and read what the server says of it; never raises."""
        create: Any = self._client.messages.batches.with_streaming_response.create
        return self._exchange(lambda: create(requests=requests), _read)

    def look_up(self, name: str) -> Response:
        """Read how far a batch is; never raises."""
        return self._exchange(lambda: self._get(f"/{quote(name, safe='')}"), _read)

    def list_batches(self) -> Response:
        """Read which batches the server knows, the latest hundred; never raises."""
        return self._exchange(lambda: self._get("?limit=100"), _read)

    def read_results(self, name: str, take: Callable[[bytes], object]) -> Response:
        """Hand each whole line of a batch's results to `take`; the response has no body then.

        The address is made here: the one a server names could be anybody's. What `take` raises
        is let through.
        """
        path = f"/{quote(name, safe='')}/results"
        return self._exchange(
            lambda: self._get(path),
            lambda reply, _: _read_lines(reply, lambda line: take(self._hide(line))),
        )

    def _get(self, path: str) -> Any:
        """Start a request for something about batches, without reading what comes."""
        headers = {"X-Stainless-Raw-Response": "stream"}  # how the SDK marks an unread reply
        whole = f"/v1/messages/batches{path}"
        return closing(self._client.get(whole, cast_to=object, options={"headers": headers}))

    def _exchange(self, start: Callable[[], Any], read: _Read) -> Response:
        """Start a request and read its reply, which never holds the key, even if it is echoed."""
        found = self._try_exchange(start, read)
        headers = {name: self._hide_in(said) for name, said in found.headers.items()}
        problem = self._hide_in(found.problem)
        return replace(found, body=self._hide(found.body), headers=headers, problem=problem)

    def _hide(self, said: bytes) -> bytes:
        """Return what a server said without the key or token that the SDK found, if it is one."""
        for key in (self._client.api_key, self._client.auth_token):
            if key and len(key) >= SHORTEST_SECRET:
                said = said.replace(key.encode(), HIDDEN)
        return said

    def _hide_in(self, text: str) -> str:
        return self._hide(text.encode("utf-8", "replace")).decode()

    def _try_exchange(self, start: Callable[[], Any], read: _Read) -> Response:
        """Start a request and read its reply; whatever goes wrong becomes a response."""
        import anthropic

        end = time.monotonic() + self._deadline
        stage = "sending"
        try:
            with start() as reply:
                stage = "reading"
                return read(reply, end)
        except anthropic.APIStatusError as error:
            headers = {name.lower(): value for name, value in error.response.headers.items()}
            return Response(error.status_code, error.response.content[:MAX_REPLY], headers)
        except anthropic.APITimeoutError:
            return Response(problem=f"no reply within {self._deadline:g} seconds")
        except anthropic.APIConnectionError as error:
            cause = error.__cause__
            refused = type(cause).__name__ in ("ConnectError", "ConnectTimeout")
            told = f"no connection: {cause or error}"
            return Response(problem=told, may_have_arrived=not refused)
        except TagraphError:
            raise
        except Exception as error:  # whatever else a broken server makes the SDK raise
            lost = stage == "reading"
            return Response(problem=_tell(error), may_have_arrived=lost)

    def count_tokens(self, body: Mapping[str, Any]) -> int | None:
        """Return the tokens of a prompt as the server counts them, None if it cannot say."""
        import anthropic

        asked = {name: value for name, value in body.items() if name in _COUNTED}
        try:
            counted = self._client.messages.count_tokens(**asked).input_tokens
        except (anthropic.AnthropicError, TypeError, ValueError):
            return None
        return counted if type(counted) is int and counted > 0 else None

    @property
    def address(self) -> str:
        """Scheme, host, port and path of the server, without what may stand before an @."""
        parts = urlsplit(str(self._client.base_url))
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path.rstrip('/')}"

    def _open(self, body: Mapping[str, Any]) -> Any:
        """Start a request; what the SDK does not know of goes along as it is."""
        known = {name: value for name, value in body.items() if name in _KNOWN}
        rest = {name: value for name, value in body.items() if name not in _KNOWN}
        create: Any = self._client.messages.with_streaming_response.create
        return create(**known, extra_body=rest or None)


_COUNTED = ("model", "system", "messages", "output_config", "thinking", "tools", "tool_choice")
_KNOWN = ("max_tokens", *_COUNTED)


def _read(reply: anthropic.APIResponse[Any], end: float) -> Response:
    """Read a reply until it is whole, too large, or late."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    chunks = bytearray()
    for chunk in reply.iter_bytes():
        chunks += chunk
        if len(chunks) > MAX_REPLY:
            return Response(reply.status_code, bytes(chunks), headers, "the reply is too large")
        if time.monotonic() > end:
            return Response(reply.status_code, bytes(chunks), headers, "the reply came too slowly")
    return Response(reply.status_code, bytes(chunks), headers)


def _read_lines(reply: anthropic.APIResponse[Any], take: Callable[[bytes], object]) -> Response:
    """Hand on each whole line of a reply; it may take any time as long as something comes."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    rest = b""
    for chunk in reply.iter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in filter(None, lines):
            take(line)
        if len(rest) > MAX_REPLY:
            return Response(reply.status_code, b"", headers, "a line of the results is too long")
    if rest:
        take(rest)
    return Response(reply.status_code, b"", headers)


def _tell(error: Exception) -> str:
    """Return an error without what was sent."""
    if isinstance(error, TypeError) and "authentication" in str(error):
        return "no API key"
    if isinstance(error, UnicodeEncodeError):
        return "the text cannot be sent: it is no valid Unicode"
    return f"broken reply: {type(error).__name__}"
