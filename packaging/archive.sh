#!/usr/bin/env bash
# Makes target/dist/portolan-VERSION-TRIPLE.tar.gz: the programs, man pages, completions, documents, licences of what
# is linked, and a bill of materials. One commit and one set of compilers give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C

OUT=target/dist
BUILD=$OUT/build

fail() {
    printf 'dist: %s\n' "$1" >&2
    exit 1
}

[ "$(uname -s)" = Linux ] || fail "archives are made on Linux, because the program is linked against its C library"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} ||
    fail "this is not a clone; set SOURCE_DATE_EPOCH to the time of the release, in seconds since 1970"
export SOURCE_DATE_EPOCH
[ -z "$(git status --porcelain 2>/dev/null)" ] ||
    echo 'dist: files differ from the commit that the program will name; commit them before a release' >&2

triple=$(rustc -vV | sed -n 's/^host: //p')
version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
name=portolan-$version-$triple
stage=$OUT/$name
rm -rf "$stage" "$OUT"/portolan-*
mkdir -p "$OUT/link" "$stage/bin" "$stage/share/man/man1" "$stage/share/doc/portolan"

# Panics name files, by these names instead of folders of this machine.
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
standard=$(rustc --print sysroot)/lib/rustlib/src/rust
flags=(--remap-path-prefix="$PWD"=/portolan --remap-path-prefix="$sources"=/crates
    --remap-path-prefix="$standard"="/rustc/$(rustc -vV | sed -n 's/^commit-hash: //p')")
# Unwinding is linked in, because libgcc_s is not part of the C library. Its name leads to the static library here.
echo 'INPUT(-lgcc_eh)' >"$OUT/link/libgcc_s.so"
flags+=(-Lnative="$OUT/link")
# A folder of its own, because these flags would compile everything in target/release again.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && printf '%s' "${flags[*]}") CARGO_PROFILE_RELEASE_STRIP=symbols \
    cargo build --release --locked --target "$triple" --target-dir "$BUILD" \
    --package portolan --package portolan-tests --bins
cp "$BUILD/$triple/release/portolan" "$BUILD/$triple/release/ecs-simulator" "$stage/bin/"

"$stage/bin/portolan" man-pages "$stage/share/man/man1"
while read -r shell file; do
    mkdir -p "$(dirname "$stage/share/$file")"
    "$stage/bin/portolan" completions "$shell" >"$stage/share/$file"
done <<'END'
bash bash-completion/completions/portolan
zsh zsh/site-functions/_portolan
fish fish/vendor_completions.d/portolan.fish
END
cp --parents README.md CHANGELOG.md LICENSE SECURITY.md ARCHITECTURE.md guest-mappers/README.md host/docs/*.md \
    "$stage/share/doc/portolan/"
python3 packaging/bill.py "$triple" "$stage/share/doc/portolan"
# Debian's compiler keeps this elsewhere, and its package says the same.
library=$(rustc --print sysroot)/share/doc/rust/COPYRIGHT-library.html
if [ -f "$library" ]; then cp "$library" "$stage/share/doc/portolan/RUST-LIBRARY.html"; fi

tar --directory "$OUT" --create --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX \
    --mtime="@$SOURCE_DATE_EPOCH" "$name" | gzip -9n >"$OUT/$name.tar.gz"
cp "$stage/share/doc/portolan/portolan.cdx.json" "$OUT/$name.cdx.json"
rm -rf "$stage"
(cd "$OUT" && sha256sum "$name.tar.gz" "$name.cdx.json" | tee SHA256SUMS)
packaging/try.sh "$OUT/$name.tar.gz"
