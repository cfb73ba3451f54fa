//! Streams: sentences arrive, wait, run one after the other, and between them the machine idles or sleeps.
//!
//! **Queue.** One machine, first come first served. A sentence starts when it has arrived, the one before has ended and the machine is ready:
//! `response(i) = max(0, response(i - 1) - interval(i)) + ready + latency(i)` (Lindley, 1952), which keeps every digit however long the stream.
//! `ready` is the change of the supply to the design's own: from that of the sentence before, or from where it idled or slept.
//!
//! **Between sentences** ([`Idle`]). The machine goes to rest when a sentence ends and no other waits. Resting takes `enter_s` to begin; a
//! gap no longer than that is spent as if awake.
//!
//! Percentiles are exact: every response is kept, and the p-th is the least that p per cent of the sentences do not exceed (nearest
//! rank).
//!
//! Not modelled: several sentences at once; arrivals that depend on responses; temperature that follows the load.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

/// When sentences arrive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Each when the one before has ended.
    BackToBack,
    /// One in every so many seconds.
    Periodic(f64),
    /// At random, independent of each other, so many a second on average.
    Poisson(f64),
}

/// A kind of sentence: what it takes of its own, and how the machine gets from its end to the start of the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Service {
    /// Seconds from start to end.
    pub latency_s: f64,
    /// Joules in them.
    pub energy_j: f64,
    /// Seconds and joules from its supply at the end to that at a start.
    pub ready: (f64, f64),
}

/// How the machine rests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Idle {
    /// Seconds until it rests.
    pub enter_s: f64,
    /// Power before that: awake, its clock standing, W.
    pub awake_w: f64,
    /// Power at rest, W.
    pub rest_w: f64,
    /// Seconds and joules from rest to the start of a sentence.
    pub wake: (f64, f64),
}

/// Which sentences come.
#[derive(Clone, Debug)]
pub enum Order<'a> {
    /// These kinds, again and again.
    Given(&'a [u32]),
    /// Drawn with these shares.
    Drawn(&'a [f64]),
}

/// A stream.
#[derive(Clone, Debug)]
pub struct Stream<'a> {
    /// Kinds of sentences.
    pub services: &'a [Service],
    /// Which come.
    pub order: Order<'a>,
    /// When.
    pub arrivals: Arrivals,
    /// What happens between them.
    pub idle: Idle,
    /// How many.
    pub sentences: u64,
    /// Where random numbers begin.
    pub seed: u64,
}

/// What came of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Streamed {
    /// Response of every sentence, ascending, seconds.
    pub responses: Vec<f64>,
    /// Energy of every sentence with what made the machine ready for it, ascending, joules.
    pub energies: Vec<f64>,
    /// Sum of responses, seconds.
    pub response_sum: f64,
    /// Seconds from the first arrival to the last end.
    pub seconds: f64,
    /// Of those, seconds in which sentences ran.
    pub busy_s: f64,
    /// Joules of sentences, of making ready and waking, awake without work, at rest.
    pub energy_j: [f64; 4],
    /// Times that the machine woke.
    pub wakes: u64,
}

impl Stream<'_> {
    /// Runs the stream.
    pub fn run(&self) -> Streamed {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let count = self.sentences as usize;
        let mut result = Streamed {
            responses: Vec::with_capacity(count),
            energies: Vec::with_capacity(count),
            ..Streamed::default()
        };
        // Of the sentence before: its response, and where it left the machine.
        let mut before: Option<(f64, Service)> = None;
        for index in 0..self.sentences {
            let interval = before.map_or(0.0, |(response, _)| self.interval(response, &mut rng));
            let service = self.services[self.kind(index, &mut rng)];
            // What is left of the one before when this one arrives, or, below zero, how long the machine has been free.
            let backlog = before.map_or(0.0, |(response, _)| response - interval);
            let (ready_s, ready_j) = match before {
                // Ahead of the first it rests.
                None => result.woken(self.idle.wake),
                Some((_, last)) if -backlog <= self.idle.enter_s => {
                    result.energy_j[2] += (-backlog).max(0.0) * self.idle.awake_w;
                    last.ready
                }
                Some(_) => {
                    result.energy_j[2] += self.idle.enter_s * self.idle.awake_w;
                    result.energy_j[3] += (-backlog - self.idle.enter_s) * self.idle.rest_w;
                    result.woken(self.idle.wake)
                }
            };
            let response = backlog.max(0.0) + ready_s + service.latency_s;
            result.energy_j[0] += service.energy_j;
            result.energy_j[1] += ready_j;
            result.seconds += interval;
            result.busy_s += service.latency_s;
            result.responses.push(response);
            result.energies.push(service.energy_j + ready_j);
            before = Some((response, service));
        }
        result.seconds += before.map_or(0.0, |(response, _)| response);
        result.response_sum = result.responses.iter().sum();
        result.responses.sort_unstable_by(f64::total_cmp);
        result.energies.sort_unstable_by(f64::total_cmp);
        result
    }

    /// Work that arrives over what the machine does, on average and without what waking takes; none where arrivals wait for it.
    pub fn load(&self) -> Option<f64> {
        let interval = match self.arrivals {
            Arrivals::BackToBack => return None,
            Arrivals::Periodic(period) => period,
            Arrivals::Poisson(rate) => 1.0 / rate,
        };
        let work = |service: &Service| service.latency_s + service.ready.0;
        let mean = match self.order {
            Order::Given(kinds) => {
                kinds.iter().map(|kind| work(&self.services[*kind as usize])).sum::<f64>()
                    / kinds.len() as f64
            }
            Order::Drawn(shares) => {
                self.services.iter().zip(shares).map(|(service, share)| share * work(service)).sum::<f64>()
                    / shares.iter().sum::<f64>()
            }
        };
        Some(mean / interval)
    }

    /// From one arrival to the next; `response` is that of the one before.
    fn interval(&self, response: f64, rng: &mut ChaCha8Rng) -> f64 {
        match self.arrivals {
            Arrivals::BackToBack => response,
            Arrivals::Periodic(period) => period,
            // 1 - u is never zero.
            Arrivals::Poisson(rate) => -(1.0 - rng.random::<f64>()).ln() / rate,
        }
    }

    fn kind(&self, index: u64, rng: &mut ChaCha8Rng) -> usize {
        match self.order {
            Order::Given(kinds) => kinds[(index % kinds.len() as u64) as usize] as usize,
            Order::Drawn(shares) => {
                let mut left: f64 = rng.random::<f64>() * shares.iter().sum::<f64>();
                let drawn = shares.iter().position(|share| {
                    left -= share;
                    left < 0.0
                });
                drawn.unwrap_or(shares.len() - 1)
            }
        }
    }
}

