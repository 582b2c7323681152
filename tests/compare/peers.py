"""Runs Cartography's and Prowler's ECS fetching and Portolan on one moto world, behind a proxy that counts calls.

    target/venv-moto/bin/python tests/compare/peers.py CARTOGRAPHY_PYTHON PROWLER_PYTHON PORTOLAN OUTPUT_FOLDER [REPOSITORY]

Prints a line of JSON for each run. moto does not page and lists stopped tasks unasked; the proxy makes up for that.
Rounds: `plain`; `faults`: a service gone between List and Describe, a revision that cannot be described, a cluster whose
services may not be listed; `bucket`: 600 more revisions, and the token bucket that AWS publishes for task definitions.
"""
import collections, contextlib, http.client, http.server, json, os, re, subprocess, sys, threading, time, types
from pathlib import Path

REGIONS, ACCOUNT = ["us-east-1", "eu-west-1"], "123456789012"
GONE, BROKEN, DENIED = "/storefront/shop-007", "/reports:3", "/harvest"  # what the faults hit in both Regions
calls, mode, moto, bucket, lock = collections.Counter(), [""], [""], {}, threading.Lock()

def throttled(region):
    with lock:  # 50 at once, then 20 a second
        now = time.monotonic()
        level, then = bucket.get(region, (50.0, now))
        level = min(50.0, level + 20 * (now - then))
        bucket[region] = (level - (level >= 1), now)
        return level < 1

def refusal(operation, asked, region):
    if mode[0] == "bucket" and operation == "DescribeTaskDefinition" and throttled(region):
        return "ThrottlingException"
    if mode[0] == "faults" and operation == "DescribeTaskDefinition" and asked["taskDefinition"].endswith(BROKEN):
        return "ClientException"
    if mode[0] == "faults" and operation == "ListServices" and asked["cluster"].endswith(DENIED):
        return "AccessDeniedException"

class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version, log_message = "HTTP/1.1", lambda *_: None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        service, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        ecs = service.startswith("AmazonEC2ContainerService")
        if ecs:
            asked = json.loads(body)
            size = asked.pop("maxResults", 10 if operation == "ListServices" else 100)
            start = int(asked.pop("nextToken", 0))
            code = refusal(operation, asked, self.headers["Authorization"].split("/")[2])
            with lock:
                calls.update([operation] + [f"{operation} {code}"] * bool(code))
            if code:
                return self.answer(400, json.dumps({"__type": code, "message": "by the proxy"}).encode())
            if operation == "ListTasks":
                asked.setdefault("desiredStatus", "RUNNING")
            if operation == "DescribeCapacityProviders":  # moto knows them by name only
                asked.setdefault("capacityProviders", ["hangar"])
            if operation == "DescribeServices" and mode[0] == "faults":
                asked["services"] = [arn + "-gone" * arn.endswith(GONE) for arn in asked["services"]]
            body = json.dumps(asked).encode()
        else:
            action = re.search(rb"Action=(\w+)", body)
            calls.update([f"other {operation or (action[1].decode() if action else self.path)}"])
        own = ("content-length", "accept-encoding", "connection")
        upstream = http.client.HTTPConnection(moto[0])
        upstream.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() not in own})
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        if ecs and operation.startswith("List") and reply.status == 200:
            answer = json.loads(content)
            for member, rows in [it for it in answer.items() if isinstance(it[1], list)]:
                answer[member] = rows[start : start + size]
                answer |= {"nextToken": str(start + size)} if start + size < len(rows) else {}
            content = json.dumps(answer).encode()
        if ecs and operation == "DescribeServices":
            content = content.replace(b"-gone", b"")
        self.answer(reply.status, content, reply.getheader("Content-Type"))

    do_GET = do_POST

    def answer(self, status, content, kind="application/x-amz-json-1.1"):
        self.send_response(status)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

def cartography():
    """Cartography's own sync of ECS, whose loads into Neo4j only count distinct nodes."""
    import boto3
    from cartography.intel.aws import ecs
    nodes, cleanups = collections.defaultdict(set), []
    def load(_, schema, rows, **__):
        nodes[type(schema).__name__.removesuffix("Schema")].update(row[schema.properties.id.name] for row in rows)
    ecs.load, ecs.load_matchlinks, ecs.cleanup_ecs = load, lambda *_, **__: None, lambda *_: cleanups.append(True)
    ecs.sync(None, boto3.Session(), REGIONS, ACCOUNT, 1, {})
    return {kind: len(ids) for kind, ids in nodes.items()} | {"deletes what it has not seen": bool(cleanups)}

