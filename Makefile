# 贷通 LoanHub. Needs make and Python 3.11 or newer; everything else is installed into .venv.
# make run: install what is missing, build what has changed, migrate, make the demo company, serve on http://localhost:8080

PYTHON ?= $(shell for one in python3.11 python3.12 python3.13 python3; do $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$one && break; done)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080

export REFLEX_USE_NPM := 1
export REFLEX_TELEMETRY_ENABLED := false
export REFLEX_CHECK_LATEST_VERSION := false
export npm_config_omit_lockfile_registry_resolved := true
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run serve build dev lint format types imports unit journeys test migrate lock clean help

help:
	@echo "make run      试用，带演示公司 (try it, port $(PORT))   make serve  正式启动 (serve real work: the first start asks for an administrator)"
	@echo "make build    编译页面 (build the front end)      make dev    边改边看 (reload on change)"
	@echo "make test     全部检查与测试 (lint, types, tests, build, journeys)"

# ---- install: a stamp per requirement file, so the second time costs nothing ----
$(BIN)/python:
	@echo "· 正在建立 Python 环境 (creating the virtual environment)"
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新 (Python 3.11 or newer is needed)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-run: requirements/run.txt | $(BIN)/python
	@echo "· 正在安装依赖，首次约一分钟 (installing packages, about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@printf '#!%s\nimport os, sys\nos.chdir("%s")\nsys.path.insert(0, "%s")\nfrom loanhub.cli.main import app\napp()\n' "$(CURDIR)/$(BIN)/python" "$(CURDIR)" "$(CURDIR)" > $(BIN)/loanhub
	@chmod +x $(BIN)/loanhub
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.installed-run
	@echo "· 正在安装开发工具 (installing developer tools)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# ---- run ----
run: $(VENV)/.installed-run
	@LOANHUB_PORT=$(PORT) LOANHUB_DEMO_MODE=$${LOANHUB_DEMO_MODE:-true} $(BIN)/python -m loanhub.cli.serve

serve: $(VENV)/.installed-run
	@LOANHUB_PORT=$(PORT) $(BIN)/python -m loanhub.cli.serve

build: $(VENV)/.installed-run
	@$(BIN)/python -m loanhub.cli.build

dev: $(VENV)/.installed-dev
	@LOANHUB_PORT=$(PORT) LOANHUB_DEVELOPMENT=true $(BIN)/reflex run

migrate: $(VENV)/.installed-run
	@$(BIN)/alembic upgrade head

# ---- check ----
format: $(VENV)/.installed-dev
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.installed-dev
	@$(BIN)/mypy

imports: $(VENV)/.installed-dev
	@$(BIN)/lint-imports

unit: $(VENV)/.installed-dev
	@$(BIN)/pytest -n 3 --dist worksteal --ignore=tests/journeys

journeys: $(VENV)/.installed-dev build
	@$(BIN)/python -m tests.journeys

# What keeps one core busy goes beside the other; what is timed goes alone.
test: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory -j 2 types build lint imports
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory journeys

# ---- upkeep: pinned with hashes, without any registry's address ----
COMPILE := --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe --no-header --no-annotate
lock: $(VENV)/.installed-dev
	@$(BIN)/pip-compile $(COMPILE) -o requirements/run.txt pyproject.toml
	@$(BIN)/pip-compile $(COMPILE) --extra dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml

clean:
	@rm -rf .web build .pytest_cache .mypy_cache .ruff_cache
