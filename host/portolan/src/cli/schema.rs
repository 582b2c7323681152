//! `portolan schema`.

use portolan_page::schemas;

use super::COMPLETE;
use crate::talk;

#[derive(Debug, clap::Args)]
pub(super) struct SchemaArguments {
    /// Schema to print.
    #[arg(value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(schemas::all().map(|(name, _)| name)))]
    name: String,
}

pub(super) fn run(arguments: &SchemaArguments) -> anyhow::Result<u8> {
    talk::data(schemas::text(&arguments.name).unwrap_or_default())?;
    Ok(COMPLETE)
}
