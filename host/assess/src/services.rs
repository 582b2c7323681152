//! The services of an output, and what a task belongs to.

use std::collections::BTreeMap;

use portolan_page::object::Object;
use portolan_sandbox::With;

use crate::index::{Index, keys};
use crate::output::{AssessError, Output};
use crate::place::{Place, Record, text};

/// The services of an output, by cluster and name.
pub struct Services {
    index: Index,
}

impl Services {
    /// Reads the services of an output once.
    ///
    /// # Errors
    /// Fails if they cannot be read.
    pub fn read(output: &Output) -> Result<Self, AssessError> {
        let source = |name: &str| (name.to_owned(), vec![name.to_owned()]);
        let with = With {
            object: Object::EcsService,
            by: ["CLUSTER_ARN", "SERVICE_NAME"].map(source).into(),
            many: false,
            only: BTreeMap::new(),
            having: Vec::new(),
            limit: 1,
        };
        Ok(Self {
            index: Index::new(output, &with)?,
        })
    }

    /// The record of the service that a task belongs to.
    pub(crate) fn record(&self, task: &Record) -> Result<Option<Record>, AssessError> {
        let names = ["CLUSTER_ARN", "SERVICE_NAME"];
        let values = names.map(|name| text(task, name));
        let all = values.map(|value| value.map(str::to_owned).into_iter().collect());
        for key in keys(&Place::of(task), all.into_iter()) {
            for span in self.index.lines(key) {
                let record = self.index.record(Object::EcsService, span, None)?;
                // Two keys may share a fingerprint.
                if names.map(|name| text(&record, name)) == values {
                    return Ok(Some(record));
                }
            }
        }
        Ok(None)
    }

    /// The UID of what a task belongs to: its service's ARN, or the cluster and the name of the group.
    ///
    /// # Errors
    /// Fails if the service cannot be read again.
    pub fn group_of(&self, task: &Record) -> Result<String, AssessError> {
        let cluster = text(task, "CLUSTER_ARN").unwrap_or_default();
        let Some(name) = text(task, "SERVICE_NAME") else {
            let group = text(task, "GROUP").unwrap_or_default();
            return Ok(format!("{cluster}#{group}"));
        };
        let record = self.record(task)?;
        let uid = record.as_ref().and_then(|record| text(record, "UID"));
        // As AWS makes it, where no record says it.
        let made = || format!("{}/{name}", cluster.replacen(":cluster/", ":service/", 1));
        Ok(uid.map_or_else(made, str::to_owned))
    }
}
