# Every target does all of its own set-up: it makes the virtual environment if there
# is none, installs what constraints.txt pins, and runs. The set-up is repeated only
# when pyproject.toml or the constraints have changed.
#
#   make test                       the tests
#   make test PYTEST_ARGS="-k asha" some of them
#   make demo PYTHON=python3.12     with another Python
#   make test VENV=.venv-other      in another environment

PYTHON ?= python3
VENV ?= .venv
VENV_OLDEST ?= .venv-oldest
# The documentation has an environment of its own, so that a package that its extra lacks
# is missed.
VENV_DOC ?= .venv-doc
PYTEST_ARGS ?=
# Two processes for the tests that start workers, which mostly wait, and two for all others:
# tests/conftest.py. PYTEST_ARGS="-n 0" takes them one by one.
PARALLEL = -n 4 --dist loadgroup --no-loadscope-reorder
SPHINX_ARGS ?=
NAME ?=

BIN := $(VENV)/bin
# What other packages can break: what is pure Python needs no test on old versions (of the
# samplers, those with models of scikit-learn, scipy or cmaes do, and the contract of all),
# and neither do the faults that tests/model_selection/test_faults.py makes at random.
OLDEST_TESTS = tests/space tests/storage tests/execution \
    $(addprefix tests/samplers/test_,common.py surrogates.py costs.py kde.py cma_es.py) \
    tests/schedulers/test_curves.py tests/model_selection \
    tests/nas/networks tests/nas/test_persistence.py tests/nas/test_onnx.py \
    --deselect tests/model_selection/test_faults.py

.PHONY: help pictures demo test test-slow test-oldest coverage lint docstrings format types doc wheel clean
.DEFAULT_GOAL := help
# Two targets must not install into one environment at the same time.
.NOTPARALLEL:

help:
	@echo "make demo         GridSearchCV and its replacements side by side; pictures in demo/"
	@echo "make test         the tests and the examples of the docstrings and the guide"
	@echo "make test-slow    the tests marked slow"
	@echo "make test-oldest  tests on the oldest versions that we support"
	@echo "make coverage     the tests, and the lines that they do not run"
	@echo "make lint         ruff, codespell, numpydoc; make format mends what it can"
	@echo "make types        mypy"
	@echo "make doc          the documentation, in doc/_build/html"
	@echo "make pictures     those of the guide, in doc/pictures (NAME=hyperband for one)"
	@echo "make wheel        the package, and its sources with the tests, in dist/"
	@echo "make clean        remove what was built (not the environments)"

# Evaluations run in several processes; threads inside them would fight for the cores,
# and sums over another number of threads differ in their last digits.
test test-slow test-oldest coverage: export OMP_NUM_THREADS := 1
test test-slow test-oldest coverage: export OPENBLAS_NUM_THREADS := 1
test test-slow test-oldest coverage: export MKL_NUM_THREADS := 1
# Where the environment says that Python shall not keep what it has compiled, each of the
# many processes of the tests would compile the package and the tests again.
unexport PYTHONDONTWRITEBYTECODE
# No window opens.
test test-slow test-oldest coverage demo: export MPLBACKEND := Agg

demo: $(VENV)/.installed-plot
	mkdir -p demo
	$(BIN)/python doc/examples/comparisons/plot_replace_grid_search.py
	$(BIN)/python doc/examples/comparisons/plot_replace_grid_search_table.py

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(PARALLEL) --durations=10 $(PYTEST_ARGS)

test-slow: $(VENV)/.installed-test
	$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

test-oldest: $(VENV_OLDEST)/.installed-test-oldest
	$(VENV_OLDEST)/bin/python .ci/check_minimums.py
	$(VENV_OLDEST)/bin/python -m pytest $(PARALLEL) $(OLDEST_TESTS) $(PYTEST_ARGS)

coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --cov --cov-report=term $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	git ls-files -- $(DOCUMENTED) | xargs --no-run-if-empty $(BIN)/numpydoc lint

# Whose docstrings are the API reference. Those of nas inherit their constructor, which
# is seen at run time only: tests/test_public_api.py validates them.
DOCUMENTED = 'sklearn_automl/model_selection/*.py'

# Parameters that several classes have are described in the same words:
# `make docstrings FROM=HyperbandSearchCV` writes those of one class into the others.
docstrings:
	$(PYTHON) .ci/share_docstrings.py $(FROM)

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The second run finds names that Windows does not have.
types: $(VENV)/.installed-dev
	$(BIN)/mypy
	$(BIN)/mypy --platform win32

doc: $(VENV_DOC)/.installed-doc
	$(VENV_DOC)/bin/python -m sphinx -j auto -W --keep-going -b html -d doc/_build/doctrees \
	    $(SPHINX_ARGS) doc doc/_build/html
	$(VENV_DOC)/bin/python .ci/check_doc_links.py doc/_build/html \
	    $(if $(findstring plot_gallery=0,$(SPHINX_ARGS)),--no-gallery)
	$(VENV_DOC)/bin/python .ci/check_doc_search.py doc/_build/html

# The guide's pictures are in git, because the runs that they show take minutes.
pictures: export OMP_NUM_THREADS := 1
pictures: export MPLBACKEND := Agg
pictures: $(VENV)/.installed-test
	$(BIN)/python doc/pictures/make.py $(NAME)

# setuptools copies into build/ and never removes from it, and packs what an old
# SOURCES.txt lists: start without them.
wheel: $(BIN)/python
	rm -rf build dist *.egg-info
	$(call install-tools,$(VENV))
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python -c "from setuptools import build_meta; build_meta.build_sdist('dist')" >build/sdist.log

clean:
	rm -rf build dist demo *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache
	rm -rf doc/_build doc/auto_examples doc/generated doc/sg_execution_times.rst
	find sklearn_automl tests benchmarks doc .ci -name __pycache__ -prune -exec rm -r {} + 2>/dev/null; true

# ---- set-up ----------------------------------------------------------------------

# The tools that build the package are pinned like all others, hence no isolation.
install-tools = $(1)/bin/python -m pip install --quiet --constraint constraints.txt pip setuptools
install = $(1)/bin/python -m pip install --quiet --constraint $(2) --no-build-isolation --editable ".[$*]"

$(BIN)/python $(VENV_OLDEST)/bin/python $(VENV_DOC)/bin/python:
	$(PYTHON) -m venv $(@:/bin/python=)

$(VENV)/.installed-%: pyproject.toml constraints.txt | $(BIN)/python
	$(call install-tools,$(VENV))
	$(call install,$(VENV),constraints.txt)
	touch $@

$(VENV_DOC)/.installed-%: pyproject.toml constraints.txt | $(VENV_DOC)/bin/python
	$(call install-tools,$(VENV_DOC))
	$(call install,$(VENV_DOC),constraints.txt)
	touch $@

$(VENV_OLDEST)/.installed-%: pyproject.toml constraints-oldest.txt | $(VENV_OLDEST)/bin/python
	$(call install-tools,$(VENV_OLDEST))
	$(call install,$(VENV_OLDEST),constraints-oldest.txt)
	touch $@
