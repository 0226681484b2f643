"""Finds out what a server obeys and can, with two small questions; some ignore forms silently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tagraph.adapters.batch_replies import read_reports
from tagraph.adapters.caller import Caller
from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.adapters.structure import demand, extend, read_structured
from tagraph.errors import JudgeError
from tagraph.steps.calls import CallLog, Question, Reply
from tagraph.steps.llm_options import LlmOptions
from tagraph.steps.server_facts import ServerFacts

PROBE = "Say hello in one short sentence."
_WORD = "verdigris"  # never said to the model except in the form it has to keep to
_SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": [_WORD]}},
    "required": ["colour"],
    "additionalProperties": False,
}
_ROOM = 256  # tokens: a greeting, or thinking and a word


def probe_server(
    options: LlmOptions, log: CallLog, listen: Callable[[str], object] = lambda line: None
) -> ServerFacts:
    """Return what the server that the options name does with the model.

    The model is asked for a greeting, under a schema and under a forced tool that both allow
    nothing but one odd word: who answers with it obeys. The requests are logged and cost money.

    Raises:
        AccessError: The server answers nobody.
        BudgetReachedError: The limits allow no request.
        JudgeError: The server is down, so that nothing is known.
    """
    transport = MessagesTransport(options.base_url, deadline=options.deadline)
    caller = Caller(transport.send, log, options, listen)
    asked = [_question(options, form, transport.address) for form in ("schema", "tool")]
    schema, tool = caller.ask(asked)
    for reply in (schema, tool):
        if reply.error and not reply.is_rejected:
            raise JudgeError(f"the server could not be tried: {reply.error}")
    listed = transport.list_batches()
    return ServerFacts(
        obeys_schema=_obeys(schema, "schema"),
        obeys_tool=_obeys(tool, "tool"),
        counts_tokens=transport.count_tokens(asked[0].body) is not None,
        has_batches=listed.status == 200 and read_reports(listed.body) is not None,
        limits=caller.limits.wholes,
    )


def _question(options: LlmOptions, form: str, address: str) -> Question:
    body: dict[str, Any] = {
        "model": options.model,
        "max_tokens": max(_ROOM, options.facts.max_tokens if options.facts.parameters else 0),
        "messages": [{"role": "user", "content": PROBE}],
        **options.facts.parameters,
    }
    body = extend(body, options.parameters)
    return Question("probe", body | demand(form, _SCHEMA, body), address)


def _obeys(reply: Reply, form: str) -> bool:
    return read_structured(reply, form) == {"colour": _WORD}
