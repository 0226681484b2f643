"""The table of docs/reliability.md: what can go wrong, and which test shows what then happens.

Rows whose figure a test finds are in `figures.json` and `long_figures.json`; the others are stated
here beside the tests that hold them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A fault.

    Attributes:
        fault: What goes wrong.
        figure: What happens then; empty where a test finds it.
        tests: The tests that hold it, where no test finds a figure.
    """

    fault: str
    figure: str = ""
    tests: tuple[str, ...] = ()


CALLER = "tests/adapters/test_caller.py::"
ATTEMPTS = "tests/adapters/test_attempts.py::"
BATCHES = "tests/adapters/test_batch_caller.py::"
JUDGE = "tests/adapters/test_claude_judge.py::"
TRANSPORT = "tests/adapters/test_messages_transport.py::"
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
        "0 requests before the time, by anybody; what is no time is waited for as without",
        (
            CALLER + "test_nobody_asks_before_the_server_wants_to_be_asked",
            ATTEMPTS + "test_the_wait_is_what_the_server_asks_for",
        ),
    ),
    "B5": Row(
        "429 with a wait of a day",
        "stops at once, 0 s slept, the time in the message",
        (CALLER + "test_a_wait_beyond_the_cap_stops_the_run_instead_of_sleeping",),
    ),
    "B6": Row(
        "Busy or failing server",
        "growing waits, bounded attempts, stop after 20 failures in a row",
        (
            CALLER + "test_a_passing_fault_is_asked_again_after_a_growing_wait",
            CALLER + "test_a_question_is_given_up_after_its_attempts_and_the_others_go_on",
            CALLER + "test_a_server_that_is_down_trips_the_breaker",
        ),
    ),
    "B7": Row(
        "400 or 413 on one comparison",
        "1 request, that one set aside",
        (CALLER + "test_a_rejected_question_is_set_aside_after_one_request",),
    ),
    "B8": Row(
        "401, 402, 403, spend limit",
        "0 retries, at most `concurrency` requests after the first such reply",
        (CALLER + "test_a_fatal_reply_stops_the_run_and_keeps_what_was_on_its_way",),
    ),
    "B9": Row(
        "Silent server",
        "given up at the deadline, charge unknown",
        (CALLER + "test_an_attempt_that_never_ends_is_given_up_at_its_deadline",),
    ),
    "B10": Row(
        "A byte at a time",
        "the deadline is for the whole reply",
        (TRANSPORT + "test_a_broken_server_is_one_request_and_one_line",),
    ),
    "B11": Row("Resets, short bodies, cut JSON, broken gzip"),
    "B12": Row("200 with a body that is no message"),
    "B13": Row(
        "Refusal, reply cut off, empty reply",
        "outcomes of their own, never a side or a tie; one second try where cut off",
        (
            JUDGE + "test_what_is_no_verdict_is_an_outcome_of_its_own_and_never_a_side",
            JUDGE + "test_a_reply_that_was_cut_off_is_asked_for_once_more_with_room",
        ),
    ),
    "B14": Row(
        "A verdict quoted from a sample, or none",
        "never read; 0 exceptions on any text",
        (
            ANSWERS + "test_only_a_line_of_its_own_outside_quotes_and_code_is_a_verdict",
            ANSWERS + "test_any_text_is_read_without_an_error",
        ),
    ),
    "B15": Row(
        "Limits in dollars and in requests",
        "never passed, in 100 random mixes of prices, limits and faults",
        (
            CALLER + "test_no_budget_is_ever_passed",
            CALLER + "test_no_limit_of_requests_is_ever_passed_and_a_higher_one_goes_on",
        ),
    ),
    "B16": Row("Ctrl-C or SIGTERM"),
    "B17": Row(
        "Batch results out of order, expired, missing, doubled, unknown",
        "each counts by its id, once; only what has no result is sent again",
        (
            BATCHES + "test_every_result_counts_by_its_id_and_only_what_has_none_is_sent_again",
            BATCHES + "test_results_cut_off_on_the_way_are_read_again",
        ),
    ),
    "B18": Row(
        "Crash or timeout around the creation of a batch",
        "looked for first; found and not made twice; of two that may be it none is taken",
        (
            BATCHES + "test_a_batch_whose_creation_is_in_doubt_is_found_and_not_made_twice",
            BATCHES + "test_a_run_killed_around_a_creation_leaves_a_batch_that_is_looked_for_first",
            BATCHES + "test_of_two_that_may_be_the_one_none_is_taken",
        ),
    ),
    "B19": Row(
        "Batch older than a day, results older than 29 days",
        "said, and asked again only when told",
        (
            BATCHES + "test_a_batch_that_takes_longer_than_a_day_is_said_and_not_sent_again",
            BATCHES + "test_results_that_are_gone_are_said_and_asked_again_only_when_told",
        ),
    ),
    "B20": Row(
        "Model, prompt, parameter, text or order changed",
        "another key for any change of any field, the same for none",
        ("tests/steps/test_calls.py::test_any_change_of_any_field_asks_anew",),
    ),
    "B21": Row("The clock jumps"),
    "B22": Row("Called in a notebook, a thread, an event loop"),
    "B23": Row(
        "Waiting looks like hanging",
        "a line at least every 30 s, with the reason and the time of the next try",
        (
            CALLER + "test_a_silent_server_is_not_a_silent_run",
            BATCHES + "test_waiting_is_said_at_least_every_thirty_seconds",
        ),
    ),
    "B25": Row("The code that reads replies changes"),
    "B26": Row("A limit ends the run half way"),
}
OPEN = {
    "B24": "Attempts of every question are in `calls`; no report compares those asked twice yet.",
    "C3 to C6, C8": "Figures of a real judge, which cost money; every run shows its own of C8.",
    "D22": "Errors name file, line and field, never a text; a run shows five selected questions.",
    "D25": "Pinned versions without hashes; no audit.",
    "E4": "Other platforms: not tried.",
    "E6": "Neighbours are exact below 50,000 tags; no approximate index is built.",
    "E8": "Part of E1: the clock is shifted by 12 years there.",
}
LONG = {
    "A1": "SIGKILL at a random moment",
    "A3": "Power cut: the log cut at frame borders and anywhere",
    "A7": "20 processes open a new or an old store at once",
    "A10": "A reader holds the store open while much is written",
    "A14": "One bit flips in the file",
    "B1": "SIGKILL while the judge is asked",
    "D26 reader": "The reader of samples, fuzzed by coverage",
    "D26 verdicts": "The readers of replies, fuzzed by coverage",
    "D26 tags": "The normalizer of tags, fuzzed by coverage",
    "E1": "Twelve environments: hash seed, locale, time zone, threads, clock, order of rows ...",
    "E2": "Fifty schedules of faults: 429, 500, 529, resets, cut and slow replies, SIGKILLs",
}
