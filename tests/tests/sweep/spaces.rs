//! Spaces that are none: where, what, why, what to do.

use super::*;
use offramp_tests::snapshot;

/// What is wrong, and the change to the space that makes it so.
const BAD: &[(&str, &str, &str)] = &[
    ("unknown-key", "name = \"small\"", "nam = \"small\""),
    ("unknown-record", "key = \"design.pu.n\"", "key = \"desing.pu.n\""),
    ("unknown-field", "key = \"design.pu.n\"", "key = \"design.pu.m\""),
    ("unknown-policy", "policy.tokens", "policy.token"),
    ("wrong-type", "values = [3, 4, 8, 16]", "values = [true, 4]"),
    ("no-values", "values = [3, 4, 8, 16]", "values = []"),
    ("a-value-twice", "values = [3, 4, 8, 16]", "values = [4, 8, 4]"),
    (
        "values-and-range",
        "values = [3, 4, 8, 16]",
        "values = [4]\nrange = { from = 1, to = 2, step = \"pow2\" }",
    ),
    ("range-backwards", "from = 0.65, to = 0.8", "from = 0.8, to = 0.65"),
    ("range-no-power", "from = 32768, to = 131072", "from = 32768, to = 100000"),
    (
        "range-log-from-zero",
        "from = 0.65, to = 0.8, step = \"linear\"",
        "from = 0.0, to = 0.8, step = \"log\"",
    ),
    ("range-without-points", "step = \"linear\", points = 3", "step = \"linear\""),
    ("zip-of-unequal-lengths", "values = [16, 32] },", "values = [16] },"),
    ("key-twice", "key = \"design.buffer.bytes\"", "key = \"design.pu.n\""),
    ("filter-unknown", "design.pu.n == 16", "design.pu.m == 16"),
    ("filter-no-comparison", "\"design.pu.n == 16\"", "\"design.pu.n\""),
    ("metric-unknown", "metric = \"latency\"", "metric = \"latancy\""),
    ("accuracy-unknown", "metric = \"latency\"", "metric = \"accuracy\""),
    ("unknown-base", "design = \"offramp\"", "design = \"offrmap\""),
    ("missing-file", "task = \"dense\"", "task = \"none/such.toml\""),
    (
        "unknown-record-name",
        "key = \"design.pu.n\"\nvalues = [3, 4, 8, 16]",
        "key = \"design\"\nvalues = [\"offramp\", \"x\"]",
    ),
    (
        "a-number-for-a-name",
        "key = \"design.pu.n\"\nvalues = [3, 4, 8, 16]",
        "key = \"design\"\nvalues = [3]",
    ),
    ("sample-of-none", "[[filter]]", "[sample]\nmethod = \"random\"\npoints = 0\nseed = 1\n[[filter]]"),
    (
        "too-many-points",
        "values = [3, 4, 8, 16]",
        "range = { from = 1, to = 1000000, step = \"linear\", points = 1000000 }",
    ),
];

#[test]
fn spaces_that_are_none_are_refused_before_anything_is_written() {
    for (name, from, to) in BAD {
        assert!(SPACE.contains(from), "{name}: the space has no {from}");
        let mut text = SPACE.replacen(from, to, 1);
        if *name == "too-many-points" {
            text = text.replace("step = \"linear\", points = 3", "step = \"linear\", points = 1000");
        }
        let bench = Bench::new(&text);
        let said = bench.sweep("whole", &[]);
        assert!(said.exit == 2 || said.exit == 3 || said.exit == 5, "{name}: {said:?}");
        assert!(!bench.path("whole").exists(), "{name}: a folder was made");
        let place = bench.folder.path().to_string_lossy().into_owned();
        snapshot::check(&format!("spaces/{name}"), &said.err.replace(&place, "DIR"));
    }
}

#[test]
fn what_is_no_space_is_refused() {
    let said = offramp(&["sweep", "/dev/null", "-o", "/proc/none"]);
    assert!(said.exit == 3 && !said.err.is_empty(), "{said:?}");
    let said = offramp(&["sweep", "space.toml", "-o", "x", "--shard", "4/3"]);
    assert!(said.exit == 2 && said.warns("I from 1 to N"), "{said:?}");
}
