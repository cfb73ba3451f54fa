//! What the machine is made of: energy, area and leakage of its parts, voltage and frequency, and the memories that it names.
//!
//! Every constant is a [`Quantity`]: value, unit, standing, source. Energies and leakages hold at `vdd_nominal_v`;
//! other voltages scale them:
//!
//! - dynamic energy by (V/Vnom)^2, which the silicon at 0.62 to 1.00 V follows within 17 % (ISSCC 2023, 22.9),
//! - leakage power by (V/Vnom)^`voltage_exponent`,
//! - frequency by linear interpolation between the points of `vf`, or by an alpha-power law between their ends; outside is an error,
//! - the supply of SRAM stays at its floor where the core's goes below it,
//! - power of the clock generator by V^2 f.
//!
//! Energy is derived from events at the end of a run, so a run can be priced again without a new simulation.
//!
//! Not modelled: process corners, a temperature other than the stated one, voltage scaling of the memories' own supplies.

mod alpha_power;
mod limits;
mod parts;
mod scale;
mod validate;

pub use alpha_power::Fit;
pub use parts::*;
pub use scale::{Code, OutOfRange};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::memory::{Channel, Memory};
use crate::record::*;

/// A process with its memories and regulators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Technology {
    /// What it is called.
    pub name: String,
    /// One line for listings.
    pub summary: String,
    /// Feature size, nm.
    pub node_nm: Quantity<Nanometres>,
    /// Die temperature at which leakage holds, K.
    pub temperature_k: Quantity<Kelvin>,
    /// Supply at which energies and leakages hold, V.
    pub vdd_nominal_v: Quantity<Volts>,
    /// Energy of events.
    pub energy: Energy,
    /// Area of parts.
    pub area: Area,
    /// Power of idle parts.
    pub leakage: Leakage,
    /// SRAM macros, by ascending size.
    #[schemars(length(min = 1))]
    pub sram: Vec<Sram>,
    /// Voltage and frequency, by ascending voltage.
    #[schemars(length(min = 1))]
    pub vf: Vec<VfPoint>,
    /// Frequency between the lowest and the highest point of `vf`, which the law is drawn through, in place of straight lines.
    pub alpha_power: Option<AlphaPower>,
    /// Supplies that do not follow the core's.
    pub domains: Domains,
    /// The memory on the chip that keeps what every sentence needs: non-volatile, or one that is loaded at every wake-up.
    pub nvm: Named<Memory>,
    /// Memories that can stand behind the AXI master.
    pub memories: Vec<Named<Memory>>,
    /// The regulator of the core supply.
    pub ldo: Ldo,
    /// The clock generator.
    pub clock: Clock,
    /// The core between sentences.
    pub idle: Idle,
}

impl Technology {
    /// The external memory of that name.
    ///
    /// # Errors
    /// The technology has no such memory: the error lists those it has.
    pub fn memory(&self, name: &str) -> Result<&Channel, Error> {
        let found = self.memories.iter().find(|memory| memory.name == name);
        found.and_then(|memory| memory.channel.as_ref()).ok_or_else(|| {
            let known: Vec<&str> = self.memories.iter().map(|memory| memory.name.as_str()).collect();
            let hint = nearest(name, known.iter().copied())
                .map_or(String::new(), |near| format!("did you mean `{near}`? "));
            Error::new(
                Kind::Input,
                format!("technology `{}`", self.name),
                format!("technology `{}` has no memory `{name}`", self.name),
                format!(
                    "{hint}it has {}; set external.memory of the design to one of them",
                    known.join(", ")
                ),
            )
        })
    }

    /// Every constant with its dotted key, in the order of the type: for validation and reports.
    pub fn constants(&self) -> Vec<Constant<'_>> {
        let mut constants = Vec::new();
        self.visit(&mut |key, quantity| constants.push(quantity.constant(key)));
        constants
    }

    fn visit<'a>(&'a self, visit: Visit<'a, '_>) {
        visit("node_nm".to_owned(), &self.node_nm);
        visit("temperature_k".to_owned(), &self.temperature_k);
        visit("vdd_nominal_v".to_owned(), &self.vdd_nominal_v);
        self.energy.visit("energy", visit);
        self.area.visit("area", visit);
        self.leakage.visit("leakage", visit);
        for (index, sram) in self.sram.iter().enumerate() {
            sram.visit(index, visit);
        }
        if let Some(law) = &self.alpha_power {
            law.visit("alpha_power", visit);
        }
        self.domains.visit("domains", visit);
        self.nvm.visit("nvm.", visit);
        for (index, memory) in self.memories.iter().enumerate() {
            memory.visit(&format!("memories.{index}."), visit);
        }
        self.ldo.visit("ldo", visit);
        self.clock.visit("clock", visit);
        self.idle.visit("idle", visit);
    }
}

impl Record for Technology {
    const KIND: &'static str = "technology";
    const PRESETS: &'static [(&'static str, &'static str)] = &[
        ("edgebert-12nm", include_str!("../presets/technologies/edgebert-12nm.toml")),
        ("edgebert-12nm-paper", include_str!("../presets/technologies/edgebert-12nm-paper.toml")),
        ("generic-22nm", include_str!("../presets/technologies/generic-22nm.toml")),
        ("generic-16nm", include_str!("../presets/technologies/generic-16nm.toml")),
        ("generic-7nm", include_str!("../presets/technologies/generic-7nm.toml")),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn validate(&self, problems: &mut Problems) {
        validate::validate(self, problems);
    }
}
