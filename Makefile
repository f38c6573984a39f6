# make help lists the targets. Another interpreter: make PYTHON=python3.12 test
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   := runs/demo
EVAL   := $(BIN)/rlrig-eval

# Two cores: spinning OpenMP threads cost more than they give when anything else runs on the machine.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 0

.DELETE_ON_ERROR:
.PHONY: help run test bench reproduce lint format clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt tools/install.sh
	@tools/install.sh "$(PYTHON)" "$(VENV)"
	@touch $@

# Exit 1 says that coverage is under the suite's threshold: the leaderboard shows it, so the demo goes on to rank.
OR_LOW_COVERAGE := || [ $$? -eq 1 ]

run: RUNS := $(addprefix $(DEMO)/,flux-shapes best-of-n rlrig)
run: $(READY)  ## draw 64 spatial prompts with three systems, rank them, write a page with every picture
	@echo "Demo: flux-shapes, best-of-n and rlrig on spatial, 64 prompts each, into $(DEMO); at most 5 minutes"
	$(EVAL) run --suite spatial --limit 64 --model flux-shapes --out $(DEMO)/flux-shapes $(OR_LOW_COVERAGE)
	$(EVAL) run --suite spatial --limit 64 --model best-of-n -M base=flux-shapes -M n=5 --out $(DEMO)/best-of-n $(OR_LOW_COVERAGE)
	$(EVAL) run --suite spatial --limit 64 --model rlrig --out $(DEMO)/rlrig $(OR_LOW_COVERAGE)
	$(EVAL) report $(RUNS)
	$(EVAL) view $(RUNS) --bundle $(DEMO)/page

# By file, as fixtures are shared in one; two processes of one thread finish sooner than one process of two. In the
# order of the names, which ends in short files: by their number of tests, the slowest few would come last.
test: $(READY)  ## every test, in two processes, stopping at the first failure
	@echo "Tests: at most 15 minutes on two cores"
	OMP_NUM_THREADS=1 $(BIN)/pytest -x -q -n 2 --dist loadfile --no-loadscope-reorder

bench: $(READY)  ## speed and memory, each as a ratio to a peer or bound measured in the same run
	@echo "Benchmarks: results go to benchmarks/results/*.json and reports/benchmarks.md"
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.page --out reports/benchmarks.md

SPATIAL := runs/spatial
RESULTS := baselines/results/spatial
SYSTEMS := flux-shapes best-of-n rlrig
reproduce: $(READY)  ## the whole suite with every system, and every report that needs no download and no GPU
	@echo "Reproduce: baselines/results/, the README's tables, and reports/ (reports/README.md says what else each needs)"
	$(BIN)/python -m rlrig_eval.shapes.accuracy --scenes 5000 --seed 20261123 --out reports/shapes-read
	$(BIN)/python -m rlrig_eval.runs.known_truth --suite spatial --out reports
	$(BIN)/python -m benchmarks.rules --out reports/metric-rules.json
	$(BIN)/python -m rlrig_eval.runs.blind --suite spatial-hard --out reports/blind
	$(BIN)/python -m rlrig_eval.runs.blind --suite spatial-objects --out reports/blind
	$(BIN)/python -m rlrig.bundled.examine --count 300 --out reports/checkpoints
	$(BIN)/python -m rlrig.editing --count 64 --out reports/editors
	$(EVAL) run --suite spatial --model flux-shapes --out $(SPATIAL)/flux-shapes $(OR_LOW_COVERAGE)
	$(EVAL) run --suite spatial --model best-of-n -M base=flux-shapes -M n=5 --out $(SPATIAL)/best-of-n $(OR_LOW_COVERAGE)
	$(EVAL) run --suite spatial --model rlrig --out $(SPATIAL)/rlrig $(OR_LOW_COVERAGE)
	$(BIN)/python -m rlrig_eval.report.ablation --suite spatial --seeds 0-1 2-3 4-5 --judge shapes-vlm --out reports
	$(EVAL) report $(addprefix $(SPATIAL)/,$(SYSTEMS)) --format md > reports/spatial.md
	$(foreach model,$(SYSTEMS),$(EVAL) baseline write $(SPATIAL)/$(model) --out $(RESULTS)/$(model).json &&) true
	$(EVAL) report baselines/results --reference flux-shapes --budget-of rlrig --format md > reports/leaderboard.md
	$(BIN)/python tools/readme_tables.py
	$(BIN)/python tools/film_strip.py $(SPATIAL)/rlrig reports/film-strip.png
	$(EVAL) aa $(addprefix $(SPATIAL)/,$(SYSTEMS)) --judge shapes-vlm --limit 100 --report reports/judges

lint: $(READY)  ## ruff, and mypy --strict on the pure rooms
	@echo "Lint: ruff check, ruff format --check, mypy"
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(READY)  ## rewrite the sources the way lint wants them
	@echo "Format: ruff check --fix, ruff format"
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:  ## remove caches, builds and the demo's runs; .venv and other runs stay
	@echo "Clean: caches, builds, $(DEMO)"
	rm -rf build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache $(DEMO)
	find rlrig rlrig_eval tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
