# `make run` and `make test` need nothing but make and Python 3.11: the rest is installed into
# .venv, with the versions and hashes of requirements/.
PYTHON ?= python3
# Processes that share the tests. There are more than two cores, for while one waits for programs of its
# own: two more where browsers are among these, and one more where they are not.
JOBS_ON_SQLITE ?= 4
JOBS_ON_POSTGRESQL ?= 3
VENV := .venv
BIN := $(VENV)/bin
# Every process would compile the same files anew.
unexport PYTHONDONTWRITEBYTECODE

# What production looks like to `manage.py check --deploy`; the key protects nothing.
DEPLOYED := env ENV_FILE= DEBUG=false BEHIND_TLS=true ALLOWED_HOSTS=desk.example.com \
	SECRET_KEY=the-checks-alone-use-this-key-which-protects-nothing-at-all

# $(call install,dev,run dev): the packages of requirements/dev.txt, unless they are installed
# already; then those of run.txt are too.
define install
@cmp -s requirements/$(1).txt $(VENV)/installed-$(1).txt || { \
	$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Import Desk needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)."; \
		echo "PYTHON=/path/to/python3 make ... uses another than $(PYTHON)."; exit 1; }; \
	echo "Installing the packages of requirements/$(1).txt into $(VENV) ..."; \
	$(PYTHON) -m venv $(VENV) && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements/$(1).txt && \
	for name in $(2); do cp requirements/$$name.txt $(VENV)/installed-$$name.txt; done; }
endef

.PHONY: run
run: ## start Import Desk on HOST:PORT
	$(call install,run,run)
	@exec $(BIN)/python -m importer_site.desk

.PHONY: test
test: ## run every test on SQLite, and once more on PostgreSQL
	$(call install,dev,run dev)
	@$(BIN)/python -m tests.machine
	@$(MAKE) --no-print-directory test-on-sqlite
	@$(MAKE) --no-print-directory test-on-postgresql

.PHONY: test-on-sqlite
test-on-sqlite:
	$(BIN)/python -m pytest -n $(JOBS_ON_SQLITE)

.PHONY: test-on-postgresql
test-on-postgresql:
	$(BIN)/python -m tests.postgresql $(BIN)/python -m pytest -n $(JOBS_ON_POSTGRESQL) \
		$(addprefix --ignore=tests/,$(SAME_ON_EVERY_DATABASE))
# These never touch a database, are about the other one, count calls, or look at pages whose tests below
# tests/views do.
SAME_ON_EVERY_DATABASE := browser dashscope explanations house importer_site simulator sqlite \
	faults/test_calls_per_sweep.py views/test_in_chinese.py

.PHONY: faults
faults: ## break everything that can break, over and over, and print what became of each submission
	$(call install,dev,run dev)
	$(BIN)/python -m tests.faults
	$(BIN)/python -m pytest -q -s tests/faults/test_calls_per_sweep.py

.PHONY: check
check: ## lint, formats, types, layers, migrations, settings, and the rules of the house
	$(call install,dev,run dev)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(DEPLOYED) $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(DEPLOYED) $(BIN)/python manage.py makemigrations --check --dry-run
	$(DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m pytest tests/house

.PHONY: messages
messages: ## bring the Chinese texts up to date with the sources; then translate what is new
	$(call install,dev,run dev)
	$(BIN)/python -m tests.translations

.PHONY: bench
bench: ## measure pages at two sizes of the history; BENCH="--large 1000000 --postgresql" for more
	$(call install,dev,run dev)
	@$(BIN)/python -m tests.bench $(BENCH)
	@$(BIN)/python -m tests.bench.audit --jobs 5000 --seconds 1

.PHONY: screenshots
screenshots: ## take pictures of every page into DIR, the best of them into docs/images
	$(call install,dev,run dev)
	@$(BIN)/python -m tests.machine
	@$(BIN)/python -m tests.screenshots $(DIR)

.PHONY: lock
lock: ## write requirements/ anew from pyproject.toml
	$(call install,dev,run dev)
	$(BIN)/uv pip compile $(LOCK) --extra postgres -o requirements/run.txt pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --extra postgres --extra sso -o requirements/sso.txt pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --all-extras -o requirements/dev.txt pyproject.toml
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header
