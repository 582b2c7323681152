#!/usr/bin/env bash
# Unpacks an archive into a root folder that has the C library and nothing else, and tries the programs there.
set -euo pipefail

fail() {
    printf 'dist: %s\n' "$1" >&2
    exit 1
}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tar --directory "$root" --extract --gzip --strip-components=1 --file "$1"
for library in $(ldd "$root"/bin/* | grep -o '/[^ ]*[^ :]' | grep -v "^$root" | sort -u); do
    case $(basename "$library") in
        ld-linux* | libc.so.* | libm.so.*) cp --dereference --parents "$library" "$root" ;;
        *) fail "the programs need $library, which is not part of the C library" ;;
    esac
done

if [ "$(id -u)" -eq 0 ]; then
    enter=(chroot "$root")
elif unshare --map-root-user true 2>/dev/null; then
    enter=(unshare --map-root-user chroot "$root")
else
    echo 'dist: not tried in an empty root, because this user may not change the root' >&2
    exit 0
fi
keys=(AWS_ACCESS_KEY_ID=AKIADEMO00000000BASE AWS_SECRET_ACCESS_KEY=any)
enter=(env --ignore-environment PATH="$PATH" "${keys[@]}" "${enter[@]}")

"${enter[@]}" /bin/portolan --version
"${enter[@]}" /bin/portolan --help >/dev/null
"${enter[@]}" /bin/portolan completions bash >/dev/null
# The simulator ends with this script, because its standard input does.
coproc SIMULATOR { exec "${enter[@]}" /bin/ecs-simulator --world small --until-stdin-closes; }
read -r url <&"${SIMULATOR[0]}"
"${enter[@]}" /bin/portolan sync --summary --endpoint-url "$url" --regions us-east-1 --output /ecs --record /pages.jsonl
"${enter[@]}" /bin/portolan map /pages.jsonl >"$root/mapped.jsonl"
[ "$(cat "$root"/ecs/Ecs*.jsonl | wc -l)" -eq "$(wc -l <"$root/mapped.jsonl")" ] ||
    fail "a sync and a mapping of its recorded pages give different numbers of records"
