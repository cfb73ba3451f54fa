//! `offramp schema`: the JSON Schema of a kind of file, for editors.

use std::io::Write;

use clap::builder::PossibleValuesParser;
use models::schema::text;

use super::Failure;
use crate::schema::kinds;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp schema design > design.schema.json
  offramp schema technology | jq '.\"$defs\".PicojoulesPerMac'

An editor with the schema completes keys, explains them and underlines what is wrong; docs/editors.md says how. A file that
holds by its schema can still break a rule between keys: offramp check knows them all. Draft 2020-12.";

/// Of which kind.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Kind of file
    #[arg(value_name = "KIND", value_parser = PossibleValuesParser::new(kinds().iter().map(|kind| kind.name)))]
    kind: String,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    // The parser has let no other name through.
    for kind in kinds().iter().filter(|kind| kind.name == args.kind) {
        out.write_all(text(kind).as_bytes())?;
    }
    Ok(())
}
