"""Adds OWNER to {{object}} records, {{from_where}}."""

from portolan_mapper import overlay


def amend({{word}}, record, context, notes):
    """Gives a merge patch for one record: a value sets an attribute, None as a value removes it."""
    owner = {{owner}}
    return None if owner is None else {"OWNER": owner}


Overlay = overlay(
    name="{{name}}",
    version="0.1.0",
    object="{{object}}",
    amend=amend,
    # Attributes that the stock schema lacks, as JSON Schema.
    attributes={"OWNER": {"type": "string", "description": "{{owner_description}}"}},{{settings}}
)
