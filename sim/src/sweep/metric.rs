//! What a point of a sweep is judged by: names, units and columns of its results.

use models::record::nearest;

/// One figure of a point. The order is that of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub enum Metric {
    /// Mean time of a sentence.
    Latency,
    /// Time of the sentence that takes longest.
    LatencyWorst,
    /// Mean energy of a sentence.
    Energy,
    /// Mean energy times mean latency.
    EnergyDelay,
    /// Mean energy over mean latency.
    Power,
    /// Pre-layout area of the die.
    Area,
    /// MAC-bound cycles over cycles.
    Utilisation,
    /// Mean clock cycles of a sentence.
    Cycles,
    /// Mean exit layer.
    ExitLayer,
    /// Clock.
    Frequency,
}

/// A metric as people and files know it.
struct Naming {
    metric: Metric,
    name: &'static str,
    column: &'static str,
    title: &'static str,
    unit: &'static str,
}

const fn naming(
    metric: Metric,
    name: &'static str,
    column: &'static str,
    title: &'static str,
    unit: &'static str,
) -> Naming {
    Naming { metric, name, column, title, unit }
}

/// Every metric, in the order of its columns.
const NAMES: [Naming; 10] = [
    naming(Metric::Latency, "latency", "latency_s", "latency of a sentence", "s"),
    naming(Metric::LatencyWorst, "latency-worst", "latency_worst_s", "latency of the longest sentence", "s"),
    naming(Metric::Energy, "energy", "energy_j", "energy of a sentence", "J"),
    naming(Metric::EnergyDelay, "energy-delay", "energy_delay_js", "energy times delay", "J s"),
    naming(Metric::Power, "power", "power_w", "mean power", "W"),
    naming(Metric::Area, "area", "area_mm2", "area", "mm²"),
    naming(Metric::Utilisation, "utilisation", "utilisation", "utilisation", "1"),
    naming(Metric::Cycles, "cycles", "cycles", "cycles of a sentence", "cycles"),
    naming(Metric::ExitLayer, "exit-layer", "average_exit_layer", "average exit layer", "layers"),
    naming(Metric::Frequency, "frequency", "frequency_hz", "clock frequency", "Hz"),
];

impl Metric {
    /// How many there are.
    pub const COUNT: usize = NAMES.len();

    /// All, in the order of their columns.
    pub fn all() -> impl Iterator<Item = Metric> {
        NAMES.iter().map(|naming| naming.metric)
    }

    /// The metric of that name.
    ///
    /// # Errors
    /// No metric has it: what the names are.
    pub fn named(name: &str) -> Result<Metric, String> {
        let found = NAMES.iter().find(|naming| naming.name == name || naming.column == name);
        found.map(|naming| naming.metric).ok_or_else(|| {
            let known: Vec<&str> = NAMES.iter().map(|naming| naming.name).collect();
            let hint = nearest(name, known.iter().copied())
                .map_or(String::new(), |near| format!("did you mean `{near}`? "));
            let accuracy = if name == "accuracy" { "no task has a known accuracy yet; " } else { "" };
            format!("{hint}{accuracy}the metrics are {}", known.join(", "))
        })
    }

    fn naming(self) -> &'static Naming {
        &NAMES[self as usize]
    }

    /// The name in spaces and arguments.
    pub fn name(self) -> &'static str {
        self.naming().name
    }

    /// The name of its column in exports, unit last.
    pub fn column(self) -> &'static str {
        self.naming().column
    }

    /// What it is, for people.
    pub fn title(self) -> &'static str {
        self.naming().title
    }

    /// The unit of its values.
    pub fn unit(self) -> &'static str {
        self.naming().unit
    }

    /// The factor and unit by which people read it: milliseconds, millijoules.
    pub fn shown(self) -> (f64, &'static str) {
        match self {
            Metric::Latency | Metric::LatencyWorst => (1e3, "ms"),
            Metric::Energy => (1e3, "mJ"),
            Metric::EnergyDelay => (1e6, "mJ ms"),
            Metric::Power => (1e3, "mW"),
            Metric::Utilisation => (1e2, "%"),
            Metric::Frequency => (1e-6, "MHz"),
            Metric::Cycles => (1e-6, "10⁶ cycles"),
            Metric::Area | Metric::ExitLayer => (1.0, self.unit()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_stands_in_its_own_place() {
        for (index, metric) in Metric::all().enumerate() {
            assert_eq!(metric as usize, index);
            assert_eq!(Metric::named(metric.name()), Ok(metric));
        }
    }
}
