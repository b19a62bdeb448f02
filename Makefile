# make run    sets up and starts everything in the foreground      make test   sets up and runs every test
# make check  lint, types, import rules, fast tests (< 2 min)      make bench  the benchmarks, a table at the end
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIST := web/static/dist
.PHONY: wheel run test endurance check bench clean setup packages telephony test-packages format lock

run: setup telephony
	$(BIN)/hotline up --demo

setup: packages $(VENV)/.ready $(DIST)/.ready

packages:
	@.ci/packages run

test-packages:
	@.ci/packages test

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DIST)/.ready: web/frontend/package-lock.json web/frontend/build.mjs $(shell find web/frontend/src -type f 2>/dev/null)
	cd web/frontend && npm ci --silent --no-fund --no-audit && node build.mjs
	@touch $@

# Without pjsua2 everything else runs; readyz, the doctor and the desk say that the telephone is off and why.
telephony: $(VENV)/.ready
	@$(PYTHON) telephony/build/pjsua2.py --python $(BIN)/python || echo "电话暂不可用，其余照常启动。" >&2

test: setup test-packages
	$(PYTHON) telephony/build/pjsua2.py --python $(BIN)/python
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 3 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder -m "not long and not alone"  # three processes with stores of their own, which wait a lot; the quick files come last
	$(BIN)/python -m pytest -m alone  # real sound that bears no other work beside it

endurance: setup test-packages telephony  # what takes minutes each: 10,000 calls in a row
	$(BIN)/python -m pytest -m long

wheel: setup  # dist/hotline-*.whl, complete: `pip install` it anywhere, then `hotline up`
	rm -rf build && $(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w dist .

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -m fast

bench: setup telephony
	$(BIN)/python -m bench

format: $(VENV)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.ready
	$(BIN)/python -m pip install -q --disable-pip-version-check uv
	$(BIN)/python -m uv pip compile pyproject.toml --universal --extra dev --generate-hashes --no-emit-index-url --no-header -o requirements.lock

clean:
	rm -rf $(VENV) $(DIST) web/frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis var
