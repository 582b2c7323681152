"""The accounts and Regions of the moto world, and their sessions."""

from __future__ import annotations

import boto3

DEFAULT_ACCOUNT = "123456789012"
OTHER_ACCOUNT = "222222222222"
ACCOUNTS = (DEFAULT_ACCOUNT, OTHER_ACCOUNT)
REGIONS = ("us-east-1", "eu-west-1")
ROLE_NAME = "PortolanRead"


def session_for(url: str, account: str, region: str) -> boto3.Session:
    """A session whose calls land in `account`.

    moto checks neither key nor signature: any key pair that it did not issue
    belongs to its default account, and only AssumeRole leads to another one.
    """
    base = boto3.Session("testing", "testing", region_name=region)
    if account == DEFAULT_ACCOUNT:
        return base
    issued = base.client("sts", endpoint_url=url).assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/{ROLE_NAME}",
        RoleSessionName="portolan-tests",
    )["Credentials"]
    return boto3.Session(
        issued["AccessKeyId"],
        issued["SecretAccessKey"],
        issued["SessionToken"],
        region_name=region,
    )
