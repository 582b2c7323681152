"""The output of a sync: its records, what goes with what, and what its report calls complete."""

import json
from collections import defaultdict
from pathlib import Path

REFERENCES = {
    "EcsService": "TASK_DEFINITION",
    "EcsDeployment": "TASK_DEFINITION",
    "EcsTaskSet": "TASK_DEFINITION",
    "EcsTask": "TASK_DEFINITION_ARN",
}


def place(record):
    return record["ACCOUNT_ID"], record["REGION"]


class Output:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.report = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        self.scopes = defaultdict(list)
        for scope in self.report["scopes"]:
            self.scopes[(scope["account_id"], scope["region"], scope["object"])].append(scope)
        self.indexes = {}
        self.objects = {}

    def records(self, name):
        if name not in self.objects:
            path = self.folder / f"{name}.jsonl"
            lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
            self.objects[name] = [json.loads(line) for line in lines if line]
        return self.objects[name]

    def where(self, name, beside, **keys):
        """The records in the place of `beside` whose attributes are these."""
        if None in keys.values():
            return []
        names = tuple(sorted(keys))
        if (name, names) not in self.indexes:
            index = self.indexes[(name, names)] = defaultdict(list)
            for record in self.records(name):
                index[(*place(record), *(record.get(key) for key in names))].append(record)
        return self.indexes[(name, names)][(*place(beside), *(keys[key] for key in names))]

    def entries(self, beside, name):
        return self.scopes[(*place(beside), name)]

    def is_complete(self, beside, name, cluster=None):
        """Of a cluster if one is named, else of the whole Region."""
        entries = self.entries(beside, name)
        whole = [entry for entry in entries if not entry.get("cluster")]
        if not all(entry["complete"] for entry in whole):
            return False
        if cluster:
            entries = [entry for entry in entries if entry.get("cluster") == cluster]
        return bool(entries) and all(entry["complete"] for entry in entries)

    def is_included(self, record, name, include):
        """Whether AWS gave what `include` asks for."""
        cluster = record.get("CLUSTER_ARN")
        entries = [entry for entry in self.entries(record, name) if entry.get("cluster") in (None, cluster)]
        return not any(include in entry.get("unread", []) for entry in entries)

    def definition_scope(self, record, name, member, values):
        return any(entry.get(member) in values for entry in self.entries(record, name))

    def newest(self):
        """UIDs of the newest ACTIVE revisions."""
        newest = {}
        for record in self.records("EcsTaskDefinition"):
            if record.get("SOURCE_STATUS") == "ACTIVE" and "FAMILY" in record and "REVISION" in record:
                key = (*place(record), record["FAMILY"])
                newest[key] = max(newest.get(key, (0, "")), (record["REVISION"], record["UID"]))
        return {uid for _, uid in newest.values()}

    def referred(self):
        """Places and ARNs of the revisions that are in use."""
        return {
            (*place(record), record[attribute])
            for name, attribute in REFERENCES.items()
            for record in self.records(name)
            if attribute in record
        }
