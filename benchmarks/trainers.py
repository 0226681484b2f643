"""Files of rows to what a trainer makes of them, by its own code and the settings we print.

LLaMA-Factory and axolotl pin what they stand on, so each is run by an interpreter of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

Turns = list[tuple[str, str]]

# Its converter on the files, as its trainer reads them.
_LLAMA_FACTORY = """
import json, sys
from llamafactory.data.loader import _load_single_dataset
from llamafactory.data.parser import get_dataset_list
from llamafactory.hparams import get_train_args
folder = sys.argv[1]
names = list(json.load(open(folder + "/dataset_info.json")))
arguments = dict(model_name_or_path="x", do_train=True, finetuning_type="lora", stage="sft",
    template="default", dataset=",".join(names), dataset_dir=folder, output_dir=folder + "/out",
    bf16=False, fp16=False)
model, data, training, *_ = get_train_args(arguments)
for name, one in zip(names, get_dataset_list(names, folder)):
    rows = _load_single_dataset(one, model, data, training)
    told = []
    for r in rows:
        system = [["system", r["_system"]]] if r["_system"] else []
        told.append(system + [[m["role"], m["content"]] for m in r["_prompt"] + r["_response"]])
    print("ROWS " + json.dumps([name, told]))
"""

# Its schema, its loader and its prompt strategy, with a tokenizer of bytes and a ChatML template,
# so that tokens can be read back; what is learned must be the answers, each with its end.
_AXOLOTL = """
import json, os, sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from axolotl.utils.data.sft import _load_and_process_single_dataset
from axolotl.utils.dict import DictDefault
from axolotl.utils.schemas.datasets import SFTDataset
letters = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
inner = Tokenizer(models.BPE(letters, []))
inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
inner.decoder = decoders.ByteLevel()
END, START, BREAK = "<|im_end|>", "<|im_start|>", "\\n"
tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=END,
    additional_special_tokens=[START], clean_up_tokenization_spaces=False)
tokenizer.chat_template = ("{% for m in messages %}" + START + "{{ m['role'] }}" + BREAK
    + "{{ m['content'] }}" + END + BREAK + "{% endfor %}")
settings = DictDefault(sequence_len=1 << 24, train_on_inputs=False, dataset_num_proc=1)
os.chdir(sys.argv[1])
for (one,) in map(json.loads, open("axolotl.jsonl")):
    checked = DictDefault(SFTDataset(**one).model_dump(exclude_none=True))
    rows, _ = _load_and_process_single_dataset(checked, settings, tokenizer, "train", 0)
    told = []
    for row in rows:
        text = tokenizer.decode(row["input_ids"])
        learned = tokenizer.decode([i for i in row["labels"] if i != -100])
        if checked.type == "alpaca":
            asked, answer = text.split("### Instruction:\\n")[1].split("\\n\\n### Response:\\n")
            turns = [["user", asked], ["assistant", answer.removesuffix(END)]]
        else:
            parts = text.removeprefix(START).split(END + "\\n" + START)
            parts[-1] = parts[-1].removesuffix(END + "\\n")
            turns = [part.split("\\n", 1) for part in parts]
        answers = "".join(said + END for role, said in turns if role == "assistant")
        told.append(turns if learned == answers else [["learned", learned]])
    print("ROWS " + json.dumps([one["path"], told]))
"""
TRAINERS = {"llamafactory": _LLAMA_FACTORY, "axolotl": _AXOLOTL}


def read_as(
    trainer: str, python: str, place: Path, settings: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, list[Turns]]]:
    """Let a trainer read the files in a folder; yield the name of each and its conversations.

    Args:
        trainer: One of `TRAINERS`.
        python: Interpreter of an environment that has it.
        place: The folder; the settings are written there.
        settings: What `describe_settings` says, by form.
    """
    told = settings.values()
    entries = [one["dataset_info.json"] for one in told if "dataset_info.json" in one]
    (place / "dataset_info.json").write_text("{" + ",".join(entries) + "}")
    stanzas = [one["axolotl"] for one in told if "axolotl" in one]
    (place / "axolotl.jsonl").write_text("\n".join(stanzas) + "\n")
    done = subprocess.run(
        [python, "-c", TRAINERS[trainer], str(place)],
        env=os.environ | {"HF_HUB_OFFLINE": "1", "AXOLOTL_DO_NOT_TRACK": "1", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith("ROWS "):
            name, rows = orjson.loads(line.removeprefix("ROWS "))
            yield name, [[(role, content) for role, content in row] for row in rows]
    if done.returncode:
        print(f"{trainer:<16} failed: {done.stderr.strip()[-2000:]}", file=sys.stderr)
