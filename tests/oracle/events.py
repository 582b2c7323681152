"""Random capacity providers, account settings and audit events."""

from chances import ACCOUNT, Chances
from spelling import Raw

# What CloudTrail writes in place of anything that it hides.
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# Names of events whose mapping differs, and some that are nearly those.
NAMES = [
    "RegisterTaskDefinition", "RegisterTaskDefinition", "RegisterTaskDefinition", "PutAccountSetting",
    "PutAccountSettingDefault", "DeleteAccountSetting", "RunTask", "registerTaskDefinition", "PutAccountSettings", "",
]
SOURCES = ["ecs.amazonaws.com", "ecs.amazonaws.com", None]
OTHER_SOURCES = ["eks.amazonaws.com", "ECS.amazonaws.com", "", " ecs.amazonaws.com", Raw("7"), Raw('"\\ud800"')]
# What is no event.
MALFORMED = ["", None, [], True, Raw("1e400"), Raw('["a"]'), '{"eventID":', HIDDEN]
TEXT_TIMES = [
    "2023-03-01T21:45:18Z", "2023-03-01t21:45:18.9999z", "2023-03-01 21:45:18.5+05:30", "2024-02-29T23:59:59-00:01",
    "0000-01-01T00:00:00Z", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59-00:01",
    "0400-02-29T12:00:00-23:59", "1969-12-31T23:59:59.9Z", "2023-02-29T00:00:00Z", "2023-03-01T24:00:00Z",
    "2016-12-31T23:59:60Z", "2023-03-01T21:45:18", "2023-03-01T21:45:18.Z", "2023-03-01", "2023-3-1T21:45:18Z",
    "\uff12023-03-01T21:45:18Z", "2023-03-01T21:45:18Z\n", " 2023-03-01T21:45:18Z", "1677707118", "",
]