impl Streamed {
    fn woken(&mut self, wake: (f64, f64)) -> (f64, f64) {
        self.wakes += 1;
        wake
    }

    /// Joules of all.
    pub fn total_j(&self) -> f64 {
        self.energy_j.iter().sum()
    }

    /// Sentences whose response is longer than `deadline_s`.
    pub fn missed(&self, deadline_s: f64) -> u64 {
        (self.responses.len() - self.responses.partition_point(|response| *response <= deadline_s)) as u64
    }
}

/// The least of ascending values that `percent` per cent of them do not exceed.
pub fn percentile(ascending: &[f64], percent: f64) -> f64 {
    let rank = (percent * ascending.len() as f64 / 100.0).ceil().max(1.0) as usize;
    ascending.get(rank.min(ascending.len()) - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICES: [Service; 2] = [
        Service { latency_s: 2.0, energy_j: 10.0, ready: (0.5, 1.0) },
        Service { latency_s: 1.0, energy_j: 4.0, ready: (0.0, 0.0) },
    ];
    const IDLE: Idle = Idle { enter_s: 0.25, awake_w: 8.0, rest_w: 2.0, wake: (1.0, 3.0) };

    fn stream(arrivals: Arrivals, order: Order<'_>, sentences: u64) -> Streamed {
        Stream { services: &SERVICES, order, arrivals, idle: IDLE, sentences, seed: 7 }.run()
    }

    /// By hand. Arrivals 0, 2.5, 5, 7.5. The first wakes (1 s) and ends at 3. The second waits, is ready at 3.5 and ends at 4.5. The third
    /// arrives 0.5 s later: 0.25 s awake, 0.25 s at rest, wakes until 6, ends at 8. The fourth waits, is ready at 8.5, ends at 9.5.
    #[test]
    fn a_periodic_stream_by_hand() {
        let found = stream(Arrivals::Periodic(2.5), Order::Given(&[0, 1]), 4);
        assert_eq!(found.responses, [2.0, 2.0, 3.0, 3.0]);
        assert_eq!((found.seconds, found.busy_s, found.wakes), (9.5, 6.0, 2));
        assert_eq!(found.energy_j.to_vec(), [28.0, 3.0 + 1.0 + 3.0 + 1.0, 0.25 * 8.0, 0.25 * 2.0]);
        assert_eq!((found.missed(2.0), found.missed(1.9), found.missed(3.0)), (2, 4, 0));
    }

    #[test]
    fn back_to_back_is_never_idle() {
        let found = stream(Arrivals::BackToBack, Order::Given(&[1]), 5);
        assert_eq!((found.seconds, found.wakes), (6.0, 1));
        assert_eq!(found.responses, [1.0, 1.0, 1.0, 1.0, 2.0]);
        assert_eq!(found.energy_j.to_vec(), [20.0, 3.0, 0.0, 0.0]);
    }

    /// Pollaczek and Khinchine: the mean wait of M/G/1 is rate E[S^2] / (2 (1 - rate E[S])). Here nothing wakes or gets ready.
    #[test]
    fn a_poisson_stream_waits_as_queueing_theory_says() {
        let free = Idle { enter_s: 0.0, awake_w: 0.0, rest_w: 0.0, wake: (0.0, 0.0) };
        let services = SERVICES.map(|service| Service { ready: (0.0, 0.0), ..service });
        let (rate, shares) = (0.4, [0.3, 0.7]);
        let order = Order::Drawn(&shares);
        let arrivals = Arrivals::Poisson(rate);
        let sentences = 1_000_000;
        let found = Stream { services: &services, order, arrivals, idle: free, sentences, seed: 1 }.run();
        let (mean, square) = (0.3 * 2.0 + 0.7 * 1.0, 0.3 * 4.0 + 0.7 * 1.0);
        let expected = mean + rate * square / (2.0 * (1.0 - rate * mean));
        let response = found.response_sum / sentences as f64;
        // Sampling error of the mean over a million sentences, correlated over busy periods of few.
        assert!((response / expected - 1.0).abs() < 0.01, "{response} against {expected}");
        let utilisation = found.busy_s / found.seconds;
        assert!((utilisation / (rate * mean) - 1.0).abs() < 0.01, "{utilisation}");
    }

    #[test]
    fn percentiles_are_ranks() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let at = |percent| percentile(&values, percent);
        let thousand: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(vec![percentile(&thousand, 99.9)], [999.0]);
        assert_eq!(
            vec![at(0.0), at(10.0), at(10.1), at(50.0), at(99.0), at(100.0)],
            [1.0, 1.0, 2.0, 5.0, 10.0, 10.0]
        );
    }
}
