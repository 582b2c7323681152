//! Code that wasmtime generates from the WIT.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "mapping-module",
});
