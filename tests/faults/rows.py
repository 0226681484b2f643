"""The tables of docs/reliability.md: what can go wrong.

What then happens is found by tests and long runs: `figures.json` and `long_figures.json`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A fault.

    Attributes:
        fault: What goes wrong.
        tests: The tests that hold it, beside the one that finds the figure.
    """

    fault: str
    tests: tuple[str, ...] = ()


CALLER = "tests/adapters/test_caller.py::"
ATTEMPTS = "tests/adapters/test_attempts.py::"
BATCHES = "tests/adapters/test_batch_caller.py::"
JUDGE = "tests/adapters/test_claude_judge.py::"
ANSWERS = "tests/stages/test_answers.py::"

STORE = {
    "A1": Row("SIGKILL at a random moment while verdicts are written"),
    "A2": Row("SIGKILL before, inside and after each transaction, in a write, in a checkpoint"),
    "A4": Row("Disk full in the middle"),
    "A5": Row("The n-th call of the store fails, for every n"),
    "A6": Row("Two runs on one store"),
    "A8": Row("Several processes write at once"),
    "A9": Row("A transaction that reads first and writes later"),
    "A11": Row("Copy of a store while it is written"),
    "A12": Row("Store of a newer tagraph, or a file of somebody else"),
    "A13": Row("SIGKILL during a migration, from each earlier schema"),
    "A15": Row("Read-only file or folder"),
    "A16": Row("Network file system"),
    "A17": Row("SQL and values that break a rule of the data"),
    "A18": Row("A SQLite with the WAL-reset bug (before 3.51.3)"),
    "A19": Row("A fork uses the connection of its parent"),
}
SPENDING = {
    "B1": Row("SIGKILL while the judge is asked"),
    "B2": Row("The same run again after it finished"),
    "B3": Row("Totals and selection after several kills"),
    "B4": Row(
        "429 with a time to wait: seconds, date, 0, negative, NaN, text, missing",
        tests=(ATTEMPTS + "test_the_wait_is_what_the_server_asks_for",),
    ),
    "B5": Row("429 with a wait of a day"),
    "B6": Row(
        "Busy or failing server",
        tests=(
            CALLER + "test_a_passing_fault_is_asked_again_after_a_growing_wait",
            CALLER + "test_a_question_is_given_up_after_its_attempts_and_the_others_go_on",
        ),
    ),
    "B7": Row("400 or 413 on one comparison"),
    "B8": Row("401, 402, 403, spend limit"),
    "B9": Row("Silent server"),
    "B10": Row("A byte at a time"),
    "B11": Row("Resets, short bodies, cut JSON, broken gzip"),
    "B12": Row("200 with a body that is no message"),
    "B13": Row(
        "Refusal, reply cut off, empty reply",
        tests=(JUDGE + "test_a_reply_that_was_cut_off_is_asked_for_once_more_with_room",),
    ),
    "B14": Row(
        "A verdict quoted from a sample, or none",
        tests=(ANSWERS + "test_any_text_is_read_without_an_error",),
    ),
    "B15": Row(
        "Limits in dollars and in requests",
        tests=(CALLER + "test_no_limit_of_requests_is_ever_passed_and_a_higher_one_goes_on",),
    ),
    "B16": Row("Ctrl-C or SIGTERM"),
    "B17": Row(
        "Batch results out of order, expired, missing, doubled, unknown",
        tests=(BATCHES + "test_results_cut_off_on_the_way_are_read_again",),
    ),
    "B18": Row(
        "Crash or timeout around the creation of a batch",
        tests=(
            BATCHES + "test_a_run_killed_around_a_creation_leaves_a_batch_that_is_looked_for_first",
            BATCHES + "test_of_two_that_may_be_the_one_none_is_taken",
        ),
    ),
    "B19": Row(
        "Batch older than a day, results older than 29 days",
        tests=(BATCHES + "test_a_batch_that_takes_longer_than_a_day_is_said_and_not_sent_again",),
    ),
    "B20": Row("Model, prompt, parameter, text or order changed"),
    "B21": Row("The clock jumps"),
    "B22": Row(
        "Called in a notebook, a thread, an event loop",
        tests=("tests/test_notebooks.py::test_a_notebook_runs_from_top_to_bottom",),
    ),
    "B22 cell": Row("A cell of a notebook interrupted in the middle"),
    "B23": Row(
        "Waiting looks like hanging",
        tests=(CALLER + "test_a_silent_server_is_not_a_silent_run",),
    ),
    "B24": Row("Only what failed is asked again, which may shift results"),
    "B25": Row("The code that reads replies changes"),
    "B26": Row("A limit ends the run half way"),
}
OPEN = {
    "C3 to C6, C8": "Figures of a real judge, which cost money; every run shows its own of C8.",
    "D25": "Pinned versions without hashes; no audit.",
    "E4": "Other platforms: not tried.",
    "E8": "Part of E1: the clock is shifted by 12 years there.",
}
LONG = {
    "A1": "SIGKILL at a random moment",
    "A3": "Power cut: the log cut at frame borders and anywhere",
    "A7": "20 processes open a new or an old store at once",
    "A10": "A reader holds the store open while much is written",
    "A14": "One bit flips in the file",
    "B1": "SIGKILL while the judge is asked",
    "C2": "A sample that forges the frame of a question",
    "D26 reader": "The reader of samples, fuzzed by coverage",
    "D26 verdicts": "The readers of replies, fuzzed by coverage",
    "D26 tags": "The normalizer of tags, fuzzed by coverage",
    "E1": "Twelve environments: hash seed, locale, time zone, threads, clock, order of rows ...",
    "E2": "Fifty schedules of faults: 429, 500, 529, resets, cut and slow replies, SIGKILLs",
    "E3": "Rows in twenty orders, selected with every default",
    "E5": "Twenty orders of rows, nodes and edges, twenty processes with other hash seeds",
}
