use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

use crate::BuildError;

/// The one interface that a mapper may call.
pub(crate) const DIAGNOSTICS: &str = "portolan:mapper/diagnostics@1.0.0";

/// Wraps a core module that carries its WIT into a component, and checks what it imports.
///
/// # Errors
///
/// Fails if the module exports no WIT world or imports anything callable besides the diagnostics.
pub fn encode(package: &str, module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let fail = |message: String| BuildError::Encode {
        package: package.to_owned(),
        message,
    };
    let component = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| fail(format!("{error:#}")))?;
    let decoded = wit_component::decode(&component).map_err(|error| fail(format!("{error:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(fail("it holds a WIT package, not a component".to_owned()));
    };
    match forbidden_import(&resolve, world) {
        Some(import) => Err(BuildError::ForbiddenImport {
            package: package.to_owned(),
            import,
        }),
        None => Ok(component),
    }
}

/// The first import that a mapper must not have. An interface without functions holds only types:
/// it gives a module nothing to call.
fn forbidden_import(resolve: &Resolve, world: WorldId) -> Option<String> {
    let imports = &resolve.worlds[world].imports;
    let forbidden = imports.iter().find(|(key, item)| match item {
        WorldItem::Interface { id, .. } => {
            let only_types = resolve.interfaces[*id].functions.is_empty();
            !only_types && resolve.name_world_key(key) != DIAGNOSTICS
        }
        WorldItem::Type { .. } => false,
        WorldItem::Function(_) => true,
    });
    forbidden.map(|(key, _): (&WorldKey, _)| resolve.name_world_key(key))
}
