import inspect
import subprocess
import sys

import tagraph

HEAVY = (
    "anthropic igraph leidenalg networkx pandas pyarrow scipy sentence_transformers sklearn spacy"
    " sqlite_utils torch transformers"
)


def test_the_public_names_are_listed_sorted_and_visible() -> None:
    visible = {
        name
        for name, value in vars(tagraph).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }

    assert sorted(tagraph.__all__) == tagraph.__all__
    assert set(tagraph.__all__) == visible


def test_every_public_name_has_a_docstring() -> None:
    assert [name for name in tagraph.__all__ if not getattr(tagraph, name).__doc__] == []


def test_the_package_and_its_help_load_no_heavy_library() -> None:
    script = (
        "import sys, tagraph, tagraph.cli.entry as cli; cli.run(['--help']);"
        f"print([m for m in {HEAVY.split()!r} if m in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stderr.strip() == "[]"
    assert "Examples:" in done.stdout
