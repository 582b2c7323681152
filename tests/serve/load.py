"""Measures the answers of `portolan serve` under load, at rest and while scans run, and checks them against a limit.

Usage: load.py PROGRAMS [--seconds 60] [--registrations 1000] [--findings 100000] [--world reference]
PROGRAMS is the folder of portolan and ecs-simulator. Requests come at 25 a second whether or not earlier ones have
been answered, and a latency counts from the time at which its request was due.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

RATE = 25
LIMIT_MS = 250
LIMIT_FACTOR = 3

# The mix: 80 % filtered lists, 15 % single objects, 5 % counts. {} stands for a value that the store has.
LISTS = [
    "/v1/findings?result=FAIL",
    "/v1/findings?result=FAIL&severity=critical,high",
    "/v1/findings?result=FAIL&sort=since",
    "/v1/findings?control={control}",
    "/v1/findings?cluster={cluster}&result=FAIL",
    "/v1/findings?service={service}",
    "/v1/findings?name=bench&region=us-east-1&result=FAIL&sort=control",
    "/v1/findings?change=new&running=true",
    "/v1/findings?muted=true",
    "/v1/findings?standard=securityhub&result=FAIL&sort=-region",
    "/v1/findings?result=NOT_EVALUATED&object=EcsTaskDefinition",
    "/v1/findings?subject={subject}",
    "/v1/objects?object=EcsService&sort=subject",
    "/v1/objects?object=EcsTask&service={service}&running=true",
    "/v1/objects?cluster={cluster}",
    "/v1/scans?limit=50",
]
COUNTS = [
    "/v1/findings/counts?by=severity&result=FAIL",
    "/v1/findings/counts?by=control&result=FAIL",
    "/v1/findings/counts?by=cluster&result=FAIL&severity=high",
    "/v1/objects/counts?by=object",
]


class Service:
    def __init__(self, programs, folder, world):
        self.programs = programs
        self.environment = dict(
            os.environ,
            PORTOLAN_DATA=f"{folder}/data",
            PORTOLAN_QUOTAS="none",
            AWS_EC2_METADATA_DISABLED="true",
            NO_PROXY="127.0.0.1",
        )
        self.simulator = subprocess.Popen(
            [programs / "ecs-simulator", "--world", world, "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.environment["PORTOLAN_ENDPOINT_URL"] = self.simulator.stdout.readline().strip()
        made = [programs / "portolan", "token", "create", "bench", "--role", "admin"]
        made = subprocess.run(made, env=self.environment, check=True, capture_output=True, text=True)
        self.headers = {"Authorization": f"Bearer {made.stdout.strip()}", "Content-Type": "application/json"}
        self.process = subprocess.Popen(
            [programs / "portolan", "serve", "--listen", "127.0.0.1:0"],
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stderr:
            if "listening on http://" in line:
                self.address = line.split("http://")[1].strip()
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.local = threading.local()

    def ask(self, method, path, body=None):
        """A request on this thread's connection; the status and the answer."""
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, body and json.dumps(body), self.headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def do(self, method, path, body=None):
        """A request that succeeds, however long the rate limit makes it wait."""
        while True:
            status, answer, headers = self.ask(method, path, body)
            if status != 429:
                break
            time.sleep(float(headers["Retry-After"]) / 4)
        if status >= 300:
            sys.exit(f"{method} {path}: {status} {answer[:500]}")
        return json.loads(answer) if answer else None

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.simulator.stdin.close()
        self.simulator.wait()


def wait_for(service, task):
    while True:
        scan = service.do("GET", f"/v1/scans?task={task}&limit=1")["items"][0]
        if "finishedAt" in scan:
            return scan
        time.sleep(0.5)


def prepare(service, registrations):
    keys = {"credentialName": "bench", "accessKey": "AKIADEMO00000000BASE", "accessSecret": "x"}
    credential = service.do("POST", "/v1/aws/credentials", keys)["credentialId"]
    wishes = {"taskName": "bench", "secretUUID": credential, "region": "us-east-1"}
    task = service.do("POST", "/v1/aws/ecs/tasks", wishes)["taskId"]
    scan = wait_for(service, task)
    if scan["state"] != "complete":
        sys.exit(f"the scan is not complete: {scan}")
    for number in range(1, registrations):
        # Accounts that nobody may read: their scans fail at once, and they are registrations all the same.
        role = f"arn:aws:iam::{900000000000 + number}:role/PortolanRead"
        other = dict(wishes, taskName=f"other-{number}", assumeRoleArn=[role], schedule={"interval": "30d"})
        service.do("POST", "/v1/aws/ecs/tasks", other)
    while any(service.do("GET", f"/v1/scans?state={state}&limit=1")["items"] for state in ["queued", "running"]):
        time.sleep(1)
    return task