def prowler():
    """Prowler's ECS service class."""
    from prowler.providers.aws.aws_provider import AwsProvider
    from prowler.providers.aws.services.ecs.ecs_service import ECS
    provider = AwsProvider(regions=set(REGIONS))
    provider.audit_metadata = types.SimpleNamespace(expected_checks=[])
    ecs = ECS(provider)
    known = [it.container_definitions for it in ecs.task_definitions.values() if it.container_definitions is not None]
    return {"cluster": len(ecs.clusters), "service": len(ecs.services), "task set": len(ecs.task_sets),
            "task definition": len(ecs.task_definitions), "described": len(known), "containers": sum(map(len, known))}

@contextlib.contextmanager
def moto_server(scripts):
    """The address of a moto server, which ends with the block."""
    server = subprocess.Popen([sys.executable, "-B", scripts / "server.py", "-p", "0"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    try:
        url = next(it[1] for line in server.stderr if (it := re.search(r"Running on (http://[\d.:]+)", line)))
        threading.Thread(target=collections.deque, args=(server.stderr, 0), daemon=True).start()
        yield url
    finally:
        server.terminate()

def main(cartography_python, prowler_python, portolan, output, repository="."):
    output, tests = Path(output).absolute(), Path(repository) / "tests/moto"
    output.mkdir(exist_ok=True)
    sys.path.insert(0, str(tests))
    import world
    with moto_server(tests) as url:
        moto[0] = url.removeprefix("http://")
        for command in (["populate.py", url, "--canary", "CANARY-peers"], ["traps.py", url]):
            subprocess.run([sys.executable, "-B", tests / command[0], *command[1:]], check=True, stdout=sys.stderr)
        command = [sys.executable, "-B", tests / "truth.py", url]
        (output / "truth.json").write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{proxy.server_port}"
        environment = os.environ | {"AWS_ENDPOINT_URL": address, "AWS_DEFAULT_REGION": REGIONS[0],
                                    "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        sync = [portolan, "sync", "--regions", ",".join(REGIONS), "--endpoint-url", address, "--output", output / "records"]
        like_prowler = [*sync, "--quotas=none", "--objects=EcsCluster,EcsService,EcsTaskSet,EcsTaskDefinition,EcsContainerDefinition"]
        like_cartography = [*sync, "--quotas=none", "--option=EcsTaskDefinition.scope=in-use", "--objects=EcsCluster,EcsService,"
                            "EcsTask,EcsContainer,EcsTaskDefinition,EcsContainerDefinition,EcsContainerInstance"]
        checks = [Path(prowler_python).with_name("prowler"), "aws", "--service", "ecs", "-M", "json-ocsf", "-o", output,
                  "-f", *REGIONS, "-F"]
        peers = {name: [python, __file__, name] for name, python in
                 {"cartography": cartography_python, "prowler": prowler_python}.items()}
        whole = {"portolan": [*sync, "--objects=inventory", "--quotas=none"]}
        for kind, runs in {
            "plain": peers | {"portolan-like-cartography": like_cartography, "portolan-like-prowler": like_prowler} | whole
            | {"prowler-checks": [*checks, "findings-plain"]},
            "faults": peers | whole | {"prowler-checks": [*checks, "findings-faults"]},
            "bucket": peers | {"portolan": [*sync, "--objects=inventory", "--quota-share=1"]},
        }.items():
            crowd = world.session_for(url, ACCOUNT, REGIONS[0]).client("ecs", endpoint_url=url)
            for _ in range(600 * (kind == "bucket")):
                crowd.register_task_definition(
                    family="swarm", containerDefinitions=[{"name": "app", "image": "app:1", "memory": 64}])
            for name, command in runs.items():
                calls.clear(), bucket.clear(), mode.__setitem__(0, kind)
                started = time.monotonic()
                end = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=540)
                seconds = round(time.monotonic() - started, 2)
                rows = json.loads(end.stdout.splitlines()[-1]) if name in peers and not end.returncode else {}
                if name.startswith("portolan"):
                    rows = {it.stem: it.read_bytes().count(b"\n") for it in sorted((output / "records").glob("*.jsonl"))}
                    (output / f"{kind}-{name}.json").write_bytes((output / "records/report.json").read_bytes())
                (output / f"{kind}-{name}.txt").write_text(end.stdout + end.stderr)
                total = sum(count for name, count in calls.items() if " " not in name)
                print(json.dumps({"round": kind, "run": name, "exit": end.returncode, "seconds": seconds, "rows": rows,
                                  "calls": total, "of": dict(sorted(calls.items()))}), flush=True)

if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(*sys.argv[1:])
    else:
        started, rows = time.monotonic(), globals()[sys.argv[1]]()
        print(json.dumps(rows | {"seconds": round(time.monotonic() - started, 2)}))
