//! The responses that AWS documents give the records that were written by hand for them.

use std::path::Path;

use portolan_mapper_sdk::testing::map;
use portolan_mapper_sdk::{Value, json};
use portolan_mapper_service::Services;

#[test]
fn documented_responses_give_the_expected_records() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pages/aws-examples");
    for name in ["describe-services-1", "botocore-describe-services-1"] {
        let page = std::fs::read_to_string(folder.join(format!("{name}.json")))?;
        let expected = std::fs::read_to_string(folder.join(format!("{name}.expected.jsonl")))?;
        let mut expected = expected
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<Vec<Value>, _>>()?;
        for record in &mut expected {
            record["ACCOUNT_ID"] = json!("123456789012");
        }
        let outcome = map::<Services>(&page)?;
        let records: Vec<Value> = outcome
            .records
            .into_iter()
            .map(|(_, record)| record)
            .collect();
        assert_eq!(records, expected, "{name}");
        assert_eq!(outcome.issues, [], "{name}");
    }
    Ok(())
}