class EventPages(Chances):
    """What is fetched by calls of its own, without the ARNs of a listing."""

    def capacity_provider(self):
        group = {
            "autoScalingGroupArn": self.text,
            "managedScaling": lambda: self.members({"status": self.switch, "targetCapacity": self.count}),
            "managedTerminationProtection": self.switch,
            "managedDraining": self.switch,
        }
        template = {"ec2InstanceProfileArn": self.text, "fipsEnabled": self.flag, "FIPSEnabled": self.flag}
        machines = {
            "infrastructureRoleArn": self.text,
            "instanceLaunchTemplate": lambda: self.members(template),
            "propagateTags": self.text,
        }
        return self.members(
            {
                "capacityProviderArn": self.arn("capacity-provider"),
                "name": self.text,
                "cluster": self.text,
                "status": self.text,
                "autoScalingGroupProvider": lambda: self.members(group),
                "managedInstancesProvider": lambda: self.members(machines),
                "updateStatus": self.text,
                "type": self.text,
                "tags": self.tags,
            }
        )

    def setting_name(self):
        return self.pick(["fargateFIPSMode", "containerInsights", "a", "", self.text()])

    def account_setting(self):
        documented = {
            "name": self.setting_name,
            "value": self.text,
            "principalArn": self.text,
            "type": self.text,
        }
        # Beside the settings is where a host puts them.
        if self.chance(0.2):
            documented["ownSettings"] = self.own_settings
        return self.members(documented)

    def own_settings(self):
        return self.list_of(lambda: self.members({"name": self.setting_name, "value": self.text}), 4)

    # Events.

    def found(self):
        """An event as LookupEvents answers it."""
        found = self.members(
            {
                "EventId": lambda: self.pick(["e-1", "e-2", "", self.text()]),
                "EventName": self.text,
                "ReadOnly": self.text,
                "AccessKeyId": self.text,
                "EventTime": self.time,
                "Username": self.text,
                "Resources": lambda: self.list_of(lambda: self.members({"ResourceName": self.text}), 3),
            }
        )
        if self.chance(0.8):
            ours = self.chance(0.8)
            found.append(("EventSource", self.pick(SOURCES if ours else OTHER_SOURCES)))
        if self.chance(0.97):
            found.append(("CloudTrailEvent", self.recorded()))
        return found

    def recorded(self):
        """An event as CloudTrail recorded it: AWS writes it as text, recordings hold the object."""
        event = self.event() if self.chance(0.92) else self.pick(MALFORMED)
        return self.spelling.write(event) if self.chance(0.6) else event

    def event(self):
        return self.members(
            {
                "eventVersion": self.text,
                "eventID": lambda: self.pick(["e-1", "e-3", "", self.text()]),
                "eventName": lambda: self.pick([*NAMES, self.text()]),
                "eventTime": lambda: self.pick([*TEXT_TIMES, self.text()]),
                "readOnly": self.flag,
                "errorCode": self.text,
                "errorMessage": self.text,
                "requestID": self.text,
                "userIdentity": self.identity,
                "sourceIPAddress": self.text,
                "userAgent": self.text,
                "tlsDetails": lambda: self.members(
                    {"tlsVersion": self.text, "cipherSuite": self.text, "clientProvidedHostHeader": self.text}
                ),
                "vpcEndpointId": self.text,
                "resources": lambda: self.list_of(lambda: self.members({"ARN": self.target, "accountId": self.text}), 3),
                "requestParameters": self.free(self.parameters),
                "responseElements": self.free(self.response),
            }
        )

    def identity(self):
        def mfa():
            return self.pick(["true", "false", "TRUE", "", True, False])

        session = {
            "sessionIssuer": lambda: self.members({"type": self.text, "arn": self.text}),
            "attributes": lambda: self.members({"creationDate": self.text, "mfaAuthenticated": mfa}),
        }
        return self.members(
            {
                "type": lambda: self.pick(["Root", "IAMUser", self.text()]),
                "arn": self.text,
                "principalId": self.text,
                "accessKeyId": self.text,
                "invokedBy": self.text,
                "sessionContext": lambda: self.members(session),
                "onBehalfOf": lambda: self.members({"userId": self.text}),
            }
        )

    def free(self, make):
        """A member of a document without types, where anything can stand."""

        def made():
            if self.chance(0.05):
                return self.anything()
            return HIDDEN if self.chance(0.04) else make()

        return made

    def document(self, documented):
        return self.members({name: self.free(make) for name, make in documented.items()})

    def documents(self, documented):
        return lambda: self.list_of(lambda: self.free(lambda: self.document(documented))(), 3)

    def target(self):
        kind = self.pick(["cluster/a", "service/a", "task/a/1", "task/a/2", "task-definition/a:1"])
        return self.pick([f"{ACCOUNT}{kind}", f"{ACCOUNT}{kind}", kind, "arn:", "ARN:a", " arn:a", self.text()])

    def parameters(self):
        awsvpc = {"assignPublicIp": self.switch, "subnets": self.texts}
        container = {"image": self.text, "privileged": self.flag, "environment": self.environment}
        host = {"sourcePath": self.text}
        return self.document(
            {
                "name": self.text,
                "value": self.text,
                "principalArn": self.text,
                "resourceArn": self.target,
                "cluster": self.target,
                "service": self.target,
                "taskDefinition": self.target,
                "task": self.target,
                "taskRoleArn": self.text,
                "overrides": lambda: self.document({"taskRoleArn": self.text}),
                "networkConfiguration": lambda: self.document(
                    {"awsvpcConfiguration": lambda: self.document(awsvpc)}
                ),
                "containerDefinitions": self.documents(container),
                "networkMode": self.text,
                "pidMode": self.text,
                "ipcMode": self.text,
                "volumes": self.documents({"name": self.text, "host": lambda: self.document(host)}),
            }
        )

    def response(self):
        def of(kind):
            return lambda: self.document({f"{kind}Arn": self.target, "status": self.text})

        setting = {"name": self.text, "value": self.text, "principalArn": self.text}
        container = {"image": self.text, "privileged": self.flag}
        definition = {"taskDefinitionArn": self.target, "containerDefinitions": self.documents(container)}
        kinds = ("cluster", "service", "taskSet", "containerInstance", "capacityProvider")
        return self.document(
            {
                **{kind: of(kind) for kind in kinds},
                "setting": lambda: self.document(setting),
                "session": lambda: self.document({"sessionId": self.text, "tokenValue": self.text}),
                "taskDefinition": lambda: self.document(definition),
                "tasks": self.documents({"taskArn": self.target}),
                "taskArn": self.target,
            }
        )
