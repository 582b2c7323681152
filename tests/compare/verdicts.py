"""Writes Prowler's verdicts on the world of `tests/moto/traps.py`, for the test that compares them with Portolan's.

    target/venv-moto/bin/python tests/compare/verdicts.py PROWLER_PYTHON

Every line of `tests/compare/prowler.jsonl` but the first is a subject, with the names of the checks by their verdict.
"""

import collections, importlib.metadata, json, os, subprocess, sys, tempfile
from pathlib import Path

import peers

VERSIONS = "import importlib.metadata as it, json; print(json.dumps([it.version(p) for p in ('prowler', 'kingfisher-bin')]))"

def main(prowler_python):
    folder = Path(__file__).parent
    scripts = folder.parent / "moto"
    sys.path.insert(0, str(scripts))
    import traps
    with peers.moto_server(scripts) as url, tempfile.TemporaryDirectory() as output:
        traps.fill(url)
        environment = os.environ | {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": next(iter(traps.LOG_MODES)),
                                    "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        command = [Path(prowler_python).with_name("prowler"), "aws", "--service", "ecs", "-M", "json-ocsf", "-o", output,
                   "-F", "verdicts", "-f", *traps.LOG_MODES]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, timeout=540)  # 3 says that a check fails
        findings = json.loads(Path(output, "verdicts.ocsf.json").read_bytes())
    versions = json.loads(subprocess.run([prowler_python, "-c", VERSIONS], check=True, capture_output=True).stdout)
    subjects = collections.defaultdict(lambda: collections.defaultdict(list))
    for finding in findings:
        arn = finding["resources"][0]["uid"].split(":", 5)
        subject = f"{arn[3]} {arn[5].partition('/')[2]}"
        subjects[subject][finding["status_code"]].append(finding["metadata"]["event_code"])
    lines = [dict(zip(("prowler", "kingfisher"), versions)) | {"moto": importlib.metadata.version("moto")}]
    for subject, checks in sorted(subjects.items()):
        lines.append({"subject": subject} | {verdict: sorted(names) for verdict, names in sorted(checks.items())})
    (folder / "prowler.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

if __name__ == "__main__":
    main(sys.argv[1])
