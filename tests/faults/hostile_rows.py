"""Tables C, D and E of docs/reliability.md: the judge, input and output, repeatability."""

from tests.faults.rows import Row

READER = "tests/adapters/test_sample_files.py::"
INGEST = "tests/steps/test_ingest.py::"
WRITER = "tests/adapters/test_selection_files.py::"
HYGIENE = "tests/test_hygiene.py::"
TEXT = "tests/test_text.py::"

JUDGE_ROWS = {
    "C1": Row("A judge that always says the first"),
    "C2": Row("A sample that forges the frame of a question"),
    "C7": Row("The same text twice"),
    "C9": Row("Verdicts that run in a circle"),
    "C10": Row("Unbeaten, unplayed and unconnected samples"),
    "C11": Row("Arithmetic of the fit"),
    "C13": Row("A judge's reply as an attack"),
    "C14": Row("A judge that stops choosing"),
    "C15": Row("Questions without a verdict"),
    "C16": Row("A sample that forces refusals"),
    "C17": Row("Unrelated items, other names, other order"),
}
INPUT_ROWS = {
    "D1": Row(
        "Malformed, half and empty lines, CRLF, a lone CR",
        tests=(
            READER + "test_a_bad_line_is_set_aside_with_its_number_and_reason",
            READER + "test_line_ends_blank_lines_and_byte_order_marks_are_no_part_of_a_record",
            INGEST + "test_more_bad_records_than_allowed_stop_and_say_how_to_go_on",
        ),
    ),
    "D2": Row(
        "Byte order marks, UTF-16, broken UTF-8, U+2028 inside a text",
        tests=(
            READER + "test_line_separators_of_unicode_split_nothing",
            "tests/adapters/test_byte_streams.py::test_what_is_not_read_is_named",
        ),
    ),
    "D3": Row("NaN, infinities, endless numbers, nesting of 100,000"),
    "D4": Row("A line of 100 MB"),
    "D5": Row("gzip and zstd bombs"),
    "D6": Row("Parquet with pickled extension types"),
    "D7": Row(
        "The same text twice, ids of any type",
        tests=(
            INGEST + "test_repeats_are_numbered_in_the_order_of_their_bytes",
            INGEST + "test_ids_are_sorted_distinct_and_point_to_their_rows",
        ),
    ),
    "D8": Row(
        "Empty texts, NUL, controls, lone surrogates",
        tests=(
            READER + "test_lone_surrogates_in_the_text_are_cleaned_and_the_bytes_kept",
            TEXT + "test_cleaning_is_idempotent_and_gives_text_that_can_be_stored",
        ),
    ),
    "D9": Row(
        "Mixed forms, wrong roles, texts for lists",
        tests=(
            "tests/stages/test_conversations.py::"
            "test_any_record_is_a_clean_conversation_or_has_a_reason",
        ),
    ),
    "D10": Row("Tags of any code point"),
    "D11": Row("Texts made for slow patterns"),
    "D12": Row("SQL in texts, tags, ids and file names"),
    "D13": Row(
        "Names of output files: links, folders, pipes, files that are there, odd names",
        tests=(
            WRITER + "test_what_must_not_be_replaced_is_named",
            "tests/cli/test_hostile_arguments.py::"
            "test_neither_the_store_nor_its_source_is_replaced",
        ),
    ),
    "D13 kill": Row(
        "SIGKILL while a file is written",
        tests=(WRITER + "test_an_interrupted_file_leaves_nothing",),
    ),
    "D14": Row(
        "pickle, eval, remote code, weights that are no safetensors",
        tests=(HYGIENE + "test_arrow_is_newer_than_the_one_that_ran_code_from_files",),
    ),
    "D15": Row("Formulas in CSV"),
    "D16 parser": Row("Script in the report, read by a parser"),
    "D16 browser": Row(
        "Script in the report, opened and clicked through in Chromium",
        tests=("tests/report/test_browser.py::test_a_script_that_got_in_would_not_run",),
    ),
    "D17": Row(
        "Results shown in a notebook",
        tests=(
            "tests/test_data_types.py::test_every_result_is_a_table_and_escapes_its_data",
            HYGIENE + "test_no_module_goes_around_the_escaping_functions",
        ),
    ),
    "D17 run": Row("A notebook on hostile data, run from top to bottom"),
    "D18": Row("Control and bidi characters for a terminal"),
    "D19": Row("Markdown of a dataset card"),
    "D20": Row("A forged line in a message"),
    "D21": Row("The API key"),
    "D22 reader": Row("Texts of broken records in what is said of them"),
    "D22 run": Row(
        "Texts of samples in the lines of a run",
        tests=("tests/cli/test_select.py::test_a_log_has_no_text_of_a_selected_sample",),
    ),
    "D23": Row(
        "A server or proxy that the environment names, a redirect to another host",
        tests=(
            "tests/adapters/test_messages_transport.py::"
            "test_a_server_that_only_the_environment_names_is_not_sent_to",
            "tests/adapters/test_messages_transport.py::"
            "test_a_broken_server_is_one_request_and_one_line",
        ),
    ),
    "D24": Row("Connections to anybody else"),
}
REPEAT_ROWS = {
    "E2": Row("Random faults of the server, random kills, replies in any order"),
    "E3": Row(
        "Rows in another order",
        tests=(
            "tests/cli/test_select.py::test_shuffled_rows_and_another_hash_seed_give_the_same_bytes",
            INGEST + "test_order_of_records_decides_neither_ids_nor_whose_bytes_they_are",
        ),
    ),
    "E5 order": Row(
        "Other hash seeds, threads, orders of the graph",
        tests=("tests/steps/test_cluster.py::test_neither_the_hash_seed_nor_the_threads_matter",),
    ),
    "E5 seed": Row("Global random state"),
    "E6": Row("Neighbours built again, nearest ones missed"),
    "E7": Row(
        "A selection made again elsewhere",
        tests=(
            "tests/cli/test_replaying.py::"
            "test_results_that_were_changed_by_hand_are_found_out_step_by_step",
        ),
    ),
    "E7 manifest": Row("What a selection was made of"),
}
