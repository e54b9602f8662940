# carbonzone: one entry point. `make help` lists the targets.
SHELL := /bin/bash
CARGO ?= cargo
# How hard our crates are compiled, if not as they ship (`ci` sets it).
LEVELS ?=
cargo = $(CARGO) $(LEVELS)
PARCELS ?= 100000
SEED ?= 2020
WHOLE ?= 1000000
REPEAT ?= 3
STAGES ?= 200000
SAMPLE ?= 20000
CZ := target/release/carbonzone
SYNTH := build/synth
PURE := carbonzone-types carbonzone-sheet carbonzone-inventory carbonzone-geom carbonzone-spatialize carbonzone-zoning carbonzone-confidence carbonzone-synth carbonzone-report carbonzone-scale
PY := crates/carbonzone-py
# What Cargo tests: the Python module is tested from Python.
RUST := --workspace --exclude carbonzone-py
WHEEL := build/wheel/.made
PY_SOURCES := $(shell find $(PY) -type f \( -name '*.rs' -o -name '*.py' -o -name '*.pyi' -o -name '*.toml' -o -name '*.lock' \) -not -path '*/tests/*')
SOURCES := Cargo.toml Cargo.lock $(shell find crates -type f \( -name '*.rs' -o -name 'Cargo.toml' -o -name '*.js' -o -name '*.css' -o -name '*.html' -o -path '*/data/*' -o -path '*/assets/*' -o -path '*/templates/*' \) -not -path '*/tests/*' -not -path 'crates/carbonzone-py/*') $(shell find fixtures -type f)
export CARBONZONE_COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

.DEFAULT_GOAL := help
.PHONY: help setup build suzhou suzhou-inventory suzhou-2035 cambridge guiyang henan maps test pure test-core check fmt lint doc deny oracle oracle-cities fuzz bless validate bench bench-run bench-peers bench-python qgis-check qgis-plugin qgis-plugin-check report-check lint-python wheel test-python test-scale province notebooks ci ci-python clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: ## install libgdal if it is missing (says what it does)
	@scripts/bootstrap

$(CZ): $(SOURCES)
	@scripts/bootstrap
	$(cargo) build --release --locked -p carbonzone-cli
	@touch $(CZ)

build: $(CZ) ## the release binary

# ---------------------------------------------------------------- Suzhou
$(SYNTH)/suzhou/.made-$(PARCELS)-$(SEED): $(CZ)
	@mkdir -p $(SYNTH)
	@rm -f $(SYNTH)/suzhou/.made-*
	$(CZ) synth suzhou --parcels $(PARCELS) --seed $(SEED) --out $(SYNTH)/suzhou
	@touch $@

out/suzhou/run.json: $(SYNTH)/suzhou/.made-$(PARCELS)-$(SEED) pipelines/suzhou.toml
	$(CZ) run pipelines/suzhou.toml --out out/suzhou --no-summary --overwrite
	@touch $@

suzhou: out/suzhou/run.json ## the synthetic Suzhou from a fresh clone to zones on a map (PARCELS=100000 SEED=2020)
	@$(CZ) show out/suzhou

out/suzhou-inventory/run.json: $(SYNTH)/suzhou/.made-$(PARCELS)-$(SEED) pipelines/suzhou-inventory.toml
	$(CZ) run pipelines/suzhou-inventory.toml --out out/suzhou-inventory --no-summary --overwrite
	@touch $@

suzhou-inventory: out/suzhou-inventory/run.json ## the same city with totals computed from a (synthetic) yearbook
	@$(CZ) show out/suzhou-inventory

out/suzhou-2035/run.json: $(SYNTH)/suzhou/.made-$(PARCELS)-$(SEED) pipelines/suzhou-2035.toml
	$(CZ) run pipelines/suzhou-2035.toml --out out/suzhou-2035 --no-summary --overwrite
	@touch $@

suzhou-2035: out/suzhou-2035/run.json ## the same city in 2035: a trend, and a plan with 5 % of industrial land green and electric buildings
	@$(CZ) show out/suzhou-2035

