from tagraph.steps.server_facts import ServerFacts
from tagraph.store import Store

FACTS = ServerFacts(True, False, True, False, {"requests": 50})


def test_what_is_known_of_a_server_is_kept_by_address_and_model() -> None:
    with Store() as store:
        assert store.servers.load("http://a", "m") is None
        store.servers.save("http://a", "m", FACTS)
        store.servers.save("http://a", "m", FACTS)

        assert store.servers.load("http://a", "m") == FACTS
        assert store.servers.load("http://a", "n") is None
        assert store.servers.load("http://b", "m") is None


def test_limits_are_kept_with_or_without_a_probe() -> None:
    with Store() as store:
        assert store.servers.load_limits("http://a", "m") == {}
        store.servers.save_limits("http://a", "m", {"requests": 1})
        assert store.servers.load("http://a", "m") is None
        store.servers.save("http://a", "m", ServerFacts(True, True, True, True))
        assert store.servers.load_limits("http://a", "m") == {"requests": 1}
        store.servers.save_limits("http://a", "m", {"requests": 2})

        known = store.servers.load("http://a", "m")
        assert known is not None
        assert known.limits == {"requests": 2}
