//! Trials of an embedding of ALBERT-base, 30000 x 128 at 60 % zeros, against reading its codes once.
//!
//! `cargo bench -p offramp-sim --bench faults`: where faults are rare, a trial must cost less than the reading.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use models::fault::FaultModel;
use models::record::preset;
use models::storage::Stored;
use sim::faults::{Encoding, Numbers, Store, pruned};

fn store(text: &str) -> Store {
    let numbers = Numbers::named("adaptivfloat-8-4").expect("it is one");
    let coded = numbers.coded(&pruned(1, 30_000 * 128, 0.4), 128);
    let encoding = Encoding::parse(text).expect("it is one");
    let stored = Stored::new(encoding.layout, &coded.codes, coded.length, numbers.bits());
    let placements = encoding.placements(&stored).expect("cells hold a symbol");
    let model: FaultModel = preset("rram-gaussian").expect("it is shipped");
    let confusion = |cell| model.confusion(cell, None);
    Store::new(stored, coded.codes, coded.values, placements, confusion).expect("the model knows the cells")
}

fn faults(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("embedding");
    let codes = store("dense").stored().decode();
    group.bench_function("read once", |b| {
        b.iter(|| black_box(&codes).iter().map(|code| u64::from(*code)).sum::<u64>());
    });
    for (name, encoding) in [
        ("trial, mlc2 (1 fault in 10^8 cells)", "bitmask,codes=mlc2,mask=slc"),
        ("trial, mlc2, ECC", "bitmask,codes=mlc2,mask=mlc2,levels=gray,ecc=all"),
        ("trial, 2+3+3 (1 fault in 250 cells)", "bitmask,codes=2+3+3,mask=slc"),
        ("trial, mlc3 with masks", "bitmask,codes=mlc3,mask=mlc3"),
    ] {
        let (store, mut number) = (store(encoding), 0);
        group.bench_function(name, |b| {
            b.iter(|| {
                number += 1;
                store.trial(1, number)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, faults);
criterion_main!(benches);