# ---------------------------------------------------------------- Cambridge, Massachusetts
out/cambridge/run.json: $(CZ) pipelines/cambridge.toml $(wildcard pipelines/examples/schemes/*.csv fixtures/cambridge_ma/*)
	$(CZ) run pipelines/cambridge.toml --out out/cambridge --no-summary --overwrite
	@touch $@

cambridge: out/cambridge/run.json ## a real city that ships: 13,115 cadastral parcels, illustrative totals
	@$(CZ) show out/cambridge

# ---------------------------------------------------------------- Guiyang and Henan
$(SYNTH)/%/.made-$(SEED): $(CZ)
	@mkdir -p $(SYNTH)
	@rm -f $(SYNTH)/$*/.made-*
	$(CZ) synth $* --seed $(SEED) --out $(SYNTH)/$*
	@touch $@

out/guiyang-published/run.json: $(CZ) pipelines/guiyang-published.toml $(wildcard fixtures/guiyang/published/*.csv)
	$(CZ) run pipelines/guiyang-published.toml --out out/guiyang-published --no-summary --overwrite
	@touch $@

out/guiyang/run.json: $(SYNTH)/guiyang/.made-$(SEED) pipelines/guiyang.toml
	$(CZ) run pipelines/guiyang.toml --out out/guiyang --no-summary --overwrite
	@touch $@

guiyang: out/guiyang-published/run.json out/guiyang/run.json ## the Guiyang paper recomputed cell by cell, and its method on synthetic counties
	@$(CZ) show out/guiyang-published
	@$(CZ) show out/guiyang

out/henan/run.json: $(SYNTH)/henan/.made-$(SEED) pipelines/henan.toml
	$(CZ) run pipelines/henan.toml --out out/henan --no-summary --overwrite
	@touch $@

henan: out/henan/run.json ## twenty years of emission, absorption and imbalance risk in a synthetic Henan
	@$(CZ) show out/henan

maps: $(CZ) ## regenerate figures, QGIS project and report of out/suzhou without computing (RUN=out/suzhou)
	$(CZ) maps $(or $(RUN),out/suzhou)

# ---------------------------------------------------------------- quality
test: setup pure ## every test
	$(cargo) test --release $(RUST) --locked --tests
	$(cargo) test --release $(RUST) --locked --doc

pure: ## no crate but io, the library of the study and the command has native code under it
	@! $(CARGO) tree --locked -e normal,build,dev $(addprefix -p ,$(PURE)) | grep -E '(gdal|geos|proj|sqlite3)-sys' || { echo 'a pure crate links native code'; exit 1; }

test-core: pure ## the tests of those crates alone, on a machine without libgdal
	PKG_CONFIG_LIBDIR=/nonexistent GDAL_HOME=/nonexistent $(cargo) test --release --locked $(addprefix -p ,$(PURE))

check: ## cargo check of everything
	$(cargo) check --release --workspace --all-targets --locked

fmt: ## format the code
	$(CARGO) fmt --all

lint: ## rustfmt and clippy, warnings are errors; how many crates the command compiles
	$(CARGO) fmt --all --check
	$(cargo) clippy --release --workspace --all-targets --locked -- -D warnings
	@n=$$($(CARGO) tree --locked -p carbonzone-cli -e normal,build --prefix none | sed 's/ (.*//' | sort -u | grep -c .); \
	test $$n -le 170 || { echo "the command compiles $$n crates, 170 at most (docs/adr/0030-170-crates.md)"; exit 1; }

doc: ## API documentation, warnings are errors
	RUSTDOCFLAGS='-D warnings' $(cargo) doc --release --workspace --no-deps --locked

deny: ## licences, advisories, bans (needs cargo-deny)
	$(CARGO) deny check

bless: ## record golden files anew; review the diff
	INSTA_UPDATE=always $(cargo) test --release --locked -p carbonzone-cli -p carbonzone-report

CITIES ?= 240
FIRST ?= 0
oracle-cities: $(CZ) ## random whole cities against numpy and GEOS (CITIES=240 FIRST=0)
	scripts/venv build/venv-oracle oracle/requirements.txt
	build/venv-oracle/bin/python oracle/random_cities.py $(CZ) $(CITIES) $(FIRST)

FUZZ ?= 20000
fuzz: setup ## change files of every format and read them, with limits on memory, time and output (FUZZ=20000)
	CARBONZONE_FUZZ=$(FUZZ) $(cargo) test --release --locked -p carbonzone-cli --test fuzz -- --nocapture

EXPECTED := $(shell git ls-files '*/tests/expected/*.json')
oracle: out/guiyang/run.json out/suzhou/run.json $(CZ) ## ask GEOS, exactextract, tobler, scipy, SALib again: expected values, the peer's townships, random cities
	scripts/venv build/venv-oracle oracle/requirements.txt
	scripts/venv build/venv-trend oracle/requirements-trend.txt
	scripts/venv build/venv-confidence oracle/requirements-confidence.txt
	scripts/venv build/venv-statistics oracle/requirements-statistics.txt
	build/venv-oracle/bin/python oracle/geom_expected.py
	build/venv-oracle/bin/python oracle/zonal_expected.py
	build/venv-oracle/bin/python oracle/cambridge_expected.py
	build/venv-oracle/bin/python oracle/via_grid.py out/suzhou
	build/venv-trend/bin/python oracle/trend_expected.py crates/carbonzone-zoning/tests/expected/trend.json
	build/venv-confidence/bin/python oracle/confidence_expected.py
	build/venv-statistics/bin/python oracle/statistics_expected.py
	python3 oracle/same_numbers.py $(EXPECTED)
	build/venv-oracle/bin/python oracle/zonal_guiyang.py out/guiyang $(SYNTH)/guiyang
	$(cargo) build --release --locked -p carbonzone-geom --example pair_areas
	build/venv-oracle/bin/python oracle/differential_geos.py target/release/examples/pair_areas 100000
	build/venv-oracle/bin/python oracle/peer_townships.py $(CZ) build/oracle-peer 5000
	$(MAKE) oracle-cities

validate: ## the method against a hundred synthetic cities with a known truth (docs/validation.md); a coverage outside its band fails
	$(cargo) build --release --locked -p carbonzone --example validate
	target/release/examples/validate pipelines/suzhou.toml --out build/validation

bench: ## criterion benches of the kernels
	$(CARGO) bench --locked -p carbonzone-geom

bench-run: $(CZ) ## whole runs of a large city, stage by stage (WHOLE=1000000 REPEAT=3; BUILDS="old=PATH new=PATH" against each other)
	scripts/bench_run.py --parcels $(WHOLE) --repeat $(REPEAT) --markdown build/bench-run.md $(or $(BUILDS),$(CZ))

bench-peers: $(CZ) ## the same job with shapely, tobler, exactextract, ... in the same run (WHOLE=1000000 REPEAT=3 STAGES=200000)
	scripts/venv build/venv-peers oracle/requirements-peers.txt
	$(cargo) build --release --locked -p carbonzone-geom --example kernel_times
	cd bench-peers && $(CARGO) build --release --locked
	build/venv-peers/bin/python scripts/bench_peers.py --whole $(WHOLE) --repeat $(REPEAT) --parcels $(STAGES) --markdown build/bench-peers.md
	$(MAKE) bench-python

bench-python: $(WHEEL) ## the Python part of it: kernels of the wheel beside geopandas, tobler, exactextract (STAGES=200000 SAMPLE=20000)
	scripts/venv build/venv-peers oracle/requirements-peers.txt
	$(cargo) build --release --locked -p carbonzone-geom --example kernel_times
	build/venv-peers/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps build/wheel/carbonzone-*.whl
	target/release/examples/kernel_times $(STAGES) 1 build/bench-layers > /dev/null
	build/venv-peers/bin/python scripts/bench_python.py build/bench-layers --sample $(SAMPLE) --markdown build/bench-python.md

qgis-check: $(or $(RUN),out/suzhou)/run.json ## open project, GeoPackage and loose files in a real QGIS (RUN=out/suzhou)
	scripts/qgis-check $(or $(RUN),out/suzhou)

qgis-plugin: ## the zip of the QGIS plugin, with the checks of the plugin repository that run offline
	scripts/qgis-plugin

qgis-plugin-check: $(CZ) ## every algorithm of the plugin in a real headless QGIS, values beside the command's
	scripts/qgis-plugin-check

report-check: out/suzhou/run.json ## drive the report in a headless Chromium with the network off
	scripts/report-check out/suzhou

# ---------------------------------------------------------------- Python

$(WHEEL): $(CZ) $(PY_SOURCES)
	scripts/wheel build/wheel $(CZ)
	@touch $@

lint-python: ## no native library is under the Python module (rustfmt, clippy and documentation: `make lint doc`)
	@! $(CARGO) tree --locked -p carbonzone-py -e normal,build | grep -E '(gdal|geos|proj|sqlite3|zstd)-sys' || { echo 'the Python module links native code'; exit 1; }

wheel: $(WHEEL) test-python ## the Python wheel in build/wheel, with the command inside, tried in a fresh environment

test-python: $(WHEEL) ## the tests of the wheel, in a fresh environment
	scripts/test-python build/wheel

SCALE_CITIES ?= 13
SCALE_PARCELS ?= 20000
province: $(WHEEL) ## a synthetic province on Spark local[2] (pyspark from PyPI, Java of the system), bit by bit beside the command (SCALE_CITIES=13 SCALE_PARCELS=20000)
	scripts/province $(CZ) build/wheel $(SCALE_CITIES) $(SCALE_PARCELS)

test-scale: $(WHEEL) ## the adapters of carbonzone.scale on a real Spark and DataFusion, faults included (not part of ci)
	scripts/province $(CZ) build/wheel tests

notebooks: $(WHEEL) ## run the notebooks and render them into docs/notebooks
	scripts/notebooks build/wheel

# Beside the tests of the crates: much of it is one process, or waits for packages. What it says comes in one piece.
ci-python:
	@mkdir -p build
	@($(MAKE) lint-python && $(MAKE) test-python) > build/ci-python.txt 2>&1 || { cat build/ci-python.txt; exit 1; }
	@cat build/ci-python.txt

# Most of what CI compiles it runs once: programs of tests and the crates with the most code and no kernels are not optimised.
# No number depends on it.
ci: export LEVELS := --config $(CURDIR)/.ci/levels.toml
ci: export RUSTC_WRAPPER := $(CURDIR)/.ci/rustc
ci: setup lint doc ## exactly what CI runs
	$(MAKE) -j2 test ci-python
	$(MAKE) suzhou PARCELS=5000
	set -o pipefail; $(MAKE) suzhou PARCELS=5000 | tee build/second-run.txt
	@! grep -E 'Compiling|written to' build/second-run.txt || { echo 'the second make suzhou did work again'; exit 1; }
	@git diff --exit-code || { echo 'the tree is not clean after ci'; exit 1; }
	@touch -d 2000-01-01 $(CZ) # so that the next build is one as it ships

clean: ## remove outputs and build products
	rm -rf out build target
