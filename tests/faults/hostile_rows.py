"""Tables C, D and E of docs/reliability.md: the judge, input and output, repeatability."""

from tests.faults.rows import Row

BT = "tests/stages/test_bradley_terry.py::"
TOURNAMENT = "tests/steps/test_tournament.py::"
CARD = "tests/steps/test_judge_card.py::"
DIAGNOSIS = "tests/steps/test_diagnosis.py::"
CULPRITS = "tests/stages/test_culprits.py::"
FRAME = "tests/stages/test_pair_question.py::"
READER = "tests/adapters/test_sample_files.py::"
INGEST = "tests/steps/test_ingest.py::"
WRITER = "tests/adapters/test_selection_files.py::"
HYGIENE = "tests/test_hygiene.py::"
TEXT = "tests/test_text.py::"

JUDGE_ROWS = {
    "C1": Row(
        "A judge that always says the first",
        "both orders: strengths flat, consistency 0 %",
        (
            BT + "test_a_judge_that_always_says_first_gives_a_flat_ranking",
            TOURNAMENT + "test_a_judge_that_always_says_first_gives_a_flat_ranking",
            CARD + "test_a_judge_that_always_names_the_first_is_never_consistent",
        ),
    ),
    "C2": Row(
        "A sample that forges the frame of a question",
        "reads back as exactly the two texts; 100,000 pairs by `benchmarks.hostile_frames`",
        (
            FRAME + "test_a_frame_reads_back_as_exactly_the_two_samples",
            FRAME + "test_no_generated_hostile_pair_forges_the_frame",
        ),
    ),
    "C7": Row(
        "The same text twice",
        "a tie without a question; nearly equal ones are planted and shown on the card",
        (
            "tests/adapters/test_claude_judge.py::"
            "test_verdicts_follow_the_order_shown_and_carry_digest_and_usage",
            "tests/pipeline/test_planting.py::test_a_judge_that_sees_is_told_from_one_that_is"
            "_talked_to_and_one_that_sees_nothing",
        ),
    ),
    "C9": Row(
        "Verdicts that run in a circle",
        "counted exactly, beside the share that the strengths predict",
        (
            DIAGNOSIS + "test_cycles_equal_a_count_by_hand",
            DIAGNOSIS + "test_a_judge_by_the_model_has_the_expected_cycles_and_a_fickle_one_more",
        ),
    ),
    "C10": Row(
        "Unbeaten, unplayed and unconnected samples",
        "finite strengths, components told apart, never-compared ones marked",
        (
            BT + "test_every_answer_is_finite_and_centred",
            BT + "test_without_prior_components_share_no_scale",
            BT + "test_items_never_seen_are_marked",
        ),
    ),
    "C11": Row(
        "Arithmetic of the fit",
        "as choix, evalica and scipy without a prior, as a dense Newton with one",
        (
            BT + "test_without_prior_equals_choix_and_evalica_and_scipy",
            BT + "test_equals_a_dense_newton_with_ties_and_position",
        ),
    ),
    "C13": Row("A judge's reply as an attack"),
    "C14": Row(
        "A judge that stops choosing",
        "decided, ties and no verdicts stand together on the card, and add up",
        (
            CARD + "test_every_outcome_has_its_share_of_the_questions",
            CARD + "test_the_shares_of_all_outcomes_add_up_to_one",
        ),
    ),
    "C15": Row(
        "Questions without a verdict",
        "enter no fit; strengths are those of the verdicts alone",
        (
            BT + "test_rows_without_a_verdict_change_nothing",
            TOURNAMENT + "test_pairs_without_a_verdict_are_counted_and_not_fitted",
        ),
    ),
    "C16": Row(
        "A sample that forces refusals",
        "named after at most 4, asked about no more; the scores of others unchanged",
        (
            TOURNAMENT + "test_a_sample_that_is_always_refused_is_set_aside_after_four_refusals",
            TOURNAMENT + "test_refusals_change_nothing_in_the_scores_of_others",
            CULPRITS + "test_nobody_but_the_culprit_is_ever_named",
        ),
    ),
    "C17": Row(
        "Unrelated items, other names, other order",
        "contrasts unchanged",
        (
            BT + "test_an_unrelated_cluster_changes_nothing_without_shared_terms",
            BT + "test_renaming_the_items_renames_the_strengths",
            BT + "test_order_of_rows_does_not_matter_to_the_last_bit",
        ),
    ),
}
INPUT_ROWS = {
    "D1": Row(
        "Malformed, half and empty lines, CRLF, a lone CR",
        "set aside with file, line and place in it; more than 1 % stops",
        (
            READER + "test_a_bad_line_is_set_aside_with_its_number_and_reason",
            READER + "test_line_ends_blank_lines_and_byte_order_marks_are_no_part_of_a_record",
            INGEST + "test_more_bad_records_than_allowed_stop_and_say_how_to_go_on",
        ),
    ),
    "D2": Row(
        "Byte order marks, UTF-16, broken UTF-8, U+2028 inside a text",
        "marks pass, UTF-16 is named, broken lines are reasons, lines end at \\n only",
        (
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
        "ids are digests of the text, repeats numbered; ids of the data are never used",
        (
            INGEST + "test_repeats_are_numbered_in_the_order_of_their_bytes",
            INGEST + "test_ids_are_sorted_distinct_and_point_to_their_rows",
        ),
    ),
    "D8": Row(
        "Empty texts, NUL, controls, lone surrogates",
        "no text is a reason; the rest is cleaned, its bytes kept",
        (
            READER + "test_lone_surrogates_in_the_text_are_cleaned_and_the_bytes_kept",
            TEXT + "test_cleaning_is_idempotent_and_gives_text_that_can_be_stored",
        ),
    ),
    "D9": Row(
        "Mixed forms, wrong roles, texts for lists",
        "a conversation or a reason for any record",
        (
            "tests/stages/test_conversations.py::"
            "test_any_record_is_a_clean_conversation_or_has_a_reason",
        ),
    ),
    "D10": Row("Tags of any code point"),
    "D11": Row("Texts made for slow patterns"),
    "D12": Row("SQL in texts, tags, ids and file names"),
    "D13": Row(
        "Names of output files: links, folders, sources, files that are there",
        "refused before any work; a file is whole or absent",
        (
            WRITER + "test_what_must_not_be_replaced_is_named",
            WRITER + "test_an_interrupted_file_leaves_nothing",
        ),
    ),
    "D14": Row(
        "pickle, eval, remote code, weights that are no safetensors",
        "0 uses in the package, by its syntax trees",
        (
            HYGIENE + "test_no_module_goes_around_the_escaping_functions",
            HYGIENE + "test_arrow_is_newer_than_the_one_that_ran_code_from_files",
        ),
    ),
    "D15": Row("Formulas in CSV"),
    "D16": Row(
        "150 script payloads in the report",
        "0 new elements by a parser; in Chromium 0 dialogs, 0 requests",
        (
            "tests/report/test_page.py::test_hostile_texts_add_no_element_and_no_attribute",
            "tests/report/test_browser.py::test_no_text_becomes_an_element_a_dialog_or_a_request",
        ),
    ),
    "D17": Row(
        "Results shown in a notebook",
        "every table escapes its data; no module builds markup around the escape",
        (
            "tests/test_data_types.py::test_every_result_is_a_table_and_escapes_its_data",
            HYGIENE + "test_no_module_goes_around_the_escaping_functions",
        ),
    ),
    "D18": Row("Control and bidi characters for a terminal"),
    "D19": Row("Markdown of a dataset card"),
    "D20": Row("A forged line in a message"),
    "D21": Row("The API key"),
    "D23": Row(
        "A server that the environment names, a redirect to another host",
        "named on the command line or nothing is sent; redirects are not followed",
        (
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
        "the same bytes",
        (
            "tests/cli/test_select.py::test_shuffled_rows_and_another_hash_seed_give_the_same_bytes",
            INGEST + "test_order_of_records_decides_neither_ids_nor_whose_bytes_they_are",
        ),
    ),
    "E5": Row(
        "Hash seed, threads, global random state",
        "the same communities; no global state touched",
        (
            "tests/steps/test_cluster.py::test_neither_the_hash_seed_nor_the_threads_matter",
            "tests/stages/communities/test_backends.py::"
            "test_a_seed_gives_one_answer_and_the_global_generator_is_left_alone",
        ),
    ),
    "E7": Row(
        "A selection made again elsewhere",
        "replay asks nobody; every step the same; manifest without time",
        (
            "tests/cli/test_replaying.py::test_a_store_gives_its_selection_again_and_stays_as_it_is",
            "tests/cli/test_replaying.py::"
            "test_the_manifest_holds_what_the_selection_was_made_of_and_no_time",
        ),
    ),
}
