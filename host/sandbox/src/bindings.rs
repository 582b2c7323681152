//! Code that wasmtime generates from the WIT, one module for each world.

/// The world of modules that make records.
pub(super) mod mapping_world {
    wasmtime::component::bindgen!({
        path: "../../wit/mapper",
        world: "mapping-module",
    });
}

/// The world of modules that judge records.
pub(super) mod assessor_world {
    wasmtime::component::bindgen!({
        path: "../../wit/assessor",
        world: "assessor-module",
    });
}

/// The world of modules that amend records. It shares the types of the other world.
pub(super) mod overlay_world {
    wasmtime::component::bindgen!({
        path: "../../wit/mapper",
        world: "overlay-module",
        with: {
            "portolan:mapper/types": super::mapping_world::portolan::mapper::types,
            "portolan:mapper/diagnostics": super::mapping_world::portolan::mapper::diagnostics,
        },
    });
}
