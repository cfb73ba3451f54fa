//! What the tools write, read.

use super::Failed;
use super::cost::Cells;
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest path of a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// How long it is, set-up time included, in nanoseconds.
    pub ns: f64,
    /// Where it starts: a flip-flop or a port.
    pub from: String,
    /// Where it ends.
    pub to: String,
}

/// Cells by type and bits of memories of a module, as `stat -json` of Yosys tells them.
///
/// # Errors
/// The text is not that, or not about the module.
pub fn statistics(json: &str, module: &str) -> Result<(Cells, u64), Failed> {
    let unread = || Failed::Tool(format!("{module}: Yosys tells no statistics"));
    let value: Value = serde_json::from_str(json).map_err(|_| unread())?;
    let of = &value["modules"][format!("\\{module}")];
    let cells = of["num_cells_by_type"].as_object().ok_or_else(unread)?;
    let count = |(name, count): (&String, &Value)| Some((name.clone(), count.as_u64()?));
    let cells: Option<Cells> = cells.iter().map(count).collect();
    Ok((cells.ok_or_else(unread)?, of["num_memory_bits"].as_u64().ok_or_else(unread)?))
}

/// Area of each cell of a Liberty file, in square micrometres.
pub fn areas(liberty: &str) -> BTreeMap<String, f64> {
    let mut areas = BTreeMap::new();
    let mut cell = None;
    for line in liberty.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("cell") {
            let name = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split(')').next());
            cell = name.map(|name| name.trim().trim_matches('"').to_owned()).or(cell);
        } else if let Some(rest) = line.strip_prefix("area")
            && let Some(value) = rest.trim_start().strip_prefix(':')
            && let (Ok(area), Some(name)) = (value.trim().trim_end_matches(';').trim().parse(), &cell)
        {
            areas.entry(name.clone()).or_insert(area);
        }
    }
    areas
}

/// The path of `report_checks` of OpenSTA, at this clock period; none where it found none.
///
/// # Errors
/// The text is neither.
pub fn cell_path(report: &str, period_ns: f64) -> Result<Option<Path>, Failed> {
    if report.contains("No paths found.") {
        return Ok(None);
    }
    let after = |start: &str| {
        let line = report.lines().find_map(|line| line.strip_prefix(start))?;
        line.split_whitespace().next().map(str::to_owned)
    };
    let slack = report.lines().find(|line| line.contains(" slack (")).and_then(|line| {
        let number = line.split_whitespace().next()?;
        number.parse::<f64>().ok()
    });
    match (after("Startpoint: "), after("Endpoint: "), slack) {
        (Some(from), Some(to), Some(slack)) => Ok(Some(Path { ns: period_ns - slack, from, to })),
        _ => Err(Failed::Tool(format!("OpenSTA tells no path: {}", report.trim()))),
    }
}

/// The path of `sta` of Yosys, which begins with the end point; none where it found none.
pub fn fpga_path(report: &str) -> Option<Path> {
    // Where a path ends at what has no delays, here a multiplier, a warning stands between its lines.
    let lines = report.lines().filter(|line| !line.starts_with("Warning: "));
    let mut lines = lines.skip_while(|line| !line.starts_with("Latest arrival time in "));
    let picoseconds: f64 =
        lines.next()?.trim_end_matches(':').split_whitespace().next_back()?.parse().ok()?;
    // Each point is a line "TIME CELL (TYPE.PORTS)", or "TIME (<primary output>)", and a line with its net; a histogram follows.
    let lines: Vec<&str> = lines.take_while(|line| line.starts_with(' ')).map(str::trim).collect();
    let points: Vec<&str> = lines.chunks_exact(2).filter_map(|pair| name(pair[0], pair[1])).collect();
    Some(Path {
        ns: picoseconds / 1000.0,
        from: (*points.last()?).trim_start_matches('\\').to_owned(),
        to: (*points.first()?).trim_start_matches('\\').to_owned(),
    })
}

/// The cell of a point, or the net where it is a port.
fn name<'a>(point: &'a str, net: &'a str) -> Option<&'a str> {
    let mut words = point.split_whitespace();
    words.next()?.parse::<f64>().ok()?;
    let cell = words.next()?;
    if cell.starts_with("(<") { net.split_whitespace().next() } else { Some(cell) }
}
