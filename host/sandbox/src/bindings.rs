//! Code that wasmtime generates from the WIT, one world each.

/// A module that makes records.
pub(super) mod mapping_world {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "mapping-module",
    });
}

/// A module that amends records; its types are those of the other world.
pub(super) mod overlay_world {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "overlay-module",
        with: {
            "portolan:mapper/types": super::mapping_world::portolan::mapper::types,
            "portolan:mapper/diagnostics": super::mapping_world::portolan::mapper::diagnostics,
        },
    });
}
