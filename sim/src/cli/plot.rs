//! `offramp plot`: the results of a sweep as a figure.

use std::io::Write;
use std::path::{Path, PathBuf};

use models::record::{Error, Kind};

use super::Failure;
use super::export::whole;
use super::sweep::warn_if_torn;
use crate::figure::{self, Figure, Size};
use crate::plot::point;
use crate::plot::points::{self, View};
use crate::plot::recorded;
use crate::plot::refuse;
use crate::plot::table::{Table, Where, parse_where};
use crate::sweep::metric::Metric;

pub(super) const EXAMPLES: &str = "\
Examples:
  offramp plot pareto results -o front.svg                        energy against latency
  offramp plot pareto results --by design.pu.n -o front.png
  offramp plot lines results --x pu.n --y latency --by design.buffer.bytes -o lines.svg
  offramp plot breakdown results --x pu.n --y area -o area.svg --size column
  offramp plot heatmap results --x pu.n --y buffer.bytes --value energy -o map.svg
  offramp plot timeline results --point 17 -o layer.svg
  offramp plot lines results --where pu.sparsity=skip --where policy.threshold=0.23 -o skip.svg

All points: pareto, lines (median over what is not shown, bars from least to most), breakdown and heatmap (the best by
the first objective of those that keep the constraints). One point, --point or the best: histogram, exits, roofline,
timeline (its first layer), vf. The same data gives the same bytes on every machine.";

/// The kind of figure.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum KindOfFigure {
    /// Two metrics against each other, with the front and its knee
    Pareto,
    /// A metric over a key with numbers
    Lines,
    /// What energy or area consists of
    Breakdown,
    /// A metric over two keys
    Heatmap,
    /// Latency or energy over sentences
    Histogram,
    /// After which layer sentences leave
    Exits,
    /// Stages under the roofs of PU and memory
    Roofline,
    /// What each unit does when
    Timeline,
    /// Frequency over voltage, with the points of the sweep
    Vf,
}

/// How large.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SizeOfFigure {
    /// A column of a paper, 85 mm
    Column,
    /// A slide, 16 : 9
    Slide,
}

/// What to draw.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Kind of figure
    #[arg(value_enum)]
    kind: KindOfFigure,
    /// Folder of a sweep
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// File to write: .svg or .png
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Along x: a metric (pareto, histogram) or a key of an axis
    #[arg(long, value_name = "NAME")]
    x: Option<String>,
    /// Along y: a metric, for a heat map a key of an axis
    #[arg(long, value_name = "NAME")]
    y: Option<String>,
    /// A series or group for each value of this key
    #[arg(long, value_name = "KEY")]
    by: Option<String>,
    /// The metric that a heat map shows
    #[arg(long, value_name = "METRIC")]
    value: Option<String>,
    /// Only points in which the key has this value; can be repeated
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = parse_where)]
    only: Vec<Where>,
    /// The point of a figure of one point
    #[arg(long, value_name = "NUMBER")]
    point: Option<u64>,
    /// How large
    #[arg(long, value_enum, default_value = "slide")]
    size: SizeOfFigure,
}

pub(super) fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    format(&args.output)?;
    let table = Table::read(&args.folder, &args.only)?;
    warn_if_torn(table.results.torn, &args.folder, err);
    let (figure, caption) = figure(args, &table)?;
    let size = match args.size {
        SizeOfFigure::Column => Size::Column,
        SizeOfFigure::Slide => Size::Slide,
    };
    write_figure(&args.output, &figure, size)?;
    Ok(writeln!(out, "{}: {caption}", args.output.display())?)
}

/// Writes a figure, as SVG or PNG by the name of its file.
pub(super) fn write_figure(path: &Path, figure: &Figure, size: Size) -> Result<(), Failure> {
    let bytes = match format(path)? {
        Format::Svg => figure::write_svg(figure, size).map(String::into_bytes),
        Format::Png => figure::write_png(figure, size),
    };
    let bytes = bytes.map_err(|error| refuse(error.to_string(), "take other metrics or points"))?;
    whole(path, |mut file| file.write_all(&bytes).and_then(|()| file.flush()))
}

/// The kind of file by its name.
pub(super) enum Format {
    Svg,
    Png,
}

pub(super) fn format(path: &Path) -> Result<Format, Error> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        _ => {
            let message = format!("{} is neither .svg nor .png", path.display());
            Err(Error::new(Kind::Usage, "arguments", message, "end the name of the file in one of them"))
        }
    }
}

/// The figure, and what it shows in words.
fn figure(args: &Args, table: &Table) -> Result<(Figure, String), Error> {
    let view = View { x: args.x.clone(), y: args.y.clone(), by: args.by.clone(), value: args.value.clone() };
    let all = || format!("{} points with figures, {} without", table.rows.len(), table.refused.len());
    let one = || point::chosen(table, args.point);
    let said = |figure: Result<Figure, Error>| Ok((figure?, point::caption(table, one()?)));
    match args.kind {
        KindOfFigure::Pareto => Ok((points::pareto(table, &view)?, all())),
        KindOfFigure::Lines => Ok((points::lines(table, &view)?, all())),
        KindOfFigure::Breakdown => Ok((points::breakdown(table, &view)?, all())),
        KindOfFigure::Heatmap => Ok((points::heatmap(table, &view)?, all())),
        KindOfFigure::Histogram => {
            let name = args.x.as_deref().unwrap_or("latency");
            let metric =
                Metric::named(name).map_err(|remedy| refuse(format!("unknown metric `{name}`"), remedy))?;
            said(point::histogram(table, one()?, metric))
        }
        KindOfFigure::Exits => said(point::exits(table, one()?)),
        KindOfFigure::Roofline => said(recorded::roofline(table, one()?)),
        KindOfFigure::Timeline => said(recorded::timeline(table, one()?, 1)),
        KindOfFigure::Vf => said(point::vf(table, one()?)),
    }
}
