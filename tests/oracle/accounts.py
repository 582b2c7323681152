"""Capacity providers, account settings and audit events: a second reading, as `reference.py` is of the others."""

from source import ANYTHING_BELOW, LONE_SURROGATE, Members, ordered_set
from values import utc_of_text


def capacity_provider(source):
    arn, name = source.arn("capacityProviderArn"), source.string("name")
    group, machines = source.object("autoScalingGroupProvider"), source.object("managedInstancesProvider")
    return {
        "UID": arn,
        "CAPACITY_PROVIDER_ARN": arn,
        "NAME": name or arn,
        "CLUSTER_ARN": source.string("cluster"),
        "TYPE": source.string("type"),
        "SOURCE_STATUS": source.string("status"),
        "AUTO_SCALING_GROUP_ARN": group.string("autoScalingGroupArn"),
        "MANAGED_SCALING": group.object("managedScaling").string("status"),
        "MANAGED_TERMINATION_PROTECTION": group.string("managedTerminationProtection"),
        "MANAGED_DRAINING": group.string("managedDraining"),
        "FIPS_ENABLED": machines.object("instanceLaunchTemplate").boolean("fipsEnabled"),
        "INFRASTRUCTURE_ROLE_ARN": machines.string("infrastructureRoleArn"),
        "TAGS": source.tags("tags"),
    }


def account_setting(source):
    name, region, account = source.arn("name"), source.context["region"], source.context["account_id"]
    partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
    own = [setting.string("name") for setting in source.objects("ownSettings")]
    return {
        "UID": f"arn:{partition}:ecs:{region}:{account}:setting/{name}" if name else None,
        "NAME": name,
        "VALUE": source.string("value"),
        "PRINCIPAL_ARN": source.string("principalArn"),
        "TYPE": source.string("type"),
        "IS_CALLERS_OWN": None if source.members.get("ownSettings") is None else name in own,
    }


# Documents without types: what is not as expected is as if it were not there.


def free(value, *names):
    """These members of an object; None for anything else, and for an object that has one of them twice."""
    if not isinstance(value, Members) or value.repeated & set(names):
        return None
    return {name: value.get(name) for name in names}


def below(value, name):
    return (free(value, name) or {}).get(name)


def word(value):
    return value if isinstance(value, str) and LONE_SURROGATE.search(value) is None else None


def elements(value, *names):
    found = [free(element, *names) for element in value] if isinstance(value, list) else []
    return [element for element in found if element is not None]


PARAMETERS = (
    "name", "value", "principalArn", "resourceArn", "cluster", "service", "taskDefinition", "task", "taskRoleArn",
    "overrides", "networkConfiguration", "containerDefinitions", "networkMode", "pidMode", "ipcMode", "volumes",
)
RESPONSE = (
    "setting", "session", "cluster", "service", "taskSet", "taskDefinition", "tasks", "containerInstance",
    "capacityProvider", "taskArn",
)
TASK_DEFINITION = ("taskDefinitionArn", "containerDefinitions")
SETTING = ("name", "value", "principalArn")
SETTING_EVENTS = ("PutAccountSetting", "PutAccountSettingDefault", "DeleteAccountSetting")


def asked(parameters, is_registration):
    """What the parameters of a request say."""
    role = word(parameters.get("taskRoleArn"))
    overridden = word(below(parameters.get("overrides"), "taskRoleArn"))
    awsvpc = below(parameters.get("networkConfiguration"), "awsvpcConfiguration")
    public = word(below(awsvpc, "assignPublicIp"))
    containers = elements(parameters.get("containerDefinitions"), "image", "privileged")
    volumes = elements(parameters.get("volumes"), "host")
    made = {
        "TASK_ROLE_ARN": overridden if role is None else role,
        "ASSIGN_PUBLIC_IP": None if public is None else public == "ENABLED",
    }
    if is_registration:
        made |= {
            "PRIVILEGED": any(each["privileged"] is True for each in containers) if containers else None,
            "NETWORK_MODE": word(parameters.get("networkMode")),
            "PID_MODE": word(parameters.get("pidMode")),
            "IPC_MODE": word(parameters.get("ipcMode")),
            "HOST_PATHS": ordered_set(word(below(each["host"], "sourcePath")) or None for each in volumes),
        }
    return made


