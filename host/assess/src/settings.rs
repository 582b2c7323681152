//! The settings of an assessment.

use std::collections::HashMap;
use std::path::PathBuf;

use portolan_sandbox::{Assessor, ControlSeverity, Loader, ModuleSettings, SetError};
use serde_json::{Map, Value};

/// What to judge, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessing {
    /// Assessors beside the stock ones.
    pub assessors: Vec<PathBuf>,
    /// The settings of stock controls, by name: `trusted-registries`, `required-tags`.
    pub settings: Map<String, Value>,
    /// Whether all revisions of task definitions are subjects, not only the newest and those in use.
    pub all_revisions: bool,
    /// The standard whose controls are judged, as controls name it; all if it is `None`.
    pub standard: Option<String>,
    /// Attributes of the subject that findings carry.
    pub carried: Vec<String>,
    /// The file of mutes.
    pub mutes: Option<PathBuf>,
    /// Whether findings that are PASS or NOT_APPLICABLE are written too.
    pub all_results: bool,
    /// Files for other programs, each as `FORMAT=FILE`.
    pub exports: Vec<String>,
    /// The least severity of a failure that matters to the exit status.
    pub fail_on: Option<ControlSeverity>,
    /// Whether failures of audit controls matter to it.
    pub fail_on_audit: bool,
}

impl Assessing {
    /// Loads the stock assessors and those of the settings.
    ///
    /// # Errors
    /// Fails if a module cannot be loaded, is not trusted, or does not take its settings.
    pub fn load(&self, loader: &Loader<'_>) -> Result<Vec<Assessor>, SetError> {
        let mut assessors = Vec::new();
        for assessor in loader.stock_assessors()? {
            assessors.push(self.configured(assessor)?);
        }
        for file in &self.assessors {
            assessors.push(loader.assessor(file)?);
        }
        check(&assessors)?;
        Ok(assessors)
    }

    /// Passes the settings to an assessor that declares them.
    fn configured(&self, assessor: Assessor) -> Result<Assessor, SetError> {
        let declared = assessor.component.manifest.settings.as_ref();
        let declares = |name: &str| declared.is_some_and(|it| it["properties"].get(name).is_some());
        let own = self.settings.iter().filter(|(name, _)| declares(name));
        let own: Map<String, Value> = own
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if own.is_empty() {
            return Ok(assessor);
        }
        let settings = ModuleSettings {
            settings: Some(own),
            ..ModuleSettings::default()
        };
        Ok(assessor.configure(&settings)?)
    }
}

/// Checks that a subject gets one answer to a question: no two controls may have one name.
fn check(assessors: &[Assessor]) -> Result<(), SetError> {
    let mut owners: HashMap<&str, String> = HashMap::new();
    for assessor in assessors {
        let owner = assessor.component.source.to_string();
        for control in &assessor.component.manifest.controls {
            if let Some(first) = owners.insert(&control.id, owner.clone()) {
                return Err(SetError::SameControl {
                    control: control.id.clone(),
                    first,
                    second: owner,
                });
            }
        }
    }
    Ok(())
}
