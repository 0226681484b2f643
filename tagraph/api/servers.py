"""What a run knows of its server before it asks, found out once and kept in the store."""

from __future__ import annotations

from dataclasses import replace

from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.adapters.server_probe import probe_server
from tagraph.api.registry import is_paid
from tagraph.config import Config
from tagraph.pipeline import Event, Pipeline
from tagraph.store import Store


def settle_server(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline that keeps answers to their form as its server does it best.

    Only where a model is asked, its server is not Anthropic's own, and no structure was given: then
    the server is tried with two small questions, once for each address and model.

    Raises:
        AccessError: The server answers nobody.
        BudgetReachedError: The limits allow no request.
        JudgeError: The server is down.
    """
    llm, servers = pipeline.config.llm, pipeline.store.servers
    if llm.structure != "auto" or not (is_paid(pipeline.config) and llm.model):
        return pipeline
    transport = MessagesTransport(llm.base_url)
    if not transport.server:
        return pipeline

    def tell(line: str) -> None:
        pipeline.listen(Event("server", "waiting", note=line))

    facts = servers.load(transport.address, llm.model)
    if facts is None:
        facts = probe_server(llm, pipeline.store.calls, tell)
        servers.save(transport.address, llm.model, facts)
        tell(f"{transport.address} {facts.describe()}: structure {facts.structure}")
    return replace(pipeline, config=_with_structure(pipeline.config, facts.structure))


def recall_server(config: Config, store: Store) -> Config:
    """Return the options with what the store knows of the server, asking nobody."""
    if config.llm.structure != "auto" or not (is_paid(config) and config.llm.model):
        return config
    facts = store.servers.load(MessagesTransport(config.llm.base_url).address, config.llm.model)
    return config if facts is None else _with_structure(config, facts.structure)


def _with_structure(config: Config, structure: str) -> Config:
    return replace(config, llm=replace(config.llm, structure=structure))
