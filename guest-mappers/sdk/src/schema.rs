use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The JSON Schema (2020-12) of a record type.
///
/// A record leaves out an absent attribute and never writes null, so an `Option` in the type makes an
/// attribute optional and not nullable.
#[must_use]
pub fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(forbid_null)
        .into_generator()
        .into_root_schema_for::<T>()
}

fn forbid_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    transform_subschemas(&mut forbid_null, schema);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Int, Tags, TextSet, UtcTime};

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Record<'s> {
        text: Option<&'s str>,
        set: Option<TextSet<'s>>,
        tags: Option<Tags<'s>>,
        time: Option<UtcTime>,
        count: Option<Int>,
        always: Int,
    }

    #[test]
    fn an_optional_attribute_is_never_null() {
        let schema = schema::<Record<'_>>().to_value();
        assert!(!schema.to_string().contains("null"), "{schema}");
        assert_eq!(schema["properties"]["text"]["type"], "string");
        assert_eq!(schema["properties"]["set"]["type"], "array");
        assert_eq!(schema["properties"]["tags"]["type"], "object");
        assert_eq!(schema["properties"]["time"]["type"], "string");
        assert_eq!(schema["properties"]["count"]["type"], "integer");
    }
}
