"""Makes {{object}} records instead of the stock mapping."""

from portolan_mapper import mapping, Rejection


def map({{word}}, context, notes):
    """Gives the record of one object. AWS may leave any member out; None makes no attribute."""
    arn = {{word}}.text("{{arn_member}}")
    if not arn:
        raise Rejection("no-arn", "{{arn_member}}", "the object has no `{{arn_member}}`, which would be its UID")
    record = {
        "UID": arn,
        "{{ARN_ATTRIBUTE}}": arn,
        "NAME": {{word}}.text("{{name_member}}") or arn,
        "SOURCE_STATUS": {{word}}.text("{{status_member}}"),
        "OWNER": {{word}}.tag("owner"),
        "CLOUD_PROVIDER": "AWS",
        "ACCOUNT_ID": context.account_id,
        "REGION": context.region,
        "LAST_CAPTURED": context.captured_at,
    }
    return {name: value for name, value in record.items() if value is not None}


Mapping = mapping(
    name="{{name}}",
    version="0.1.0",
    object="{{object}}",
    map=map,
    # The members that the host hands over. Reading others needs a change here.
    reads=["{{arn_member}}", "{{name_member}}", "{{status_member}}", "tags"],
    # Attributes that the stock schema lacks, as JSON Schema.
    attributes={"OWNER": {"type": "string", "description": "The owner: the value of a tag."}},
)