def images(parameters, definition):
    containers = elements(parameters.get("containerDefinitions"), "image", "privileged")
    containers += elements(definition.get("containerDefinitions"), "image")
    return ordered_set(word(each["image"]) for each in containers)


def targets(resources, parameters, response, definition):
    def of(kind):
        return below(response.get(kind), f"{kind}Arn")

    named = [*resources, of("cluster"), of("service"), of("taskSet"), definition.get("taskDefinitionArn")]
    named += [task["taskArn"] for task in elements(response.get("tasks"), "taskArn")]
    named += [of("containerInstance"), of("capacityProvider"), response.get("taskArn")]
    named += [parameters.get(name) for name in ("resourceArn", "cluster", "service", "taskDefinition", "task")]
    return ordered_set(arn for arn in map(word, named) if arn is not None and arn.startswith("arn:"))


def setting(name, parameters, response):
    if name not in SETTING_EVENTS:
        return {}
    changed = free(response.get("setting"), *SETTING)
    changed = parameters if changed is None else changed
    value, principal = word(changed.get("value")), word(changed.get("principalArn"))
    return {"SETTING_NAME": word(changed.get("name")), "SETTING_VALUE": value, "SETTING_PRINCIPAL": principal}


def actor(identity):
    session = identity.object("sessionContext")
    attributes = session.object("attributes")
    mfa = attributes.get("mfaAuthenticated", (str, bool))
    return {
        "ACTOR_TYPE": identity.string("type"),
        "ACTOR_ARN": identity.string("arn"),
        "ACTOR_PRINCIPAL_ID": identity.string("principalId"),
        "ACTOR_ISSUER_ARN": session.object("sessionIssuer").string("arn"),
        "ACTOR_MFA": None if mfa is None else mfa in (True, "true"),
        "INVOKED_BY": identity.string("invokedBy"),
        "ON_BEHALF_OF": identity.object("onBehalfOf").string("userId"),
        "ACCESS_KEY_ID": identity.string("accessKeyId"),
    }


def time(source, event):
    text, looked_up = event.string("eventTime"), source.time("EventTime")
    if source.members.get("EventTime") is not None or text is None:
        return looked_up
    found = utc_of_text(text)
    if found is None:
        source.left_out.append(f"{event.path}.eventTime")
    return found


def audit_event(source):
    outer = source.arn("EventId")
    if not isinstance(source.members.get("CloudTrailEvent"), Members):
        source.wrong.append(f"{source.path}.CloudTrailEvent")
    event = source.object("CloudTrailEvent")
    name, tls = event.string("eventName"), event.object("tlsDetails")
    uid = event.string("eventID") or outer
    parameters = free(event.members.get("requestParameters"), *PARAMETERS) or {}
    response = free(event.members.get("responseElements"), *RESPONSE) or {}
    definition = free(response.get("taskDefinition"), *TASK_DEFINITION) or {}
    resources = [resource.string("ARN") for resource in event.objects("resources")]
    if event.members.repeated & {"requestParameters", "responseElements"}:
        event.wrong.append(f"{event.path}{ANYTHING_BELOW}")
    return {
        "UID": uid,
        "NAME": name or uid,
        "EVENT_NAME": name,
        "EVENT_TIME": time(source, event),
        "READ_ONLY": event.boolean("readOnly"),
        "ERROR_CODE": event.string("errorCode"),
        "ERROR_MESSAGE": event.string("errorMessage"),
        "REQUEST_ID": event.string("requestID"),
        "SOURCE_IP": event.string("sourceIPAddress"),
        "USER_AGENT": event.string("userAgent"),
        "TLS_VERSION": tls.string("tlsVersion"),
        "CLIENT_HOST": tls.string("clientProvidedHostHeader"),
        "VPC_ENDPOINT_ID": event.string("vpcEndpointId"),
        "SESSION_ID": word(below(response.get("session"), "sessionId")),
        "IMAGES": images(parameters, definition),
        "TARGET_ARNS": targets(resources, parameters, response, definition),
        **actor(event.object("userIdentity")),
        **setting(name, parameters, response),
        **asked(parameters, name == "RegisterTaskDefinition"),
    }
