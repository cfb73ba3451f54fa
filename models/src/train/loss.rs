//! Losses of a batch, in nats per sentence, with their derivatives by the logits.
//!
//! Of off-ramp l with logits x, label c, and p = softmax x:
//!
//! - cross-entropy: -ln p(c), derivative p - onehot(c);
//! - distillation from a teacher's logits t at temperature T: T² KL(softmax(t / T) || softmax(x / T)), derivative
//!   T (softmax(x / T) - softmax(t / T)).
//!
//! The last off-ramp has (1 - share) cross-entropy + share distillation, the others `ramps` times the cross-entropy. T² keeps the
//! derivative of one size as T grows (Hinton et al., 2015).

use nalgebra::DMatrix;

use super::net::Real;

/// What counts for how much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<T> {
    /// Weight of the last off-ramp.
    pub(super) last: T,
    /// Weight of each other.
    pub(super) ramps: T,
    /// Share of distillation in the last one's.
    pub(super) share: T,
    /// Temperature of distillation.
    pub(super) temperature: T,
}

/// Loss summed over the sentences, and its derivative by the logits of each off-ramp.
pub(super) struct Loss<T> {
    pub(super) sum: T,
    pub(super) d_logits: Vec<DMatrix<T>>,
}

/// The loss of logits [classes x sentences] of each off-ramp; `teacher` has those of the teacher's last.
pub(super) fn loss<'a, T: Real>(
    terms: &Terms<T>,
    logits: impl ExactSizeIterator<Item = &'a DMatrix<T>>,
    labels: &[usize],
    teacher: Option<&DMatrix<T>>,
) -> Loss<T> {
    let last = logits.len().saturating_sub(1);
    let mut loss = Loss { sum: T::zero(), d_logits: Vec::with_capacity(logits.len()) };
    for (index, logits) in logits.enumerate() {
        let teacher = teacher.filter(|_| index == last);
        let share = if teacher.is_some() { terms.share } else { T::zero() };
        let weight = if index == last { terms.last } else { terms.ramps };
        let (sum, d) = cross_entropy(logits, labels);
        let mut d_logits = d * (weight * (T::one() - share));
        loss.sum += sum * weight * (T::one() - share);
        if let Some(teacher) = teacher {
            let (sum, d) = distillation(logits, teacher, terms.temperature);
            d_logits += d * (weight * share);
            loss.sum += sum * weight * share;
        }
        loss.d_logits.push(d_logits);
    }
    loss
}

fn cross_entropy<T: Real>(logits: &DMatrix<T>, labels: &[usize]) -> (T, DMatrix<T>) {
    let mut d = logits.clone();
    let mut sum = T::zero();
    for (mut column, label) in d.column_iter_mut().zip(labels) {
        let logarithms = log_softmax(column.as_slice(), T::one());
        sum -= logarithms[*label];
        column.iter_mut().zip(logarithms).for_each(|(d, ln)| *d = ln.exp());
        column[*label] -= T::one();
    }
    (sum, d)
}

fn distillation<T: Real>(logits: &DMatrix<T>, teacher: &DMatrix<T>, temperature: T) -> (T, DMatrix<T>) {
    let mut d = logits.clone();
    let mut sum = T::zero();
    for (mut column, teacher) in d.column_iter_mut().zip(teacher.column_iter()) {
        let student = log_softmax(column.as_slice(), temperature);
        let teacher = log_softmax(teacher.as_slice(), temperature);
        for ((d, student), teacher) in column.iter_mut().zip(student).zip(teacher) {
            sum += temperature * temperature * teacher.exp() * (teacher - student);
            *d = temperature * (student.exp() - teacher.exp());
        }
    }
    (sum, d)
}

/// Logarithms of the softmax of `logits / temperature`.
fn log_softmax<T: Real>(logits: &[T], temperature: T) -> Vec<T> {
    let scaled = logits.iter().map(|x| *x / temperature);
    let most = scaled.clone().fold(-T::of(f64::MAX), |most: T, x| most.max(x));
    let sum = scaled.clone().fold(T::zero(), |sum, x| sum + (x - most).exp());
    scaled.map(|x| x - most - sum.ln()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: logits 0 and ln 3 are shares of 1/4 and 3/4, halved by temperature 2 they are those of 1 and sqrt 3.
    #[test]
    fn losses_are_those_by_hand() {
        let logits = [[0.0, 0.0], [0.0, 3.0_f64.ln()]].map(|x| DMatrix::from_column_slice(2, 1, &x));
        let teacher = DMatrix::from_column_slice(2, 1, &[0.0, 0.0]);
        let terms = Terms { last: 1.0, ramps: 0.1, share: 0.25, temperature: 2.0 };
        let found = loss(&terms, logits.iter(), &[1], Some(&teacher));
        let p = 3.0_f64.sqrt() / (1.0 + 3.0_f64.sqrt());
        let divergence = 0.5 * (0.5 / p).ln() + 0.5 * (0.5 / (1.0 - p)).ln();
        let expected = 0.1 * 2.0_f64.ln() + 0.75 * (4.0_f64 / 3.0).ln() + 0.25 * 4.0 * divergence;
        assert!((found.sum - expected).abs() < 1e-12, "{} {expected}", found.sum);
        let slopes = [0.1 * -0.5, 0.75 * -0.25 + 0.25 * 2.0 * (p - 0.5)];
        for (d, slope) in found.d_logits.iter().zip(slopes) {
            assert!((d[1] - slope).abs() < 1e-12 && (d[0] + slope).abs() < 1e-12, "{d} {slope}");
        }
        let without = loss(&terms, logits.iter(), &[1], None).sum;
        let expected = 0.1 * 2.0_f64.ln() + (4.0_f64 / 3.0).ln();
        assert!((without - expected).abs() < 1e-12, "without a teacher all is cross-entropy");
    }
}
