//! Why hardware and paper differ, from the numbers: a sentence for each cause that holds.

use models::design::Sparsity;
use models::zoo::{Claim, Count, Entry, Part};

use super::{Figures, Machine, Ratios, Run};

/// Factors that are nearer than this are taken as equal: claims have two digits.
const APART: f64 = 0.1;

/// All sentences about an entry.
pub(super) fn reasons(
    machine: &Machine,
    entry: &Entry,
    run: &Run,
    beside: Option<(Ratios, &Run)>,
) -> Vec<String> {
    let mut list = counts(entry);
    let figures = match &run.figures {
        Ok(figures) => figures,
        Err(why) => {
            list.push(format!("no program on this design: {why}"));
            return list;
        }
    };
    list.extend(switch(run));
    let Some((ratios, baseline)) = beside else { return list };
    let Ok(theirs) = &baseline.figures else { return list };
    let claims = entry.claims.as_ref();
    let speed_up = claims.and_then(|claims| claims.speed_up.as_ref());
    let size = claims.and_then(|claims| claims.size.as_ref());
    let apart = [
        speed_up
            .filter(|claim| apart(claim.factor, ratios.speed_up))
            .map(|claim| speed(claim, ratios, [theirs, figures])),
        size.filter(|claim| ratios.size_of(claim.of).is_some_and(|ours| apart(claim.factor, ours)))
            .map(|claim| bytes(entry, claim, ratios, run)),
    ];
    let differs = apart.iter().any(Option::is_some);
    list.extend(apart.into_iter().flatten());
    list.extend(zeros(machine, entry));
    list.extend(entry.reason.clone().filter(|_| differs).map(|reason| format!("the paper: {reason}")));
    list
}

fn apart(claimed: f64, ours: f64) -> bool {
    (ours / claimed - 1.0).abs() > APART
}

/// Counts that rounding does not explain.
fn counts(entry: &Entry) -> Vec<String> {
    let Some(published) = &entry.published else { return Vec::new() };
    let said = |what: &str, count: &Count, ours: f64, unit: (f64, &str)| {
        let off = 100.0 * count.differs_by(ours)?;
        let why = count.differs.as_deref().unwrap_or("no reason is known");
        let (ours, theirs) = (ours / unit.0, count.value / unit.0);
        Some(format!("{what}: {ours:.4} {u}, published {theirs:.4} {u} ({off:+.1} %): {why}", u = unit.1))
    };
    let parameters = published.parameters.iter();
    let parameters = parameters
        .filter_map(|count| said("parameters", count, entry.counts(1).parameters as f64, (1e6, "M")));
    let operations = published.operations.iter().flatten().filter_map(|found| {
        let ours = entry.counts(found.tokens).operations(found.products) as f64;
        said(&format!("operations at {} tokens", found.tokens), &found.count, ours, (1e9, "G"))
    });
    parameters.chain(operations).collect()
}

/// What a switch of tasks loads.
fn switch(run: &Run) -> Option<String> {
    let switch = run.switch?;
    let (task, all) = (switch.task, switch.all);
    Some(format!(
        "a task switch loads {:.3} MB in {:.3} ms and {:.4} mJ, {:.0} times less than all parameters ({:.1} MB, {:.1} ms, {:.2} mJ)",
        task.bytes as f64 / 1e6,
        task.seconds * 1e3,
        task.energy_j * 1e3,
        all.bytes as f64 / task.bytes as f64,
        all.bytes as f64 / 1e6,
        all.seconds * 1e3,
        all.energy_j * 1e3
    ))
}

/// Latency follows what the datapath has to do and how well it is filled; a GPU has costs that no shape changes.
fn speed(claim: &Claim, ratios: Ratios, [theirs, ours]: [&Figures; 2]) -> String {
    let filled = if apart(theirs.utilisation, ours.utilisation) {
        let [theirs, ours] = [theirs, ours].map(|figures| 100.0 * figures.utilisation);
        format!(", and the MACs are filled {ours:.0} % in place of {theirs:.0} %")
    } else {
        String::new()
    };
    let bus = theirs.bus_bytes as f64 / ours.bus_bytes as f64;
    format!(
        "{:.2} times as fast, {:.2} claimed: the baseline has {:.2} times the multiply-accumulates and {bus:.2} times the bytes on the \
         bus{filled}",
        ratios.speed_up, claim.factor, ratios.macs
    )
}

/// What a size claim counts that memory does not, and the other way round.
fn bytes(entry: &Entry, claim: &Claim, ratios: Ratios, run: &Run) -> String {
    let Ok(figures) = &run.figures else { return String::new() };
    let (of, ours) = match claim.of {
        Part::Model => ("in memory", ratios.size),
        Part::Encoder => ("of the encoder in memory", ratios.encoder_size.unwrap_or(ratios.size)),
    };
    let mut text = format!("{ours:.2} times smaller {of}, {:.2} claimed", claim.factor);
    if entry.weight_bits < WHOLE_BITS {
        let bits = f64::from(WHOLE_BITS) / f64::from(entry.weight_bits);
        text.push_str(&format!(
            "; {bits:.0} times of that may be {} bits against {WHOLE_BITS}, where this machine has codes on both sides",
            entry.weight_bits
        ));
    }
    let density = entry.densities().1;
    if density < 1.0 {
        let each = figures.encoder_bytes as f64 / run.counts.encoder.max(1) as f64;
        text.push_str(&format!(
            "; an encoder weight that is not zero takes {each:.2} bytes: 1 of code, {:.2} of mask, which has a bit for zeros too, the rest \
             of banks that fill unevenly, biases and norms",
            0.125 / density
        ));
    }
    if let Some(words) = &entry.words {
        let [codes, stored] = [run.counts.parameters, figures.stored_bytes].map(|bytes| bytes as f64 / 1e6);
        text.push_str(&format!(
            "; {codes:.1} MB of codes lie in {stored:.1} MB: matrices of {0} x {0} are padded to whole tiles, and rows are powers of two \
             apart",
            words.matrix
        ));
    }
    if claim.of == Part::Model && figures.encoder_bytes > 0 {
        let rest = figures.stored_bytes - figures.encoder_bytes;
        let share = 100.0 * rest as f64 / figures.stored_bytes as f64;
        text.push_str(&format!("; {share:.0} % of it are embeddings, pooler and classifier"));
    }
    text
}

/// Bits of a weight that is not quantised in a checkpoint.
const WHOLE_BITS: u32 = 32;

/// What the design makes of single zeros. Weights wait in the lanes while activations stream by, `n` cycles a tile; under `skip` a tile
/// takes none where all of it is zero.
fn zeros(machine: &Machine, entry: &Entry) -> Option<String> {
    let (_, density) = entry.densities();
    if density >= 1.0 {
        return None;
    }
    let (n, zeros) = (machine.design.pu.n, 100.0 * (1.0 - density));
    let null = 100.0 * (1.0 - density).powi((n * n).cast_signed());
    let what = match machine.design.pu.sparsity {
        Sparsity::Dense => "which this design makes nothing of but room in memory".to_owned(),
        Sparsity::Gate => {
            "which the design gates: energy and memory are saved, and no cycle but of loads".to_owned()
        }
        Sparsity::Skip => format!(
            "but the design skips whole tiles of {n} x {n}, {null:.3} % of which are: single zeros save energy and memory, and no cycle but \
             of loads"
        ),
    };
    Some(format!("{zeros:.0} % of the encoder's weights are zero, {what}"))
}
