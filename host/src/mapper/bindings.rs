//! Code that wasmtime generates from the WIT.
#![expect(missing_docs, reason = "generated from wit/, which documents it")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "mapping-module",
});
