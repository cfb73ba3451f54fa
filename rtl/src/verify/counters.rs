//! The event counters against sums of what happened.

use super::{Draw, Failure, Plan, Tally};
use crate::cosim::Bench;
use crate::hdl::Error;
use crate::register_map::COUNTER_BITS;
use crate::unit;
use crate::unit::page::{READERS, WRITERS};
use models::design::Design;
use models::record::preset;
use std::collections::BTreeMap;

/// Bits of counters that wrap within a short run, beside the machine's.
const FEW_BITS: usize = 11;

/// Events since the last clear, by the name of what is counted.
type Sums = BTreeMap<String, u64>;

/// Random events in every cycle, some of them in that of a clear.
pub(super) fn counters(plan: &Plan) -> Result<Tally, Failure> {
    let design = preset::<Design>("offramp").map_err(|_| Error::size("counters", "design", "shipped"))?;
    let with = |n, width_bits| {
        let mut design = design.clone();
        (design.pu.n, design.axi.width_bits) = (n, width_bits);
        design
    };
    let mut tally = Tally::default();
    for design in plan.shapes(&[with(2, 128), with(4, 32), with(16, 64)], Clone::clone) {
        for width in [FEW_BITS, COUNTER_BITS] {
            let (mut bench, mut draw) =
                (plan.bench(unit::counters(&design, width))?, plan.draw(design.pu.n.into()));
            let mut sums = Sums::new();
            for _ in 0..plan.share(2) {
                let clear = draw.once_in(plan.share(2) / 2 + 1);
                bench.set("clear", clear.into());
                let events = events(&mut bench, &mut draw, &design);
                for (name, value) in counted(&design, &sums) {
                    bench.expect(&name, value & ((1 << width) - 1));
                }
                bench.step().map_err(|difference| difference.about(format!("{width} bits")))?;
                if clear {
                    sums.clear();
                } else {
                    events.into_iter().for_each(|(name, count)| *sums.entry(name).or_default() += count);
                }
            }
            tally += Plan { netlist: plan.netlist && width == FEW_BITS, ..plan.clone() }.replay(bench)?;
        }
    }
    Ok(tally)
}

/// Puts random events on the ports.
fn events(bench: &mut Bench, draw: &mut Draw, design: &Design) -> Vec<(String, u64)> {
    let n = u64::from(design.pu.n);
    let mut list = vec![];
    let pulses = [
        "softmax_vectors",
        "layernorm_vectors",
        "entropy_vectors",
        "rows_vectors",
        "tile_ends",
        "active",
        "bias_read",
        "norm_read",
        "span_read",
        "aux_write",
        "read_beat",
        "write_beat",
        "nvm_word",
        "dispatched",
    ];
    for name in pulses {
        let happens = u64::from(!draw.stalls());
        bench.set(name, happens);
        list.push((name.to_owned(), happens));
    }
    let dots = draw.below(n + 1);
    bench.set("dots", dots);
    list.push(("dots".to_owned(), dots));
    let readers = READERS.iter().map(|reader| (reader.name, "read"));
    for (port, verb) in readers.chain(WRITERS.iter().map(|writer| (*writer, "write"))) {
        let buffer = draw.below(2);
        bench.set(&format!("{port}_{verb}_buffer"), buffer);
        for what in ["mask", "code"] {
            let count = {
                let some = draw.below(n + 1);
                draw.one(&[0, n, some])
            };
            bench.set(&format!("{port}_{verb}_{what}s"), count);
            list.push((format!("{what}_{verb}s_{buffer}"), count));
        }
    }
    list
}

/// What each counter shows.
fn counted(design: &Design, sums: &Sums) -> Vec<(String, u64)> {
    let (n, beat) = (u64::from(design.pu.n), u64::from(design.axi.width_bits / 8));
    let of = |name: &str| sums.get(name).copied().unwrap_or(0);
    let (run, streamed, whole) = (n * of("dots"), n * n * of("rows_vectors"), n * n * n * of("tile_ends"));
    let (reads, writes) = (of("read_beat"), of("write_beat"));
    let mut list = vec![
        ("macs_run", run),
        ("macs_gated", streamed.wrapping_sub(run)),
        ("macs_skipped", whole.wrapping_sub(streamed)),
        ("pu_active_cycles", of("active")),
        ("softmax_elements", n * of("softmax_vectors")),
        ("layernorm_elements", n * of("layernorm_vectors")),
        ("entropy_elements", n * of("entropy_vectors")),
        ("aux_read_bytes", 2 * n * of("bias_read") + 4 * n * of("norm_read") + n * of("span_read")),
        ("aux_write_bytes", n.min(beat) * of("aux_write")),
        ("axi_beats", reads + writes),
        ("external_read_bytes", beat * reads),
        ("external_write_bytes", beat * writes),
        ("nvm_read_bits", u64::from(design.nvm.width_bits) * of("nvm_word")),
        ("commands", of("dispatched")),
    ];
    for name in [
        "mask_reads_0",
        "mask_reads_1",
        "mask_writes_0",
        "mask_writes_1",
        "code_reads_0",
        "code_reads_1",
        "code_writes_0",
        "code_writes_1",
    ] {
        list.push((name, of(name)));
    }
    list.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
