"""Controls of task definitions."""

from shared import is_trusted, tags
from verdict import Control, failed, is_linux, is_windows, judge, not_applicable, of, passed, unknown

CREDENTIALS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA"}
WORDS = "PASSWORD PASSWD PASSPHRASE SECRET TOKEN API_KEY APIKEY ACCESS_KEY PRIVATE_KEY CREDENTIAL".split()
HARMLESS_ENDS = ("_ARN", "_FILE", "_PATH", "_URL", "_NAME", "_ID")
DOCKERS_CAPABILITIES = set(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT".split()
)


def on_windows(case):
    return is_windows(case.subject.get("OPERATING_SYSTEM_FAMILY"))


def fargate_only(case):
    return any(case.subject.get(name) == ["FARGATE"] for name in ("COMPATIBILITIES", "REQUIRES_COMPATIBILITIES"))


def user_of(container):
    return (container.get("USER") or "").split(":")[0]


def td_1(case):
    return judge("privileged", of([c for c in case.many("containers") if c.get("PRIVILEGED")], "PRIVILEGED"))


def td_2(case):
    if case.subject.get("NETWORK_MODE") != "host":
        return not_applicable("not-host-network")
    roots = [c for c in case.many("containers") if not c.get("PRIVILEGED") and c.get("USER") in (None, "", "root")]
    return judge("root", roots and of(roots, "USER") + of([case.subject], "NETWORK_MODE"))


def td_2c(case):
    if case.subject.get("NETWORK_MODE") != "host":
        return not_applicable("not-host-network")
    found = of([c for c in case.many("containers") if c.get("PRIVILEGED")], "PRIVILEGED")
    found += of([c for c in case.many("containers") if user_of(c) in ("root", "0")], "USER")
    return judge("privileged-or-root", found and found + of([case.subject], "NETWORK_MODE"))


def is_host(attribute):
    def check(case):
        return judge("host", of([case.subject], attribute) if case.subject.get(attribute) == "host" else [])

    return check


def td_6(case):
    if on_windows(case):
        return not_applicable("windows")
    writable = [c for c in case.many("containers") if c.get("READONLY_ROOT_FILESYSTEM") is not True]
    return judge("writable-root", of(writable, "READONLY_ROOT_FILESYSTEM"))


def td_7(case):
    if on_windows(case):
        return not_applicable("windows")
    return judge("root", of([c for c in case.many("containers") if user_of(c) in ("", "root", "0")], "USER"))


def td_8(case):
    family, tasks = case.subject.get("OPERATING_SYSTEM_FAMILY"), case.many("tasks")
    if is_linux(family):
        return not_applicable("linux")
    if not family and fargate_only(case):
        return not_applicable("fargate-only")
    if not family and tasks and case.knows_all("tasks") and all(is_linux(t.get("PLATFORM_FAMILY")) for t in tasks):
        return not_applicable("linux-tasks")
    administrators = [
        c for c in case.many("containers") if (c.get("USER") or "containeradministrator").lower() == "containeradministrator"
    ]
    return judge("administrator", of(administrators, "USER"))


def td_9(case):
    found = of([c for c in case.many("containers") if CREDENTIALS & set(c.get("ENVIRONMENT_KEYS", []))], "ENVIRONMENT_KEYS")
    tasks = [t for t in case.many("tasks") if CREDENTIALS & set(t.get("OVERRIDE_ENVIRONMENT_KEYS", []))]
    found += of(tasks, "OVERRIDE_ENVIRONMENT_KEYS")
    if not found and not case.knows_all("tasks"):
        return unknown("incomplete:tasks")
    return judge("credentials", found)


def td_10(case):
    suspects = of([c for c in case.many("containers") if c.get("SECRET_SUSPECTS")], "SECRET_SUSPECTS")
    if not any(c.get("ENVIRONMENT_KEYS") for c in case.many("containers")):
        return not_applicable("no-environment")
    return judge("secret-suspects", suspects)


def names_a_secret(name):
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.upper())
    return any(word in name for word in WORDS) and not name.endswith(HARMLESS_ENDS)


def td_11(case):
    def is_suspect(container):
        return any(map(names_a_secret, set(container.get("ENVIRONMENT_KEYS", [])) - set(container.get("SECRET_NAMES", []))))

    return judge("secret-names", of(filter(is_suspect, case.many("containers")), "ENVIRONMENT_KEYS"))


def td_12(case):
    return judge("no-log-driver", of([c for c in case.many("containers") if not c.get("LOG_DRIVER")], "LOG_DRIVER"))


def td_13(case):
    logging = [c for c in case.many("containers") if c.get("LOG_DRIVER")]
    if not logging:
        return not_applicable("no-log-driver")
    found = of([c for c in logging if c.get("LOG_MODE") not in (None, "", "non-blocking")], "LOG_MODE")
    unstated = [c for c in logging if not c.get("LOG_MODE")]
    default = [s for s in case.many("settings") if s["NAME"] == "defaultLogDriverMode"]
    mode = default[0].get("VALUE") if default else None
    if unstated and mode == "blocking":
        found += of(unstated, "LOG_MODE") + of(default[:1], "VALUE")
    if not found and unstated and mode != "non-blocking":
        return unknown("unknown:defaultLogDriverMode")
    return judge("blocking", found)


