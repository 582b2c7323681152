//! What the controls ask, for the page: their manifests are in the stock assessors.

use std::sync::Arc;

use portolan_assess::running_control;
use portolan_sandbox::{Control, Loader};
use portolan_sync::config::{Config, Settings};
use tokio::sync::OnceCell;

/// A control, and the object that it is about.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) subject: String,
    pub(crate) control: Control,
}

/// The controls, read once.
#[derive(Debug, Default)]
pub(crate) struct Controls(OnceCell<Arc<[Listed]>>);

impl Controls {
    /// All controls in the order of their names; none if they cannot be read, which the log explains.
    pub(crate) async fn all(&self, settings: &Settings) -> Arc<[Listed]> {
        let read = self.0.get_or_try_init(|| async {
            let settings = settings.clone();
            tokio::task::spawn_blocking(move || read(settings))
                .await
                .unwrap_or_else(|_| Err("it panicked".into()))
        });
        match read.await {
            Ok(listed) => Arc::clone(listed),
            Err(reason) => {
                tracing::error!("cannot read the controls: {reason}");
                Arc::from([])
            }
        }
    }

    /// The control of a finding: `TK.1/TD.4` is about what TD.4 asks.
    pub(crate) async fn of(&self, settings: &Settings, id: &str) -> Option<Listed> {
        let asked = id.rsplit('/').next().unwrap_or(id);
        let all = self.all(settings).await;
        all.iter().find(|it| it.control.id == asked).cloned()
    }
}

fn read(settings: Settings) -> Result<Arc<[Listed]>, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let config = Config::resolve(settings, None).map_err(|error| text(&error))?;
    let engine = portolan_sandbox::engine(&config.mapping, 1).map_err(|error| text(&error))?;
    let cache = portolan_sandbox::open_cache(&config.mapping);
    let loader = Loader::new(&engine, cache.as_ref(), &config.mapping);
    let loader = loader.map_err(|error| text(&error))?;
    let assessors = config.assessing.load(&loader);
    let mut all = vec![Listed {
        subject: "EcsService".into(),
        control: running_control(),
    }];
    for assessor in assessors.map_err(|error| text(&error))? {
        let controls = assessor.component.manifest.controls.iter();
        all.extend(controls.map(|control| Listed {
            subject: assessor.subject().name().to_owned(),
            control: control.clone(),
        }));
    }
    all.sort_by_cached_key(|listed| order(&listed.control.id));
    Ok(all.into())
}

/// TD.2 before TD.2c before TD.10.
pub(crate) fn order(id: &str) -> (String, u32, String) {
    let (letters, rest) = id.rsplit_once('.').unwrap_or((id, ""));
    let digits = rest.find(|each: char| !each.is_ascii_digit());
    let (number, suffix) = rest.split_at(digits.unwrap_or(rest.len()));
    (letters.into(), number.parse().unwrap_or(0), suffix.into())
}
