# What people and CI run. Everything happens in .venv, made from the hashed lock files in requirements/.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
OUT ?= demo

# The tests run side by side. Whoever has none left takes from the end of another's: the longest stand first.
BESIDE = -n 2 --dist worksteal

# What decides by itself, with no clock and no ledger: every branch of it is tested.
EVERY_BRANCH = programme/calendar.py,programme/steps.py,programme/working_days.py,programme/standing_facts.py,programme/change*.py,programme/judge.py,programme/position.py,jobs/due.py

.PHONY: demo test check bench lint types imports covered wheel lock golden clean

demo: $(VENV)/run.ready  ## play the year of both programmes in a folder mailbox
	$(BIN)/plancycle demo --config config --out $(OUT)

test: $(VENV)/dev.ready  ## the tests that need nothing but Python, but for the longest, which are in check
	$(BIN)/python -m pytest -q $(BESIDE) -m "not desktop and not servers and not slow"

check: lint types imports covered wheel  ## everything that CI runs

lint: $(VENV)/dev.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.ready
	$(BIN)/mypy

imports: $(VENV)/dev.ready
	$(BIN)/lint-imports --no-cache

# All tests, those with LibreOffice, Chromium and real servers too; one that is skipped fails the run.
covered: $(VENV)/dev.ready
	rm -f .coverage .coverage.*
	PLANCYCLE_NO_SKIPS=1 PLANCYCLE_REQUIRE_SERVERS=1 $(BIN)/python -m coverage run -m pytest -q $(BESIDE)
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --fail-under=95
	$(BIN)/python -m coverage report --fail-under=100 \
		--include="$(EVERY_BRANCH)"

# The wheel, built and run in an environment that has never seen the checkout.
wheel: $(VENV)/dev.ready
	sh tests/wheel.sh $(BIN)/python

bench: $(VENV)/dev.ready  ## ratios, measured side by side in one run
	$(BIN)/python -m tests.bench $(BENCH)
	$(BIN)/python -m tests.bench.polls

.PHONY: soak
soak: $(VENV)/dev.ready  ## ten thousand polls of every mailbox, memory flat; a quarter of an hour, not a part of check
	$(BIN)/python -m tests.bench.soak $(SOAK)

golden: $(VENV)/dev.ready  ## write the golden messages anew; read the difference by eye
	$(BIN)/python -m pytest -q tests/report --update-golden
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q tests/acceptance/test_year.py

lock: $(VENV)/dev.ready  ## renew the lock files
	$(BIN)/pip-compile -q --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --no-header -o requirements/run.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --no-header --extra dev -c requirements/run.txt \
		-o requirements/dev.txt pyproject.toml

clean:
	rm -rf $(VENV) $(OUT) build dist *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache

$(VENV)/made:
	$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	touch $@

$(VENV)/run.ready: $(VENV)/made requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.ready: $(VENV)/run.ready requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@
