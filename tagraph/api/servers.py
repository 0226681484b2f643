"""What a run knows of its server before it asks, found out once and kept in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.adapters.server_probe import probe_server
from tagraph.api.registry import is_paid
from tagraph.config import Config
from tagraph.pipeline import Event, Pipeline
from tagraph.steps.llm_options import LlmOptions
from tagraph.steps.server_facts import ServerFacts
from tagraph.store import Store

Find: TypeAlias = Callable[[LlmOptions, MessagesTransport], ServerFacts | None]


def settle_server(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline that keeps answers to their form as each server does it best.

    Only where a model is asked, its server is not Anthropic's own, and no structure was given: then
    the server is tried with two small questions, once for each address and model.

    Raises:
        AccessError: The server answers nobody.
        BudgetReachedError: The limits allow no request.
        JudgeError: The server is down.
    """
    store = pipeline.store

    def tell(line: str) -> None:
        pipeline.listen(Event("server", "waiting", note=line))

    def find(llm: LlmOptions, transport: MessagesTransport) -> ServerFacts | None:
        facts = store.servers.load(transport.address, llm.model)
        if facts is None and transport.server:
            facts = probe_server(llm, store.calls, tell)
            store.servers.save(transport.address, llm.model, facts)
            tell(f"{transport.address} {facts.describe()}: structure {facts.structure}")
        return facts

    return replace(pipeline, config=_with_structures(pipeline.config, find))


def recall_server(config: Config, store: Store) -> Config:
    """Return the options with what the store knows of the servers, asking nobody."""
    return _with_structures(config, lambda llm, at: store.servers.load(at.address, llm.model))


def _with_structures(config: Config, find: Find) -> Config:
    """Return the options with the best structure for each model that is asked."""
    second = config.second_llm
    if second.model and config.second_judge == "claude":
        structure = _structure_of(second.on(config.llm), find)
        config = replace(config, second_llm=replace(second, structure=structure))
    if config.llm.model and is_paid(replace(config, second_judge="") if second.model else config):
        structure = _structure_of(config.llm, find)
        config = replace(config, llm=replace(config.llm, structure=structure))
    return config


def _structure_of(llm: LlmOptions, find: Find) -> str:
    """Return the structure that was given, or what the server was found to obey."""
    if llm.structure != "auto":
        return llm.structure
    facts = find(llm, MessagesTransport(llm.base_url))
    return llm.structure if facts is None else facts.structure