def efs(attribute):
    def check(case):
        volumes = ("EFS_FILE_SYSTEM_IDS", "EFS_WITHOUT_TRANSIT_ENCRYPTION", "EFS_WITHOUT_AUTHORIZATION")
        if not any(case.subject.get(name) for name in volumes):
            return not_applicable("no-efs")
        return judge("efs", of([case.subject], attribute) if case.subject.get(attribute) else [])

    return check


def td_16(case):
    if fargate_only(case) and case.subject.get("MEMORY"):
        return not_applicable("fargate-only")
    return judge("no-limit", of([c for c in case.many("containers") if c.get("MEMORY_LIMIT") is None], "MEMORY_LIMIT"))


def td_17(case):
    mode = case.subject.get("NETWORK_MODE")
    if on_windows(case) and mode in (None, "", "default", "<default>"):
        return not_applicable("windows-default")
    return judge("not-awsvpc", of([case.subject], "NETWORK_MODE") if mode != "awsvpc" else [])


def td_18(case):
    if on_windows(case):
        return not_applicable("windows")

    def is_strong(container):
        names = {name.upper().removeprefix("CAP_") for name in container.get("ADDED_CAPABILITIES", [])}
        return names - DOCKERS_CAPABILITIES - {""}

    return judge("capabilities", of(filter(is_strong, case.many("containers")), "ADDED_CAPABILITIES"))


def td_19(case):
    paths = [path.rstrip("/") for path in case.subject.get("HOST_PATHS", [])]
    if fargate_only(case):
        return not_applicable("fargate-only")
    if not paths:
        return passed()
    critical = any(path in ("", "/etc", "/proc") or path.split("/")[-1] == "docker.sock" for path in paths)
    return failed("host-paths", *of([case.subject], "HOST_PATHS"), severity="critical" if critical else None)


def td_20(case):
    registries = case.settings["trusted-registries"]
    images = [c for c in case.many("containers") if c.get("IMAGE")]
    foreign = [c for c in images if not is_trusted(c["IMAGE"], registries)]
    if not foreign and len(images) < len(case.many("containers")):
        return unknown("unknown:IMAGE")
    return judge("not-trusted", of(foreign, "IMAGE"))


def td_21(case):
    images = [c for c in case.many("containers") if c.get("IMAGE")]
    mutable = [c for c in images if "@sha256:" not in c["IMAGE"]]
    if not mutable and len(images) < len(case.many("containers")):
        return unknown("unknown:IMAGE")
    return judge("no-digest", of(mutable, "IMAGE"))


def td_23(case):
    role = case.subject.get("TASK_ROLE_ARN")
    if not role:
        return not_applicable("no-task-role")
    same = role == case.subject.get("EXECUTION_ROLE_ARN")
    return judge("same-role", of([case.subject], "TASK_ROLE_ARN", "EXECUTION_ROLE_ARN") if same else [])


def td_24(case):
    enabled = case.subject.get("FAULT_INJECTION_ENABLED")
    return judge("fault-injection", of([case.subject], "FAULT_INJECTION_ENABLED") if enabled else [])


CONTAINERS = ("containers",)
CONTROLS = [
    Control("TD.1", "high", td_1, CONTAINERS),
    Control("TD.2", "high", td_2, CONTAINERS),
    Control("TD.2c", "high", td_2c, CONTAINERS),
    Control("TD.3", "high", is_host("PID_MODE")),
    Control("TD.4", "high", is_host("IPC_MODE")),
    Control("TD.5", "medium", is_host("NETWORK_MODE")),
    Control("TD.6", "high", td_6, CONTAINERS),
    Control("TD.7", "medium", td_7, CONTAINERS),
    Control("TD.8", "medium", td_8, CONTAINERS),
    Control("TD.9", "high", td_9, CONTAINERS),
    Control("TD.10", "critical", td_10, CONTAINERS, needs="detect-secrets"),
    Control("TD.11", "medium", td_11, CONTAINERS),
    Control("TD.12", "high", td_12, CONTAINERS),
    Control("TD.13", "low", td_13, CONTAINERS),
    Control("TD.14", "medium", efs("EFS_WITHOUT_TRANSIT_ENCRYPTION")),
    Control("TD.15", "low", efs("EFS_WITHOUT_AUTHORIZATION")),
    Control("TD.16", "medium", td_16, CONTAINERS),
    Control("TD.17", "low", td_17),
    Control("TD.18", "high", td_18, CONTAINERS),
    Control("TD.19", "high", td_19),
    Control("TD.20", "medium", td_20, CONTAINERS, needs="trusted-registries"),
    Control("TD.21", "medium", td_21, CONTAINERS),
    Control("TD.22", "low", tags),
    Control("TD.23", "medium", td_23),
    Control("TD.24", "low", td_24),
]
