//! The auxiliary buffer against bytes: writes and both readers at once.

use super::small::{SMALL, designs, quick};
use super::{Draw, Failure, Plan, Tally, packed};
use crate::unit;
use models::latency;
use std::collections::VecDeque;

/// Words that are used at each end of the buffer.
const ENDS: usize = 4;

/// Random pieces written and random words read, never the same word at once.
pub(super) fn auxiliary_buffer(plan: &Plan) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for design in designs(plan, &SMALL)? {
        let (mut bench, mut draw) = (plan.bench(unit::auxiliary_buffer(&design))?, plan.draw(1));
        let (n, piece) = (design.pu.n as usize, unit::piece_bytes(&design));
        let (word, words) = (4 * n, design.aux.bytes as usize / (4 * n));
        let pieces = word / piece;
        let mut held = vec![0; words * word];
        let any_word = |draw: &mut Draw| {
            let at = draw.below(2 * ENDS as u64) as usize;
            if at < ENDS { at } else { words - 2 * ENDS + at }
        };
        let ends = (0..ENDS).chain(words - ENDS..words);
        let mut first: VecDeque<usize> =
            ends.flat_map(|word| (0..pieces).map(move |at| word * pieces + at)).collect();
        let mut way: VecDeque<Option<usize>> = VecDeque::from(vec![None; latency::DECODE as usize - 1]);
        // What each reader has read stays until it reads again.
        let mut seen: [Option<Vec<u8>>; 2] = [None, None];
        for _ in 0..plan.share(4) + first.len() as u64 {
            let filled = first.is_empty();
            // The PU reads half a word, in this cycle.
            let bias = (filled && !draw.stalls()).then(|| any_word(&mut draw) * word + draw.one(&[0, 2 * n]));
            // The SFU reads a word or a quarter, when the vector of the same cycle is decoded.
            let asked =
                (filled && !draw.stalls()).then(|| any_word(&mut draw) * word + draw.below(4) as usize * n);
            way.push_back(asked);
            let parameters = way.pop_front().flatten();
            let busy = [bias, parameters].map(|byte| byte.map(|byte| byte / word));
            let place = first
                .pop_front()
                .unwrap_or_else(|| any_word(&mut draw) * pieces + draw.below(pieces as u64) as usize);
            let write = !filled || !(busy.contains(&Some(place / pieces)) || draw.stalls());
            let data = draw.codes(piece, 8);
            bench.set("write", write.into());
            bench.set("address", place as u64);
            bench.set_words("data", &packed(&data, 8));
            bench.set("bias_read", bias.is_some().into());
            bench.set("bias_address", bias.map_or_else(|| draw.bits(10), |byte| byte as u64 / 4));
            bench.set("parameter_read", asked.is_some().into());
            bench.set("parameter_address", asked.map_or_else(|| draw.bits(10), |byte| byte as u64));
            bench.step()?;
            if let Some(at) = bias {
                seen[0] = Some(held[at..][..2 * n].to_vec());
            }
            if let Some(at) = parameters {
                let mut value = held[at / word * word..][..word].to_vec();
                value[..n].copy_from_slice(&held[at..][..n]);
                seen[1] = Some(value);
            }
            for (name, value) in ["bias", "parameters"].iter().zip(&seen) {
                value.iter().for_each(|value| bench.expect_words(name, &packed(value, 8)));
            }
            if write {
                held[place * piece..][..piece].copy_from_slice(&data);
            }
        }
        bench.step()?;
        tally += quick(plan, &design).replay(bench)?;
    }
    Ok(tally)
}
