"""Writes what is linked into the programs: their licences as one text, and a bill of materials (CycloneDX).

    python3 packaging/bill.py TRIPLE FOLDER

cargo-cyclonedx does not know that the program contains the stock mappers, lists macros that only compile, and
has no texts. So this asks cargo itself, by name and version of what it links. The same Cargo.lock gives the same
bytes; the time is SOURCE_DATE_EPOCH, if that is set.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ["portolan", "portolan-tests"]
MAPPERS = "wasm32-unknown-unknown"
GUESTS = ["guest-mappers", "guest-assessors"]
LICENCE_FILE = re.compile(r"(un)?licen[cs]e|copying|copyright|notice", re.IGNORECASE)
NO_TEXT = {".rs", ".yml"}


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def linked(target, packages):
    """Names and versions of what cargo links into packages for a target."""
    chosen = [argument for package in packages for argument in ("--package", package)]
    tree = output(
        "cargo", "tree", "--locked", "--edges", "normal,no-proc-macro", "--target", target,
        "--prefix", "none", "--no-dedupe", "--format", "{p}", *chosen,
    )  # fmt: skip
    return {tuple(line.split()[:2]) for line in tree.splitlines() if line}


def collect(triple):
    """The packages that are linked, and who uses whom among them."""
    # Packages of other platforms are not downloaded for this.
    platforms = [argument for target in (triple, MAPPERS) for argument in ("--filter-platform", target)]
    metadata = json.loads(output("cargo", "metadata", "--locked", "--format-version", "1", *platforms))
    members = set(metadata["workspace_members"])
    stock = [
        package["name"]
        for package in metadata["packages"]
        if package["id"] in members
        and any(Path(package["manifest_path"]).is_relative_to(ROOT / folder) for folder in GUESTS)
        and any("cdylib" in target["kind"] for target in package["targets"])
    ]
    names = linked(triple, PROGRAMS) | linked(MAPPERS, stock)
    packages = [it for it in metadata["packages"] if (it["name"], "v" + it["version"]) in names]
    packages.sort(key=lambda it: (it["name"], it["version"]))
    assert len(packages) == len(names), "two linked packages have one name and version"
    ids = {it["id"] for it in packages}
    uses = {
        node["id"]: {
            dependency["pkg"]
            for dependency in node["deps"]
            if dependency["pkg"] in ids and any(it["kind"] is None for it in dependency["dep_kinds"])
        }
        for node in metadata["resolve"]["nodes"]
        if node["id"] in ids
    }
    # The host does not depend on what it embeds.
    sandbox = next(it["id"] for it in packages if it["name"] == "portolan-sandbox")
    uses[sandbox] |= {it["id"] for it in packages if it["name"] in stock}
    return packages, uses


def expression(package):
    """A licence as SPDX writes it; `/` is an earlier spelling of OR."""
    licence = package["license"]
    if not licence:
        sys.exit(f"{package['name']} {package['version']} names no licence; say in packaging/bill.py what it has")
    return re.sub(r"\s*/\s*", " OR ", licence)


def label(package):
    return f"{package['name']} {package['version']} ({expression(package)})"


def texts(package):
    """The licences and notices that a package ships, those of bundled C code included."""
    if package["source"] is None:
        return [(ROOT / "LICENSE").read_text().strip()]
    folder = Path(package["manifest_path"]).parent
    found = sorted(
        path
        for path in folder.rglob("*")
        if (LICENCE_FILE.match(path.name) or path.parent.name == "LICENSES")
        and path.is_file()
        and path.suffix not in NO_TEXT
    )
    return [path.read_text(encoding="utf-8", errors="replace").strip() for path in found]


def standard(package, users):
    """For a package without a text: the one that most packages of its licence have, with its own authors."""
    suffix = f"({expression(package)})"
    common = max(users, key=lambda text: sum(each.endswith(" " + suffix) for each in users[text]))
    if not any(each.endswith(" " + suffix) for each in users[common]):
        sys.exit(f"{label(package)} ships no text of its licence, and no other package has it; add it to packaging")
    _, permission, rest = common.partition("Permission is hereby granted")
    holders = ", ".join(package["authors"]) or f"the authors of {package['name']}"
    return f"Copyright (c) {holders}\n\n{permission}{rest}" if permission else common


def licences(packages):
    """Every text once, below the names of its packages."""
    users, bare = defaultdict(list), []
    for package in packages:
        found = dict.fromkeys(texts(package))
        for text in found:
            users[text].append(label(package))
        bare += [] if found else [package]
    for text, package in [(standard(package, users), package) for package in bare]:
        users[text].append(label(package))
    parts = ["Licences of what is linked into portolan and ecs-simulator. Each text stands below its packages.", ""]
    for text, labels in sorted(users.items(), key=lambda it: (it[1], it[0])):
        parts += ["=" * 100, *labels, "-" * 100, text, ""]
    return "\n".join(parts)


def component(package, checksums):
    name, version = package["name"], package["version"]
    checksum = checksums.get((name, version))
    return {
        "type": "library",
        "bom-ref": reference(package),
        "name": name,
        "version": version,
        "scope": "required",
        **({"hashes": [{"alg": "SHA-256", "content": checksum}]} if checksum else {}),
        "licenses": [{"expression": expression(package)}],
        "purl": reference(package),
    }


def reference(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def runtime(name, version, licence):
    """What the compilers add."""
    purl = f"pkg:generic/{name}@{version}"
    licences = [{"expression": licence}]
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "licenses": licences, "purl": purl}


def bill(packages, uses):
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(it["name"], it["version"]): it.get("checksum") for it in lock}
    components = {it["id"]: component(it, checksums) for it in packages}
    program = next(it for it in packages if it["name"] == "portolan")
    metadata = {"component": {**components.pop(program["id"]), "type": "application"}}
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        metadata = {"timestamp": datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), **metadata}
    compiler = output("rustc", "--version").split()[1]
    linker = output("cc", "-dumpversion").strip()
    runtimes = [
        runtime("rust-std", compiler, "MIT OR Apache-2.0"),
        runtime("libgcc_eh", linker, "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ]
    by_id = {it["id"]: reference(it) for it in packages}
    graph = [{"ref": by_id[id], "dependsOn": sorted(by_id[on] for on in on_whom)} for id, on_whom in uses.items()]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": [*components.values(), *runtimes],
        "dependencies": sorted(graph, key=lambda it: it["ref"]),
    }


def main(triple, folder):
    packages, uses = collect(triple)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "THIRD-PARTY.txt").write_text(licences(packages), encoding="utf-8")
    (folder / "portolan.cdx.json").write_text(json.dumps(bill(packages, uses), indent=1) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
