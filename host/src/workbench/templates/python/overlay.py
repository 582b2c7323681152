"""Adds OWNER to {{object}} records, {{from_where}}."""

from portolan_mapper import overlay


def amend({{word}}, record, context, notes):
    """Gives a merge patch for one record: a value sets an attribute, None as a value removes it.

    The record is None, see `reads_records`.
    """
    owner = {{owner}}
    return None if owner is None else {"OWNER": owner}


Overlay = overlay(
    name="{{name}}",
    version="0.1.0",
    object="{{object}}",
    amend=amend,
    # What the host hands over: these members of the object, and no record. Reading others needs a change here.
    reads=["{{owner_member}}"],
    reads_records=False,
    # Attributes that the stock schema lacks, as JSON Schema.
    attributes={"OWNER": {"type": "string", "description": "{{owner_description}}"}},{{settings}}
)
