use serde::Deserialize;

use crate::Rejection;

/// The origin of a page and the module's settings: a mapper's only input besides the page.
#[derive(Clone, Debug)]
pub struct Context {
    /// The connector object, for example `EcsTask`.
    pub object: String,
    /// The operation that returned the page, for example `ecs:DescribeTasks`.
    pub operation: String,
    /// The AWS partition, for example `aws-cn`.
    pub partition: String,
    /// The twelve digits of the AWS account.
    pub account_id: String,
    /// The Region that was queried, even if an ARN names another.
    pub region: String,
    /// The timestamp of the sync, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub captured_at: String,
    /// The module's own settings as JSON; `{}` if it has none.
    pub config: String,
}

impl Context {
    /// Reads the module's settings into a type.
    ///
    /// # Errors
    ///
    /// Fails if the settings do not fit the type. The host validates settings against the manifest's settings
    /// schema, so this schema and the type disagree.
    pub fn settings<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Rejection> {
        settings(&self.config)
    }
}

/// Reads settings into a type.
pub(crate) fn settings<'a, T: Deserialize<'a>>(config: &'a str) -> Result<T, Rejection> {
    serde_json::from_str(config).map_err(|_| Rejection {
        code: "settings",
        member: String::new(),
        message: "the module's settings do not fit the type that it reads them into; \
                  compare the settings schema of its manifest"
            .to_owned(),
    })
}
