# Two commands for a fresh machine with Python 3.11 and a package index:
#   make select   sets up, then selects from the sample in data/
#   make test     sets up, then runs every check
.DELETE_ON_ERROR:
VENV   := .venv
BIN    := $(VENV)/bin
MAIN   := $(VENV)/.main
DEV    := $(VENV)/.dev
SOURCE ?= data/sample.jsonl
K      ?= 50
OUT    ?= out/subset.jsonl
SETUP  := setup.cfg setup.py pyproject.toml constraints.txt
export OMP_NUM_THREADS ?= 1
export HF_HUB_OFFLINE ?= 1

.PHONY: select test check code format lint types layers tests faults figures clean

select: $(MAIN)
	@mkdir -p $(dir $(OUT))
	$(BIN)/python -m tagraph select $(SOURCE) -k $(K) -o $(OUT)

test: $(DEV) check

# The code is checked by one core while the other has the tests already; it is told in one piece.
check:
	$(MAKE) --no-print-directory --jobs=2 code tests

code:
	@told=$$($(MAKE) --no-print-directory lint types layers 2>&1); failed=$$?; echo "$$told"; exit $$failed

format:
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

layers:
	$(BIN)/lint-imports

tests:
	$(BIN)/python -m pytest -n 2 --dist worksteal -rs --cov --cov-report=term

# The long versions of the fault tests; and the figures of docs/reliability.md, from tests and runs.
faults: $(DEV)
	$(BIN)/python -m tests.faults.long
	$(BIN)/python -m tests.faults.page

figures: $(DEV)
	TAGRAPH_WRITE_FIGURES=1 $(BIN)/python -m pytest -n 0 -q tests/faults --ignore tests/faults/test_page.py
	$(BIN)/python -m tests.faults.page

$(MAIN): $(SETUP)
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --no-compile -c constraints.txt -e .
	touch $@

$(DEV): $(SETUP)
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --no-compile -c constraints.txt -e ".[dev,viz]"
	touch $(MAIN) $@

clean:
	rm -rf $(VENV) out build dist *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
