"""Fetches the objects of `portolan sync` as a plain boto3 script would: paginators, batches, a thread pool.

    boto3_sync.py ENDPOINT_URL THREADS RETRY_MODE

Prints the number of fetched objects. Like other scripts of this kind, it leaves out calls that fail after
botocore's own ten attempts, and names them on standard error.
"""

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.exceptions
from botocore.config import Config


def chunks(items, size):
    return [items[start : start + size] for start in range(0, len(items), size)]


def main(url, threads, mode):
    config = Config(
        region_name="us-east-1",
        max_pool_connections=max(threads, 10),
        retries={"max_attempts": 10, "mode": mode},
    )
    ecs = boto3.client("ecs", endpoint_url=url, config=config)
    output = tempfile.TemporaryFile("w")

    def attempt(call):
        try:
            return call()
        except botocore.exceptions.BotoCoreError as error:
            print(f"left out: {error}", file=sys.stderr)
        except botocore.exceptions.ClientError as error:
            print(f"left out: {error}", file=sys.stderr)
        return []

    def arns(operation, member, **parameters):
        pages = ecs.get_paginator(operation).paginate(
            PaginationConfig={"PageSize": 100}, **parameters
        )
        return attempt(lambda: [arn for page in pages for arn in page[member]])

    def clusters(batch):
        return ecs.describe_clusters(clusters=batch, include=["TAGS"])["clusters"]

    def services(cluster, batch):
        answer = ecs.describe_services(cluster=cluster, services=batch, include=["TAGS"])
        return answer["services"]

    def tasks(cluster, batch):
        return ecs.describe_tasks(cluster=cluster, tasks=batch, include=["TAGS"])["tasks"]

    def revision(arn):
        answer = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        return [answer["taskDefinition"]]

    with ThreadPoolExecutor(threads) as pool:
        cluster_arns = arns("list_clusters", "clusterArns")
        service_arns = list(
            pool.map(lambda it: arns("list_services", "serviceArns", cluster=it), cluster_arns)
        )
        task_arns = list(
            pool.map(lambda it: arns("list_tasks", "taskArns", cluster=it), cluster_arns)
        )
        revision_arns = arns("list_task_definitions", "taskDefinitionArns", status="ACTIVE")
        calls = [lambda batch=batch: clusters(batch) for batch in chunks(cluster_arns, 100)]
        for cluster, found in zip(cluster_arns, service_arns):
            calls += [lambda c=cluster, b=batch: services(c, b) for batch in chunks(found, 10)]
        for cluster, found in zip(cluster_arns, task_arns):
            calls += [lambda c=cluster, b=batch: tasks(c, b) for batch in chunks(found, 100)]
        calls += [lambda arn=arn: revision(arn) for arn in revision_arns]
        count = 0
        for objects in pool.map(attempt, calls):
            for each in objects:
                output.write(json.dumps(each, default=str) + "\n")
                count += 1
    print(count)


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