def values(service):
    """Values for the queries, drawn from what the store has."""
    findings = service.do("GET", "/v1/findings?result=FAIL&sort=uid&limit=200")["items"]
    services = service.do("GET", "/v1/objects?object=EcsService&limit=200")["items"]
    quote = urllib.parse.quote
    return {
        "control": sorted({it["finding"]["CONTROL_ID"] for it in findings}),
        "subject": [quote(it["finding"]["SUBJECT_UID"]) for it in findings],
        "cluster": [quote(it["attributes"]["CLUSTER_ARN"]) for it in services],
        "service": [it["attributes"]["NAME"] for it in services],
        "single": [f"/v1/findings/{it['id']}" for it in findings] + [f"/v1/objects/{it['id']}" for it in services],
    }


def requests(known, number):
    """The same requests in each run."""
    chance = random.Random(1)
    for _ in range(number):
        drawn = {name: chance.choice(of) for name, of in known.items()}
        kind = chance.random()
        if kind < 0.8:
            yield "list", chance.choice(LISTS).format(**drawn)
        elif kind < 0.95:
            yield "single", drawn["single"]
        else:
            yield "count", chance.choice(COUNTS)


def measure(service, known, seconds):
    latencies, slowest = {"list": [], "single": [], "count": []}, []
    lock = threading.Lock()

    def one(kind, path, due):
        status, answer, _ = service.ask("GET", path)
        took = (time.monotonic() - due) * 1000
        if status != 200:
            raise RuntimeError(f"{path}: {status} {answer[:300]}")
        with lock:
            latencies[kind].append(took)
            slowest.append((took, path))

    with ThreadPoolExecutor(32) as pool:
        begin, asked = time.monotonic(), []
        for place, (kind, path) in enumerate(requests(known, seconds * RATE)):
            due = begin + place / RATE
            time.sleep(max(0, due - time.monotonic()))
            asked.append(pool.submit(one, kind, path, due))
        for it in asked:
            it.result()
    return latencies, sorted(slowest, reverse=True)[:5]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def show(title, latencies, slowest):
    everything = [it for of in latencies.values() for it in of]
    for kind, of in [*latencies.items(), ("all", everything)]:
        shown = ", ".join(f"{name} {percentile(of, share):.0f} ms" for name, share in [("p50", 0.5), ("p99", 0.99)])
        print(f"{title}: {kind}: {len(of)} requests, {shown}, longest {max(of):.0f} ms")
    for took, path in slowest:
        print(f"  {took:.0f} ms {path}")
    sys.stdout.flush()
    return percentile(everything, 0.99)


def scan_on(service, task, ended):
    scans = 0
    while not ended.is_set():
        service.do("POST", f"/v1/aws/ecs/tasks/{task}/scan")
        wait_for(service, task)
        scans += 1
    print(f"{scans} scans ran meanwhile")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--registrations", type=int, default=1000)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--world", default="reference")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(wanted.programs, folder, wanted.world)
        try:
            began = time.monotonic()
            task = prepare(service, wanted.registrations)
            counts = service.do("GET", "/v1/findings/counts")["counts"]
            findings = sum(it["count"] for it in counts)
            objects = sum(it["count"] for it in service.do("GET", "/v1/objects/counts")["counts"])
            space = service.do("GET", "/v1/status")["space"]["storeBytes"] / 1e6
            print(
                f"{findings} findings, {objects} objects, {wanted.registrations} registrations, "
                f"a store of {space:.0f} MB, after {time.monotonic() - began:.0f} s"
            )
            known = values(service)
            measure(service, known, 3)
            at_rest = show("at rest", *measure(service, known, wanted.seconds))
            ended = threading.Event()
            scanning = threading.Thread(target=scan_on, args=(service, task, ended))
            scanning.start()
            busy = show("while scanning", *measure(service, known, wanted.seconds))
            ended.set()
            scanning.join()
        finally:
            service.end()
    limit = min(LIMIT_MS, LIMIT_FACTOR * at_rest)
    print(f"p99 is {at_rest:.0f} ms at rest and {busy:.0f} ms while scanning; at most {limit:.0f} ms are allowed")
    if findings < wanted.findings or busy > limit:
        sys.exit(1)


main()
