# Each target does its own set-up, can be repeated, and asks for nothing.

SONG ?=
BIN := .venv/bin
# Two workers on two cores; each render test holds a browser of its own.
WORKERS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
# Node, where setup had to bring its own.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup run demo test test-frontend test-service test-render test-pages test-fast test-full test-debian13 test-demo test-image test-coverage test-parallel chaos bench-web check check-python check-frontend check-locks deployment-tools check-deployment audit format lock bench bench-preview bench-play gallery recording thumbnails bench-service load-test

help:
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: ## install what is needed and build the frontend
	@scripts/setup.sh

run: setup ## start the service for use in a browser: http://127.0.0.1:5000
	@$(BIN)/oriel up

demo: setup ## send the example song (or SONG=path) through the whole service and print the video's path
	@scripts/demo.sh "$(SONG)"

# In three runs: a browser's event loop lives in the thread in which render tests run, and Flask cannot work beside it.
# `make -j2 test` makes two at once. The service's have a process more than there are cores, as the chaos tests keep one
# that waits most of the time, and so have those of the pages, which wait for a worker, a mail or a browser.
MORE_WORKERS := $(shell expr $(WORKERS) + 1)
SERVICE_TESTS := tests/chaos tests/unit tests/functional tests/contracts
# It looks for lines to stop counting after as many vain counts, which takes a pause of its own.
COUNT_LINES := $(BIN)/python -m slipcover --source src/oriel --threshold 1000 --json

test: test-frontend test-service test-render test-pages ## every test that CI runs
	$(BIN)/python -m slipcover --json --merge build/lines-service.json build/lines-render.json --out build/lines.json >/dev/null
	$(BIN)/python scripts/check_coverage.py build/lines.json

test-frontend: setup
	npm run --silent test

test-service: deployment-tools
	@mkdir -p build
	$(COUNT_LINES) --out build/lines-service.json -m pytest -q -m "not long" -n $(MORE_WORKERS) $(SERVICE_TESTS)

test-render: setup
	@mkdir -p build
	$(COUNT_LINES) --out build/lines-render.json -m pytest -q -m "not long" -n $(WORKERS) tests/render

# In a run of its own: Playwright drives one browser for each thread, and the render tests hold theirs.
test-pages: setup
	$(BIN)/python -m pytest -q -m "not long" -n $(MORE_WORKERS) tests/pages

test-fast: deployment-tools ## what needs no browser
	npm run --silent test
	$(BIN)/python -m pytest -q -m "not long and not render" $(SERVICE_TESTS)

test-full: deployment-tools ## everything, all repetitions
	npm run --silent test
	$(BIN)/python -m pytest -q -n $(MORE_WORKERS) $(SERVICE_TESTS)
	$(BIN)/python -m pytest -q -n $(WORKERS) tests/render
	$(BIN)/python -m pytest -q -n $(MORE_WORKERS) tests/pages
	scripts/bare_debian.sh trixie
	$(MAKE) test-demo
	$(MAKE) test-image

test-debian13: ## the pipeline's tests on a bare Debian 13, whose FFmpeg, Mesa and Python are newer (as root)
	@scripts/bare_debian.sh trixie

test-demo: ## `make demo` on a bare Debian 12 and a bare Debian 13, as a newcomer runs it (as root)
	@scripts/bare_debian.sh bookworm make demo
	@scripts/bare_debian.sh trixie make demo

test-parallel: test ## the tests side by side (as make test runs them)

test-coverage: test ## line coverage as pages: build/coverage/index.html
	$(BIN)/python scripts/coverage_html.py build/lines.json build/coverage

test-image: setup ## the Dockerfile's steps in a clean Debian, and its service as another user than root (as root)
	@[ "$$(id -u)" -ne 0 ] || command -v mmdebstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap; }
	$(BIN)/python -m pytest -q tests/image

chaos: setup ## hurt the running service again and again: 100 killed workers, a Valkey that dies and forgets
	TIMED=1 $(BIN)/python -m pytest -q -s tests/chaos

check: check-python check-frontend check-locks check-deployment ## lock files, format, lint, types, import order, deployment

check-python: setup
	$(BIN)/ruff format --check src tests benchmarks examples scripts run_tests.py wsgi.py
	$(BIN)/ruff check src tests benchmarks examples scripts run_tests.py wsgi.py
	$(BIN)/mypy
	$(BIN)/lint-imports

check-frontend: setup
	@scripts/api_types.sh
	npm run --silent check

check-locks: setup
	@scripts/check_locks.sh

deployment-tools: setup
	@scripts/deployment_tools.sh

check-deployment: deployment-tools ## Dockerfile, compose.yaml, Caddyfile, systemd units, workflows, shell scripts
	@scripts/check_deployment.sh

audit: deployment-tools ## known vulnerabilities of what the lock files name (asks PyPI and npm), dangerous code in ours
	@scripts/audit.sh

format: setup ## mend what the formatter can
	$(BIN)/ruff format src tests benchmarks examples scripts run_tests.py wsgi.py
	$(BIN)/ruff check --fix src tests benchmarks examples scripts run_tests.py wsgi.py

lock: setup ## write the lock files from pyproject.toml
	@scripts/lock.sh

bench-service: setup ## what the service stands: polls, submits, a hundred renders, open WebSockets
	$(BIN)/python -m benchmarks.service --json build/service.json

load-test: setup ## visitors, customers and an operator on a service of its own, by Locust (USERS=20, TIME=2m)
	@scripts/load_tools.sh
	$(BIN)/python -m benchmarks.load $(if $(USERS),--users $(USERS)) $(if $(TIME),--time $(TIME)) --json build/load.json

gallery: setup ## photograph every page in every state, wide and narrow, dark and light: build/gallery/index.html
	$(BIN)/python -m benchmarks.gallery

recording: setup ## record ten seconds of the studio for the README: docs/pictures/studio.webp
	$(BIN)/python -m benchmarks.gallery.recording

thumbnails: setup ## draw the pictures and loops of all looks and presets, from the example song
	$(BIN)/python -m benchmarks.thumbnails

bench-preview: setup ## the studio's preview: reading a song, seek to picture, memory over 50 changes of look
	$(BIN)/python -m benchmarks.preview --json build/bench-preview.json

bench-play: setup ## whether the studio's memory stays level over half an hour of play and 50 changes of look
	$(BIN)/python -m benchmarks.long_play --json build/bench-play.json

bench: setup ## speed and memory of every look and preset (SONG=path for any song), as text and JSON in build/
	$(BIN)/python -m benchmarks.bench --presets --uhd --whole $(if $(SONG),--song "$(SONG)") --json build/bench.json

bench-web: setup ## Lighthouse, the weight of the scripts, and how soon the dashboard is there
	$(BIN)/python -m benchmarks.web --json build/bench-web.json
