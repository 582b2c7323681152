//! Writes a packed table into the interpreter, and makes an ordinary component of it.

use std::borrow::Cow;

use portolan_mapper_sdk::Kind;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    ConstExpr, CustomSection, DataSection, ExportSection, ImportSection, Module, Section,
};
use wasmparser::{ExternalKind, Operator, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const MAPPER: &str = include_str!("../wit/mapper/mapper.wit");
const ASSESSOR: &str = include_str!("../wit/assessor/assessor.wit");

/// The log of mappers, which the interpreter imports, and the same for assessors.
const LOGS: [&str; 2] = [
    "portolan:mapper/diagnostics@1.0.0",
    "portolan:assessor/diagnostics@0.1.0",
];

/// The interpreter's symbol of the place for the table: its length in bytes as 64 bits, then the table.
const PLACE: &str = "PORTOLAN_TABLE";
/// The size of the place in bytes, without the length.
const PLACE_BYTES: usize = 256 * 1024 - 8;
/// The custom section that holds the table's source.
const SOURCE: &str = "portolan:table";

/// Makes the component of a packed table.
pub(crate) fn component(
    interpreter: &[u8],
    kind: Kind,
    packed: &[u8],
    source: &str,
) -> Result<Vec<u8>, String> {
    if packed.len() > PLACE_BYTES {
        return Err(format!(
            "the table is too large: packed it has {} bytes, and the interpreter has room for {PLACE_BYTES}; shorten its lookups",
            packed.len()
        ));
    }
    let core = core_module(interpreter)?;
    let mut module = fill(core, kind, packed)?;
    let mut resolve = Resolve::default();
    let text = |error| format!("the interpreter cannot take the table: {error:#}");
    let (wit, world) = match kind {
        Kind::Mapping => (MAPPER, "mapping-module"),
        Kind::Overlay => (MAPPER, "overlay-module"),
        Kind::Assessor => (ASSESSOR, "assessor-module"),
    };
    let package = resolve
        .push_str("contract.wit", wit)
        .map_err(|error| format!("{error:#}"))?;
    let world = resolve
        .select_world(&[package], Some(world))
        .map_err(|error| format!("{error:#}"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).map_err(text)?;
    let mut component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(text)?;
    let section = CustomSection {
        name: SOURCE.into(),
        data: Cow::Borrowed(source.as_bytes()),
    };
    section.append_to(&mut component);
    Ok(component)
}

/// Returns the source of the table in a component; `None` if the component is not a table.
#[must_use]
pub fn source(component: &[u8]) -> Option<String> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.ok()? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name() == SOURCE => {
                return String::from_utf8(section.data().to_vec()).ok();
            }
            _ => {}
        }
    }
    None
}

/// The interpreter's code: the first core module of its component.
fn core_module(interpreter: &[u8]) -> Result<&[u8], String> {
    for payload in Parser::new(0).parse_all(interpreter) {
        let payload = payload.map_err(|error| format!("the interpreter is damaged: {error}"))?;
        if let Payload::ModuleSection {
            unchecked_range: range,
            ..
        } = payload
            && let Some(module) = interpreter.get(range)
        {
            return Ok(module);
        }
    }
    Err("the interpreter holds no module".to_owned())
}

/// Writes the table into the module, and removes the exports of the other kinds.
fn fill(core: &[u8], kind: Kind, packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut data = u64::try_from(packed.len())
        .map_err(|error| error.to_string())?
        .to_le_bytes()
        .to_vec();
    data.extend_from_slice(packed);
    let mut packer = Packer {
        kind,
        address: place(core)?,
        data: &data,
    };
    let mut module = Module::new();
    packer
        .parse_core_module(&mut module, Parser::new(0), core)
        .map_err(|error| format!("the interpreter is damaged: {error}"))?;
    Ok(module.finish())
}

/// The address of the place: the value of the global that the linker exports for it.
fn place(core: &[u8]) -> Result<i32, String> {
    let damaged = |error| format!("the interpreter is damaged: {error}");
    let mut addresses = Vec::new();
    let mut global = None;
    for payload in Parser::new(0).parse_all(core) {
        match payload.map_err(damaged)? {
            Payload::GlobalSection(section) => {
                for each in section {
                    let mut operators = each.map_err(damaged)?.init_expr.get_operators_reader();
                    addresses.push(match operators.read().map_err(damaged)? {
                        Operator::I32Const { value } => Some(value),
                        _ => None,
                    });
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(damaged)?;
                    if export.name == PLACE && export.kind == ExternalKind::Global {
                        global = Some(export.index);
                    }
                }
            }
            _ => {}
        }
    }
    global
        .and_then(|index| addresses.get(index as usize).copied().flatten())
        .ok_or_else(|| "the interpreter has no place for a table".to_owned())
}

/// The texts that mark the exports of each kind.
const EXPORTS: [(Kind, &str); 3] = [
    (Kind::Mapping, "portolan:mapper/mapping@"),
    (Kind::Overlay, "portolan:mapper/overlay@"),
    (Kind::Assessor, "portolan:assessor/assessing@"),
];

/// Copies a module with the changes that packing makes.
struct Packer<'p> {
    kind: Kind,
    address: i32,
    data: &'p [u8],
}

impl Reencode for Packer<'_> {
    type Error = std::convert::Infallible;

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        export: wasmparser::Export<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let is_other =
            |(kind, mark): &(Kind, &str)| *kind != self.kind && export.name.contains(mark);
        if export.name == PLACE || EXPORTS.iter().any(is_other) {
            return Ok(());
        }
        utils::parse_export(self, exports, export)
    }

    fn parse_imports(
        &mut self,
        section: &mut ImportSection,
        mut imports: wasmparser::Imports<'_>,
    ) -> Result<(), Error<Self::Error>> {
        if let wasmparser::Imports::Single(_, import) = &mut imports
            && self.kind == Kind::Assessor
            && import.module == LOGS[0]
        {
            import.module = LOGS[1];
        }
        utils::parse_imports(self, section, imports)
    }

    fn data_count(&mut self, count: u32) -> Result<u32, Error<Self::Error>> {
        Ok(count + 1)
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: wasmparser::DataSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_data_section(self, data, section)?;
        let address = ConstExpr::i32_const(self.address);
        data.active(0, &address, self.data.iter().copied());
        Ok(())
    }
}
