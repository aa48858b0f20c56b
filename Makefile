# make demo     train the digits model, draw it, save it, load it back
# make test     lint, tests, parity with Keras, doctests; make test XLA_FLAGS= compiles as for users, which takes longer
# make faults   kill a training 102 times: it must end as if nothing had happened
# make bench    Hornbeam beside its peers, in one run; make bench ROWS="fit predict" picks rows
# make bench-gpu  training steps of large models on an NVIDIA GPU, likewise
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PIP := -m pip install --quiet --disable-pip-version-check --no-compile  # what is imported is compiled then
ROWS ?=
unexport PYTHONDONTWRITEBYTECODE  # a hundred processes start below: each would compile every module anew

.DEFAULT_GOAL := help
.PHONY: help demo test lint format parity coverage faults docs bench bench-gpu surface lock clean

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/demo.stamp  ## Train the digits model, draw it, save it, load it back
	$(RUN) examples/demo.py

test: lint $(VENV)/dev.stamp  ## Lint, tests, parity with Keras, doctests
	$(RUN) -m pytest -q -n 2

lint: $(VENV)/dev.stamp  ## Ruff and pyright
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright

format: $(VENV)/dev.stamp  ## Lay the code out, and mend what ruff can mend
	$(RUN) -m ruff check --fix-only --quiet .
	$(RUN) -m ruff format .

parity: $(VENV)/dev.stamp  ## Compare with Keras on JAX
	$(RUN) -m pytest -q tests/parity

coverage: $(VENV)/dev.stamp  ## How many of Keras's names, arguments and members are here
	$(RUN) -m tests.parity.coverage

faults: $(VENV)/dev.stamp  ## Kill a training 102 times at random moments; it must end as one that nobody disturbed
	HORNBEAM_KILLS=34 $(RUN) -m pytest -q tests/faults

docs: $(VENV)/dev.stamp  ## The reference, in build/docs
	$(RUN) -m pdoc --docformat google --output-directory build/docs hornbeam

bench: $(VENV)/demo.stamp .bench/keras/stamp .bench/torch/stamp .bench/tf/stamp  ## Hornbeam beside its peers (ROWS="fit predict" picks)
	$(RUN) -m benchmarks $(ROWS)

bench-gpu: .bench/gpu/stamp  ## Training steps of large models on an NVIDIA GPU, in ten minutes (PYTHON=python3.12)
	.bench/gpu/bin/python -m benchmarks.gpu $(ROWS)

surface: $(VENV)/dev.stamp  ## Rewrite the list of public names; read its diff before committing it
	$(RUN) -m tests.test_surface

lock: $(VENV)/dev.stamp  ## Take the newest versions into the lock files
	$(RUN) $(PIP) uv
	cd requirements && for name in dev demo bench-keras bench-torch bench-tf; do \
		if [ $$name = bench-torch ]; then how=--no-deps; else how=--generate-hashes; fi; \
		../$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
			--custom-compile-command "make lock" $$how $$name.in --output-file $$name.lock || exit 1; \
	done
	cd requirements && ../$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.12 \
		--fork-strategy fewest --custom-compile-command "make lock" --generate-hashes bench-gpu.in \
		--output-file bench-gpu.lock

clean:  ## Remove everything that make has made
	rm -rf build dist .bench .hypothesis .pytest_cache .ruff_cache $(VENV)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Virtual environments: made anew when a lock file changes.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Hornbeam needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Say 'make PYTHON=python3.11'." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: requirements/demo.lock pyproject.toml | $(VENV)/bin/python
	$(RUN) $(PIP) --require-hashes -r requirements/demo.lock
	$(RUN) $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/demo.stamp
	$(RUN) $(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

.bench/%/stamp: requirements/bench-%.lock | $(VENV)/bin/python
	$(PYTHON) -m venv --clear .bench/$*
	.bench/$*/bin/python $(PIP) --require-hashes -r $<
	@touch $@

# Dependencies are listed in full and not followed, so that no CUDA package comes in.
.bench/torch/stamp: requirements/bench-torch.lock | $(VENV)/bin/python
	$(PYTHON) -m venv --clear .bench/torch
	.bench/torch/bin/python $(PIP) --no-deps -r requirements/bench-torch.lock
	@touch $@

# Of its own Python: JAX 0.11 needs 3.12.
.bench/gpu/stamp: requirements/bench-gpu.lock
	$(PYTHON) -m venv --clear .bench/gpu
	.bench/gpu/bin/python $(PIP) --require-hashes -r requirements/bench-gpu.lock
	@touch $@
