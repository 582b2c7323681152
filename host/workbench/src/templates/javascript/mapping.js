// Makes {{object}} records instead of the stock mapping.

import { mapping as defineMapping, Rejection } from "./portolan-mapper.js";

export const mapping = defineMapping({
  name: "{{name}}",
  version: "0.1.0",
  object: "{{object}}",

  // The members that the host hands over. Reading others needs a change here.
  reads: ["{{arn_member}}", "{{name_member}}", "{{status_member}}", "tags"],

  // Gives the record of one object. AWS may leave any member out; undefined makes no attribute.
  map({{word}}, context, notes) {
    const arn = {{word}}.text("{{arn_member}}");
    if (!arn) {
      throw new Rejection("no-arn", "{{arn_member}}", "the object has no `{{arn_member}}`, which would be its UID");
    }
    return {
      UID: arn,
      {{ARN_ATTRIBUTE}}: arn,
      NAME: {{word}}.text("{{name_member}}") || arn,
      SOURCE_STATUS: {{word}}.text("{{status_member}}"),
      OWNER: {{word}}.tag("owner"),
      CLOUD_PROVIDER: "AWS",
      ACCOUNT_ID: context.accountId,
      REGION: context.region,
      LAST_CAPTURED: context.capturedAt,
    };
  },

  // Attributes that the stock schema lacks, as JSON Schema.
  attributes: { OWNER: { type: "string", description: "The owner: the value of a tag." } },
});
