use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

use crate::{BuildError, DIAGNOSTICS};

/// Wraps a core module that carries its WIT into a component.
///
/// # Errors
///
/// Fails if the module exports no WIT world or imports anything callable besides the diagnostics.
pub fn encode(package: &str, module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let component = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| fail(package, format!("{error:#}")))?;
    check(package, &component)?;
    Ok(component)
}

fn fail(package: &str, message: String) -> BuildError {
    BuildError::Encode {
        package: package.to_owned(),
        message,
    }
}

/// Checks a component's imports, and returns the WIT package that it was built against.
pub(crate) fn check(package: &str, component: &[u8]) -> Result<Option<Wit>, BuildError> {
    let decoded =
        wit_component::decode(component).map_err(|error| fail(package, format!("{error:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(fail(
            package,
            "it holds a WIT package, not a component".to_owned(),
        ));
    };
    match forbidden_import(&resolve, world) {
        Some(import) => Err(BuildError::ForbiddenImport {
            package: package.to_owned(),
            import,
        }),
        None => Ok(wit(&resolve, world)),
    }
}

/// The name and the version of a WIT package.
pub(crate) type Wit = (String, String);

/// The package of the interface that the component exports.
fn wit(resolve: &Resolve, world: WorldId) -> Option<Wit> {
    let exports = resolve.worlds[world].exports.keys();
    exports
        .map(|key| resolve.name_world_key(key))
        .filter(|name| name.starts_with("portolan:"))
        .find_map(|name| {
            let (name, version) = name.split_once('@')?;
            Some((name.split_once('/')?.0.to_owned(), version.to_owned()))
        })
}

/// The first import that a mapper must not have. An interface without functions is allowed: it only defines
/// types, and a module cannot call it.
fn forbidden_import(resolve: &Resolve, world: WorldId) -> Option<String> {
    let imports = &resolve.worlds[world].imports;
    let forbidden = imports.iter().find(|(key, item)| match item {
        WorldItem::Interface { id, .. } => {
            let only_types = resolve.interfaces[*id].functions.is_empty();
            !only_types && !DIAGNOSTICS.contains(&resolve.name_world_key(key).as_str())
        }
        WorldItem::Type { .. } => false,
        WorldItem::Function(_) => true,
    });
    forbidden.map(|(key, _): (&WorldKey, _)| resolve.name_world_key(key))
}
