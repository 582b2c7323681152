"""Adds OWNER to {{object}} records, from a tag."""

from portolan_mapper import overlay


def amend({{word}}, record, context, notes):
    """Gives a merge patch for one record: a value sets an attribute, None as a value removes it.

    The record is None, see `reads_records`.
    """
    owner = {{word}}.tag(context.settings.get("owner-tag", "owner"))
    return None if owner is None else {"OWNER": owner}


Overlay = overlay(
    name="{{name}}",
    version="0.1.0",
    object="{{object}}",
    amend=amend,
    # The host hands over these members of the object, and no record. Reading others needs a change here.
    reads=["tags"],
    reads_records=False,
    # Attributes that the stock schema lacks, as JSON Schema.
    attributes={"OWNER": {"type": "string", "description": "The owner: the value of a tag."}},
    # The settings in [modules.{{name}}.settings] of the configuration file, as JSON Schema.
    settings={
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "owner-tag": {"type": "string", "minLength": 1, "description": "Key of the tag [default: owner]."}
        },
    },
)
