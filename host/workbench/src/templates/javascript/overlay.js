// Adds OWNER to {{object}} records, from a tag.

import { overlay as defineOverlay } from "./portolan-mapper.js";

export const overlay = defineOverlay({
  name: "{{name}}",
  version: "0.1.0",
  object: "{{object}}",

  // The host hands over these members of the object, and no record. Reading others needs a change here.
  reads: ["tags"],
  readsRecords: false,

  // Gives a merge patch for one record: a value sets an attribute, null removes it. The record is undefined,
  // see `readsRecords`.
  amend({{word}}, record, context, notes) {
    const owner = {{word}}.tag(context.settings["owner-tag"] ?? "owner");
    return owner === undefined ? undefined : { OWNER: owner };
  },

  // Attributes that the stock schema lacks, as JSON Schema.
  attributes: { OWNER: { type: "string", description: "The owner: the value of a tag." } },

  // The settings in [modules.{{name}}.settings] of the configuration file, as JSON Schema.
  settings: {
    type: "object",
    additionalProperties: false,
    properties: {
      "owner-tag": { type: "string", minLength: 1, description: "Key of the tag [default: owner]." },
    },
  },
});
