// Adds OWNER to {{object}} records, {{from_where}}.

import { overlay as defineOverlay } from "./portolan-mapper.js";

export const overlay = defineOverlay({
  name: "{{name}}",
  version: "0.1.0",
  object: "{{object}}",

  // What the host hands over: these members of the object, and no record. Reading others needs a change here.
  reads: ["{{owner_member}}"],
  readsRecords: false,

  // Gives a merge patch for one record: a value sets an attribute, null removes it. The record is undefined,
  // see `readsRecords`.
  amend({{word}}, record, context, notes) {
    const owner = {{owner}};
    return owner === undefined ? undefined : { OWNER: owner };
  },

  // Attributes that the stock schema lacks, as JSON Schema.
  attributes: { OWNER: { type: "string", description: "{{owner_description}}" } },{{settings}}
});
