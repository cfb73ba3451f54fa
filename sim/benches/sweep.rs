//! Design points that a sweep finishes in a second, on one core.
//!
//! ALBERT-base on SST-2, all 12 layers timed exactly: n × operand buffers × bus × threshold × voltage. Beside it the same points one by
//! one, as `offramp run` does each: what sharing brings. Criterion reports elements a second: points. The aim is 10,000.

use std::hint::black_box;
use std::sync::atomic::AtomicBool;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sim::sentence::simulate;
use sim::sweep::manifest::Opened;
use sim::sweep::point::Resolver;
use sim::sweep::run::evaluate;
use sim::sweep::select::select;

/// 3 × 3 × 3 × 3 × 37 points.
const SPACE: &str = r#"
name = "bench"
summary = "n, buffers, bus, threshold, voltage"
question = "How many points a second?"
[base]
design = "offramp"
technology = "edgebert-12nm"
network = "albert-base"
task = "sst2"
[[axis]]
key = "design.pu.n"
values = [8, 16, 32]
[[axis]]
key = "design.buffer.bytes"
values = [131072, 262144, 524288]
[[axis]]
key = "design.axi.width_bits"
values = [64, 128, 256]
[[axis]]
key = "policy.threshold"
values = [0.23, 0.28, 0.46]
[[axis]]
key = "design.operating.vdd_v"
range = { from = 0.62, to = 0.98, step = "linear", points = 37 }
[[objective]]
metric = "energy"
goal = "min"
"#;

/// Points that are also run alone: every so many.
const ALONE: usize = 37;

fn points(criterion: &mut Criterion) {
    let opened = Opened::new("bench", SPACE, None).expect("the space is valid");
    let points = select(&opened.space, &opened.grid).expect("the space is small").points;
    let mut group = criterion.benchmark_group("albert-base, design points");
    group.sample_size(10);
    group.throughput(Throughput::Elements(points.len() as u64));
    group.bench_function("sweep", |bencher| {
        let stop = AtomicBool::new(false);
        bencher.iter(|| {
            let mut bytes = 0;
            let done = evaluate(&opened, black_box(&points), 1, &stop, |batch| {
                bytes += batch.lines.len();
                assert!(batch.outcomes.iter().all(|(_, outcome)| outcome.is_ok()), "every point has figures");
                Ok(())
            });
            done.expect("the sink does not fail");
            bytes
        });
    });
    let some: Vec<u64> = points.iter().copied().step_by(ALONE).collect();
    group.throughput(Throughput::Elements(some.len() as u64));
    group.bench_function("each alone", |bencher| {
        bencher.iter(|| {
            let mut resolver = Resolver::new(&opened.bases, &opened.grid);
            some.iter().fold(0.0, |sum, point| {
                let point = resolver.resolve(&opened.grid.digits(*point)).expect("the point is valid");
                let outcomes = simulate(&point.setup(), |_, _| ()).expect("the point fits");
                sum + outcomes.mean(|outcome| outcome.latency_s)
            })
        });
    });
    group.finish();
}

criterion_group!(benches, points);
criterion_main!(benches);
