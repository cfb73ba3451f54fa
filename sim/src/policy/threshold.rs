//! The threshold for an accuracy: every threshold that makes a difference, in one pass.
//!
//! A sentence changes its exit only where the threshold passes the entropy of the off-ramp at which it leaves. So the pass begins above all
//! entropies, where all leave at the first off-ramp, and comes down from one entropy to the next.

use models::logits::Logits;
use models::record::{Error, Kind};

/// What a threshold does.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct At {
    /// The threshold, nats: an entropy, which is strictly below it no more.
    pub threshold: f64,
    /// Mean layer after which sentences leave, from 1.
    pub exit_layer: f64,
    /// Share of right answers.
    pub accuracy: f64,
}

/// Every threshold that makes a difference, descending, and what holds up to the next: the first stands for all above.
///
/// # Errors
/// The logits have no labels, so no answer is known to be right.
pub fn thresholds(source: &str, logits: &Logits) -> Result<Vec<At>, Error> {
    let refuse =
        |message: &str, remedy: &str| Error::new(Kind::Input, source, format!("{source}: {message}"), remedy);
    let labels = logits.labels().ok_or_else(|| {
        refuse(
            "without labels no answer is known to be right",
            "add a column `label`, or give --threshold to see where sentences leave",
        )
    })?;
    let trace = logits.trace().ok_or_else(|| refuse("no sentences", "give logits of some"))?;
    let (answers, rows): (Vec<Vec<usize>>, Vec<&[f64]>) = (logits.answers(), trace.rows().collect());
    let (count, layers) = (rows.len() as f64, trace.layers());
    let mut places: Vec<(f64, usize, usize)> = Vec::new();
    for (sentence, row) in rows.iter().enumerate() {
        // The last off-ramp decides nothing.
        places
            .extend(row[..layers - 1].iter().enumerate().map(|(layer, entropy)| (*entropy, sentence, layer)));
    }
    places.sort_by(|a, b| b.0.total_cmp(&a.0));
    let right = |sentence: usize, layer: usize| answers[sentence][layer] == labels[sentence];
    let mut exits = vec![0; rows.len()];
    let mut correct = (0..rows.len()).filter(|sentence| right(*sentence, 0)).count();
    let mut sum = rows.len();
    let above = places.first().map_or(0.0, |place| place.0.next_up());
    let at = |threshold, sum: usize, correct: usize| At {
        threshold,
        exit_layer: sum as f64 / count,
        accuracy: correct as f64 / count,
    };
    let mut found = vec![at(above, sum, correct)];
    for group in places.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let threshold = group[0].0;
        for &(_, sentence, before) in group {
            if exits[sentence] != before {
                continue;
            }
            let next = models::trace::exit_layer(rows[sentence], threshold) - 1;
            correct = correct + usize::from(right(sentence, next)) - usize::from(right(sentence, before));
            sum = sum + next - before;
            exits[sentence] = next;
        }
        found.push(at(threshold, sum, correct));
    }
    Ok(found)
}

/// The highest threshold with at least that accuracy, if there is one: accuracy need not fall with the threshold, so lower ones may do worse.
pub fn highest(thresholds: &[At], accuracy: f64) -> Option<At> {
    thresholds.iter().copied().find(|at| at.accuracy >= accuracy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Conventional, Exits, Sentence};
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    /// Every threshold, and one in between, against each sentence by the policy.
    #[test]
    fn one_pass_tells_what_the_policy_does() {
        let seed = 11;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (sentences, layers, classes) = (60, 4, 3);
        let values = (0..sentences * layers * classes).map(|_| rng.random_range(-4..=4).into()).collect();
        let labels: Vec<usize> = (0..sentences).map(|_| rng.random_range(0..classes)).collect();
        let logits = Logits::of(layers, classes, values, Some(labels.clone())).unwrap();
        let (trace, answers) = (logits.trace().unwrap(), logits.answers());
        let found = thresholds("t", &logits).unwrap();
        assert!(found.len() > 50, "seed {seed}: {} thresholds", found.len());
        for at in &found {
            let sentence = |(i, entropies): (usize, _)| Sentence {
                entropies,
                answers: answers[i].as_slice(),
                label: Some(labels[i]),
            };
            let policy = Conventional { threshold: at.threshold };
            let exits = Exits::by(&policy, trace.rows().enumerate().map(sentence));
            let mean: f64 = exits.leaving.iter().map(|l| l.share * f64::from(l.layer)).sum();
            assert!((mean - at.exit_layer).abs() < 1e-9, "seed {seed}: {mean} against {at:?}");
            assert!((exits.accuracy.unwrap() - at.accuracy).abs() < 1e-12, "seed {seed}: {at:?}");
        }
        let asked = found[found.len() / 2].accuracy;
        let best = highest(&found, asked).unwrap();
        assert!(found.iter().all(|at| at.accuracy < asked || at.threshold <= best.threshold));
        assert_eq!(highest(&found, 1.01), None);
    }
}
