"""Questions that controls of several objects ask."""

from verdict import failed, judge, not_applicable, of, unknown

ADDRESS = ("ASSIGN_PUBLIC_IP", "SUBNET_IDS", "SECURITY_GROUP_IDS")


def tags(case):
    """TD.22, SV.3, CL.2."""
    tags, evidence = case.subject.get("TAGS"), of([case.subject], "TAGS")
    if not tags and not case.knows_all("TAGS"):
        return unknown("not-read:TAGS")
    own = [key for key in tags or {} if not key.startswith("aws:")]
    if not own:
        return failed("no-tags", *evidence)
    missing = [key for key in case.settings.get("required-tags", []) if key not in tags]
    return judge("required-tag-missing", evidence if missing else [])


def public_address(case, records):
    """SV.1, TS.1."""
    if not any(record.get(name) not in (None, []) for record in records for name in ADDRESS):
        return not_applicable("no-awsvpc")
    public = [record for record in records if record.get("ASSIGN_PUBLIC_IP") is True]
    return judge("public-address", of(public, "ASSIGN_PUBLIC_IP"))


def exec_is_unlogged(cluster):
    """The condition of CL.3."""
    logging = cluster.get("EXECUTE_COMMAND_LOGGING")
    return logging == "NONE" or logging == "OVERRIDE" and not cluster.get("EXECUTE_COMMAND_LOG_DESTINATIONS")


def name_of_image(image):
    """HOST/PATH of an image, without tag and digest, as Docker completes it."""
    image = image.split("@", 1)[0]
    first, slash, rest = image.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = "docker.io", image
    path, colon, tag = rest.rpartition(":")
    path = path if colon and "/" not in tag else rest
    if first == "docker.io" and "/" not in path:
        path = "library/" + path
    return f"{first}/{path}"


def is_trusted(image, registries):
    name = name_of_image(image)
    return any((name + "/").startswith(registry.rstrip("/") + "/") for registry in registries)


