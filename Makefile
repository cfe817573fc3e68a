# Every target prepares .venv by itself, once; it is prepared again when the pins change.
#
#   make up      the whole clinic in the foreground      PORT=8000
#   make demo    one client's plan, intake to discharge, in virtual time
#   make test    the whole test suite                    TESTS=tests/care WORKERS=2
#   make check   format, lint, types, contracts, migrations, deployment   CHECK=types
#   make bench   the benchmarks                          BENCH=name
#   make screens the pictures in docs/screens, taken of a lively clinic     SCREENS=plan
#   make lock    pin the dependencies of pyproject.toml anew

SHELL  := /bin/sh
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
            $(if $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
BIN    := .venv/bin
PIP    := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input

PORT   ?= 8000
TESTS  ?= tests
WORKERS ?= 2
BENCH  ?=
CHECK  ?=
SCREENS ?=

.PHONY: help up demo test check bench screens lock
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

up: .venv/.installed
	@exec $(BIN)/limber up --port $(PORT)

demo: .venv/.installed
	@exec $(BIN)/limber demo

test: .venv/.installed-dev
	@exec $(BIN)/pytest --numprocesses $(WORKERS) --no-loadscope-reorder $(TESTS)

bench: .venv/.installed-dev
	@exec $(BIN)/limber bench $(BENCH)

check: .venv/.installed-dev
	@exec .ci/check $(CHECK)

screens: .venv/.installed-dev
	@exec $(BIN)/python -m tests.browser.take_screens $(SCREENS)

# -- the virtual environment -----------------------------------------------------------------------

.venv/bin/python:
	@test -n "$(PYTHON)" || { \
	  echo "Python 3.11 or newer was not found on PATH." >&2; \
	  echo "  → install it (Debian: apt-get install python3 python3-venv), or: make PYTHON=/path/to/python3" >&2; \
	  exit 1; }
	@echo "creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { \
	  rm -rf .venv; \
	  echo "The virtual environment could not be created." >&2; \
	  echo "  → Debian and Ubuntu keep that module apart: apt-get install python3-venv" >&2; \
	  exit 1; }

# The runtime and the embedded servers.
.venv/.installed: constraints.txt pyproject.toml | .venv/bin/python
	@$(call install,constraints.txt)
	@touch $@

# The same and the tools of the trade.
.venv/.installed-dev: constraints-dev.txt pyproject.toml | .venv/bin/python
	@$(call install,constraints-dev.txt)
	@touch .venv/.installed $@

# Hashes are checked and nothing is resolved: what was locked is what is installed.
define install
echo "installing $$(grep -c '==' $(1)) packages from $(1) (about half a minute, once)"
$(PIP) install --require-hashes --no-deps -r $(1)
echo "installing limber itself"
$(PIP) install --no-deps --no-build-isolation -e .
endef

# -- pins ------------------------------------------------------------------------------------------

COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes \
             --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host \
             --no-emit-find-links --no-emit-options

lock: .venv/.installed-dev
	@echo "locking constraints-dev.txt, and within it what runs here and what runs in production (three minutes)"
	@$(COMPILE) --extra local --extra dev --extra oidc --build-deps-for editable -o constraints-dev.txt pyproject.toml
	@$(COMPILE) --extra local --build-deps-for editable -c constraints-dev.txt -o constraints.txt pyproject.toml
	@$(COMPILE) --extra oidc --build-deps-for wheel -c constraints-dev.txt -o constraints-prod.txt pyproject.toml
