use serde::Deserialize;

use crate::Rejection;

/// Where a page comes from and how to label its records: the whole outside world of a mapper.
#[derive(Clone, Debug)]
pub struct Context {
    /// The connector object, for example `EcsTask`.
    pub object: String,
    /// The operation that gave the page, for example `ecs:DescribeTasks`.
    pub operation: String,
    /// The AWS partition, for example `aws-cn`.
    pub partition: String,
    /// The twelve digits of the AWS account.
    pub account_id: String,
    /// The Region that was asked, whatever an ARN says.
    pub region: String,
    /// The one timestamp of the sync, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub captured_at: String,
    /// The module's own settings as JSON; `{}` if there are none.
    pub config: String,
}

impl Context {
    /// Reads the module's settings into a type.
    ///
    /// # Errors
    ///
    /// Fails if the settings do not fit the type, which means that the manifest's settings schema
    /// and the type disagree, because the host validates settings against that schema.
    pub fn settings<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Rejection> {
        serde_json::from_str(&self.config).map_err(|_| Rejection {
            code: "settings",
            member: String::new(),
            message: "the module's settings do not fit the type that it reads them into; \
                      compare the settings schema of its manifest"
                .to_owned(),
        })
    }
}
