# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo
PYTEST := pytest --numprocesses 2 --dist worksteal

.PHONY: demo test check kit coverage setup setup-test chromium bench clean

demo: setup
	$(BIN)/onrecord demo --out $(OUT)

test: setup-test chromium check
	$(BIN)/python -m $(PYTEST)

# Every answer of the conformance kit made anew (some minutes); fails, and shows them, where some differ.
kit: setup-test
	rm -rf build/kit
	$(BIN)/onrecord standard kit --out build/kit
	diff --recursive --brief --exclude README.md conformance build/kit

# Not part of `make test`: the count takes more than half as long again.
coverage: setup-test chromium
	$(BIN)/coverage erase
	$(BIN)/coverage run -m $(PYTEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-test
	$(BIN)/python -m benchmarks

# A stamp a lock file: nothing is installed again until a lock changes.
setup: $(VENV)/demo.stamp
setup-test: $(VENV)/test.stamp

$(VENV)/demo.stamp: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/test.stamp: requirements-test.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "onrecord needs Python 3.11 or later; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

chromium:
	@tools/chromium.sh

clean:
	rm -rf $(VENV) $(OUT) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
