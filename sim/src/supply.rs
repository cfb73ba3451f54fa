//! A run's seconds and joules, stretch by stretch: cycles of one supply voltage at its clock and its prices.
//!
//! Where the supply changes the core waits until it has settled, `ldo.settle_ns_per_mv` for each millivolt, and then
//! `clock.switch_cycles` of the new clock; meanwhile it draws what it draws when idle, at the higher of both voltages.
//!
//! Not modelled: what a regulator needs between its input and its output (at the rail's own voltage it is a closed switch); a core that runs on while its supply falls (the chip's oscillator follows the supply, so it could).

use std::cell::RefCell;
use std::collections::BTreeMap;

use models::design::Design;
use models::record::Error;
use models::technology::Technology;

use crate::energy::{Item, Prices, Usage};
use crate::machine::{Events, MemoryTiming, Run, Segment};
use crate::sentence::clock_hz;

/// What a supply voltage means.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// Clock, Hz.
    pub hertz: f64,
    /// Memories, in cycles of it.
    pub timing: MemoryTiming,
    prices: Prices<'a>,
}

/// A design in a technology, at any supply.
#[derive(Debug)]
pub struct Supply<'a> {
    design: &'a Design,
    technology: &'a Technology,
    known: RefCell<BTreeMap<u32, Point<'a>>>,
}

impl<'a> Supply<'a> {
    /// Nothing is worked out yet.
    pub fn new(design: &'a Design, technology: &'a Technology) -> Self {
        Supply { design, technology, known: RefCell::default() }
    }

    /// What `vdd_mv` millivolts mean.
    ///
    /// # Errors
    /// The voltage is outside the technology's table, or technology and design do not go together.
    pub fn at(&self, vdd_mv: u32) -> Result<Point<'a>, Error> {
        if let Some(point) = self.known.borrow().get(&vdd_mv) {
            return Ok(*point);
        }
        let vdd_v = vdd_v(self.design, vdd_mv);
        let hertz = clock_hz(self.technology, vdd_v)?;
        let timing = MemoryTiming::new(self.design, self.technology, hertz)?;
        let point = Point { hertz, timing, prices: Prices::new(self.design, self.technology, vdd_v)? };
        self.known.borrow_mut().insert(vdd_mv, point);
        Ok(point)
    }

    /// Seconds from one supply to another.
    ///
    /// # Errors
    /// As [`Supply::at`].
    pub fn change_s(&self, from_mv: u32, to_mv: u32) -> Result<f64, Error> {
        let settle = f64::from(from_mv.abs_diff(to_mv)) * self.technology.ldo.settle_ns_per_mv.value * 1e-9;
        let switch = self.technology.clock.switch_cycles.value / self.at(to_mv)?.hertz;
        Ok(if from_mv == to_mv { 0.0 } else { settle + switch })
    }

    /// Seconds and bill of a change of the supply.
    ///
    /// # Errors
    /// As [`Supply::at`].
    pub fn change(&self, from_mv: u32, to_mv: u32) -> Result<(f64, Vec<Item>), Error> {
        let seconds = self.change_s(from_mv, to_mv)?;
        let idle = Usage { events: &Events::default(), seconds };
        Ok((seconds, self.at(from_mv.max(to_mv))?.prices.bill(&idle)))
    }

    /// Seconds and bill of a run.
    ///
    /// # Errors
    /// As [`Supply::at`].
    pub fn price(&self, run: &Run) -> Result<(f64, Vec<Item>), Error> {
        let own = own_mv(self.design);
        let whole = [Segment { vdd_mv: own, cycles: run.cycles, events: run.events }];
        let segments = if run.segments.is_empty() { &whole } else { run.segments.as_slice() };
        let mut sum: Option<(f64, Vec<Item>)> = None;
        let mut before: Option<u32> = None;
        for segment in segments {
            if let Some(from) = before.filter(|from| *from != segment.vdd_mv) {
                add(&mut sum, self.change(from, segment.vdd_mv)?);
            }
            let point = self.at(segment.vdd_mv)?;
            let seconds = segment.cycles as f64 / point.hertz;
            add(&mut sum, (seconds, point.prices.bill(&Usage { events: &segment.events, seconds })));
            before = Some(segment.vdd_mv);
        }
        Ok(sum.unwrap_or_default())
    }
}

/// Adds seconds and a bill, item by item.
fn add(sum: &mut Option<(f64, Vec<Item>)>, (seconds, bill): (f64, Vec<Item>)) {
    let Some((all, items)) = sum else {
        *sum = Some((seconds, bill));
        return;
    };
    *all += seconds;
    for (mine, its) in items.iter_mut().zip(bill) {
        mine.energy_j += its.energy_j;
    }
}

/// The design's own supply, mV.
pub fn own_mv(design: &Design) -> u32 {
    (design.operating.vdd_v * 1000.0).round() as u32
}

/// Volts: the design's own where it is meant, which need not be a whole number of millivolts.
pub fn vdd_v(design: &Design, vdd_mv: u32) -> f64 {
    if vdd_mv == own_mv(design) { design.operating.vdd_v } else { f64::from(vdd_mv) / 1000.0 }
}
