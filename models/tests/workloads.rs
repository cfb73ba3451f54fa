//! Workload presets: what they hold, and that what is not known is refused rather than made up.

use models::network::Network;
use models::record;
use models::workload::Workload;

fn workload(name: &str) -> Workload {
    record::preset(name).expect("a preset")
}

/// Mean exit layers of the published traces at chosen thresholds, rounded to two decimals.
#[test]
fn exit_layers_are_the_published_ones() {
    for (name, threshold, mean) in [
        ("sst2", 0.23, 4.30),
        ("sst2", 0.28, 3.94),
        ("sst2", 0.46, 2.70),
        ("qnli", 0.20, 8.25),
        ("qnli", 0.40, 6.32),
        ("mnli", 0.20, 10.28),
        ("mnli", 0.80, 6.26),
    ] {
        let found = workload(name).histogram(Some(threshold)).unwrap().mean;
        assert!((found - mean).abs() <= 0.005, "{name} at {threshold}: {found}");
    }
    let sst2 = workload("sst2");
    let default = sst2.histogram(None).unwrap();
    assert!((default.threshold - 0.28).abs() < f64::EPSILON);
}

#[test]
fn a_higher_threshold_never_leaves_later() {
    for name in ["sst2", "mnli", "qnli"] {
        let exits = workload(name).exits.unwrap();
        assert_eq!(exits.histograms.len(), 16, "{name}");
        assert!(exits.histograms.windows(2).all(|pair| pair[0].mean >= pair[1].mean), "{name}");
    }
}

/// The means that are recalled together with the lists.
#[test]
fn spans_have_the_recalled_means() {
    for (name, sum) in [("mnli", 147), ("qqp", 133), ("sst2", 187), ("qnli", 236)] {
        let spans = workload(name).head_spans(12).unwrap();
        assert_eq!(spans.iter().sum::<u32>(), sum, "{name}");
    }
    assert_eq!(workload("dense").head_spans(3).unwrap(), [128; 3]);
}

#[test]
fn what_is_not_known_is_an_error() {
    let error = workload("qqp").histogram(None).unwrap_err().to_string();
    assert!(error.contains("workload `qqp` has no exit statistics"), "{error}");
    let error = workload("sst2").histogram(Some(0.25)).unwrap_err();
    assert!(error.to_string().contains("no exit histogram at threshold 0.25"), "{error}");
    assert!(error.render(200, false).contains("0.01, 0.05, 0.09"), "{error}");
    let error = workload("sst2").head_spans(16).unwrap_err().to_string();
    assert!(error.contains("spans of 12 heads, not 16"), "{error}");
}

#[test]
fn statistics_fit_the_network_they_were_measured_on() {
    let network = |name: &str| record::preset::<Network>(name).unwrap();
    for name in record::names::<Workload>() {
        workload(name).fits(&network("albert-base")).unwrap();
    }
    for name in record::names::<Network>() {
        workload("dense").fits(&network(name)).unwrap();
    }
    let sst2 = workload("sst2");
    assert!(
        sst2.fits(&network("tinybert-6")).unwrap_err().to_string().contains("exit histograms of 12 layers")
    );
    assert!(sst2.fits(&network("bert-large")).unwrap_err().to_string().contains("spans of 12 heads, not 16"));
    let long = record::resolve::<Workload>("dense", &["sequence_length=513"]).unwrap().0;
    assert!(long.fits(&network("bert-base")).unwrap_err().to_string().contains("at most the 512 positions"));
}

#[test]
fn broken_workloads_are_refused() {
    let text = record::resolve::<Workload>("sst2", &[] as &[&str]).unwrap().1.text;
    for (from, to, message) in [
        ("[31, 0", "[129, 0", "spans.tokens.0 = 129 must be from 0 to 128"),
        ("mean = 9.172", "mean = 9.182", "exits.histograms.0.mean: the mean of percent is 9.1720"),
        ("[0, 1.147", "[1, 1.147", "exits.histograms.0.percent: the sum is 101.0000 and must be 100.0000"),
        ("[0, 1.147", "[nan, 1.147", "exits.histograms.0.percent.0 = NaN must be from 0 to 100"),
        ("threshold = 0.05", "threshold = 0.5", "exits.histograms.2.threshold = 0.09 must be above 0.5"),
        ("value = 0.28", "value = 0.29", "exits.threshold = 0.29 must be that of a histogram"),
        ("classes = 2", "classes = 1", "classes = 1 must be from 2"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let error = record::parse::<Workload>("changed.toml", &changed).expect_err(to);
        assert!(error.to_string().contains(message), "{error}");
    }
}
