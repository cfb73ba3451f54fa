//! Power of the core with every MAC in use, at any supply: what the component model says where a chip was measured.
//!
//! The commands of one dense product that run on the processing unit, end to end, priced like any run: MACs, fabric, operand buffers, leakage
//! and clock generator at the core's supply. Left out are the regulator, the NVM, the bus and what is behind it.

use models::compiler::{Single, compile_single};
use models::design::Design;
use models::program::{Operation, Program};
use models::technology::{Technology, VfPoint};

use crate::energy::{Prices, Usage};
use crate::machine::{Costs, Events, Nests};
use crate::sentence::{SetupError, clock_hz};

/// Rows, columns and length of the product: a projection of ALBERT-base.
pub const SHAPE: (u32, u32, u32) = (128, 768, 768);

/// A point of the technology's table: what was measured there, and what the model says.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The point.
    pub point: VfPoint,
    /// Power by the model, W.
    pub model_w: f64,
}

impl Compared {
    /// The model over what was measured, less one; none where nothing was.
    pub fn residual(&self) -> Option<f64> {
        self.point.power_mw.map(|milliwatts| self.model_w / (milliwatts * 1e-3) - 1.0)
    }
}

/// Every point of the technology's table.
///
/// # Errors
/// The product does not fit, or technology and design do not go together.
pub fn compare(design: &Design, technology: &Technology) -> Result<Vec<Compared>, SetupError> {
    let program = compile_single(design, Single::Matmul(SHAPE.0, SHAPE.1, SHAPE.2))?;
    let (cycles, events) = products(design, &program);
    let compared = |point: &VfPoint| {
        let seconds = cycles as f64 / clock_hz(technology, point.vdd_v)?;
        let prices = Prices::new(design, technology, point.vdd_v)?;
        let model_w = prices.delivered_j(&Usage { events: &events, seconds }) / seconds;
        Ok(Compared { point: point.clone(), model_w })
    };
    technology.vf.iter().map(compared).collect()
}

/// Cycles and events of a program's products.
fn products(design: &Design, program: &Program) -> (u64, Events) {
    let costs = Costs::new(design, program, &mut Nests::default());
    let mut sum = (0, Events::default());
    for (index, command) in (0..).zip(&program.commands) {
        if let (Operation::Matmul(_), Some((cycles, events))) =
            (&command.operation, costs.of(design, index, &command.operation))
        {
            sum.0 += cycles;
            sum.1 += events;
        }
    }
    sum
}
