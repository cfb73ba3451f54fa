//! Figures of every kind with invented but plausible numbers, few and many series each.

use sim::figure::{
    Axis, Figure, Mark, breakdown, exits, heatmap, histogram, lines, pareto, roofline, timeline, vf,
    waterfall,
};

/// Numbers that look random, the same on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        // Knuth's multiplier; the upper bits are good enough to look at.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Every figure with the name of its file.
pub(crate) fn figures() -> Vec<(String, Figure)> {
    let mut all = Vec::new();
    for many in [3, 30] {
        all.push((format!("pareto-{many}"), Figure::Pareto(pareto_of(many))));
        all.push((format!("lines-{many}"), Figure::Lines(lines_of(many))));
        all.push((format!("breakdown-{many}"), Figure::Breakdown(breakdown_of(many))));
        all.push((format!("heatmap-{many}"), Figure::Heatmap(heatmap_of(many))));
        all.push((format!("histogram-{many}"), Figure::Histogram(histogram_of(many))));
        all.push((format!("exits-{many}"), Figure::Exits(exits_of(many))));
        all.push((format!("roofline-{many}"), Figure::Roofline(roofline_of(many))));
        all.push((format!("timeline-{many}"), Figure::Timeline(timeline_of(many))));
        all.push((format!("vf-{many}"), Figure::Vf(vf_of(many / 3))));
        all.push((format!("waterfall-{many}"), Figure::Waterfall(waterfall_of(many))));
    }
    all
}

fn pareto_of(many: usize) -> pareto::Data {
    let mut noise = Noise(many as u64);
    let group = |index: usize| {
        let n = [4.0, 8.0, 16.0, 32.0][index % 4];
        let points = (0..600 / many)
            .map(|_| {
                let slack = 1.0 + noise.next() * 1.5;
                let volts = 0.5 + 0.3 * noise.next();
                (3e3 / (n * n) / (volts - 0.42) * slack, 8.0 * volts * volts * (1.0 + n / 30.0) * slack)
            })
            .collect();
        pareto::Group { name: format!("n = {n}, {} KiB buffers", 64 << (index / 4)), points }
    };
    let groups: Vec<_> = (0..many).map(group).collect();
    let front = pareto::front(groups.iter().flat_map(|group| group.points.clone()));
    let knee = front[front.len() / 2];
    let mark = |(x, y), name: &str| Mark { x, y, name: name.into() };
    pareto::Data {
        x: Axis::log("latency of a sentence", "ms"),
        y: Axis::linear("energy of a sentence", "mJ"),
        marks: vec![mark(knee, "knee: 0.66 V, overlap"), mark(groups[1].points[3], "offramp")],
        groups,
    }
}

fn lines_of(many: usize) -> lines::Data {
    let mut noise = Noise(7);
    let series = (0..many).map(|index| lines::Series {
        name: format!("{} layers, {}", 1 + index % 12, ["sst2", "mnli", "qqp"][index / 12]),
        points: (0..8)
            .map(|step| {
                let x = f64::from(8 << step);
                let y = (1.0 + index as f64 * 0.4) * (0.2 + x / 60.0 + noise.next() * 0.3);
                lines::Point { x, y, error: (many < 10).then_some((y * 0.88, y * 1.12)) }
            })
            .collect(),
    });
    lines::Data {
        x: Axis::log("tokens of a sentence", ""),
        y: Axis::linear("latency of a sentence", "ms"),
        from_zero: true,
        series: series.collect(),
    }
}

fn breakdown_of(many: usize) -> breakdown::Data {
    let parts = ["external memory", "MAC datapath", "buffers", "SFU", "NVM", "standby", "regulator loss"];
    let mut noise = Noise(9);
    let bar = |index: usize| -> Vec<f64> {
        let size = 20.0 / (1.0 + index as f64 / 4.0);
        [5.0, 3.0, 2.0, 0.4, 0.2, 0.7, 1.2].iter().map(|p| p * size * (0.5 + noise.next())).collect()
    };
    let name = |index: usize| match many {
        3 => ["offramp at n = 8", "offramp", "offramp at n = 32"][index].to_string(),
        _ => format!("n{} b{} s{}", 4 << (index % 4), 64 << (index / 10), index % 3),
    };
    breakdown::Data {
        categories_title: "design".into(),
        categories: (0..many).map(name).collect(),
        value: Axis::linear("energy of a sentence", "mJ"),
        parts: parts.map(String::from).to_vec(),
        values: (0..many).map(bar).collect(),
    }
}

fn heatmap_of(many: usize) -> heatmap::Data {
    let mut noise = Noise(3);
    let side = if many == 3 { 6 } else { 30 };
    let cell = |row: usize, column: usize, noise: f64| {
        ((row * 7 + column * 3) % 17 != 5)
            .then(|| 4.0 * 1.13f64.powi((row + column) as i32) * (1.0 + noise * 0.2))
    };
    heatmap::Data {
        columns_title: "bytes of an operand buffer (KiB)".into(),
        columns: (0..side)
            .map(|c| if many == 3 { (16 << c).to_string() } else { (16 * (c + 1)).to_string() })
            .collect(),
        rows_title: "lanes n".into(),
        rows: (0..side).map(|r| (2 * (r + 1)).to_string()).collect(),
        value: Axis { log: many == 30, ..Axis::linear("energy of a sentence", "mJ") },
        cells: (0..side).map(|r| (0..side).map(|c| cell(r, c, noise.next())).collect()).collect(),
    }
}

fn histogram_of(many: usize) -> histogram::Data {
    let mut noise = Noise(5);
    let sample = |_| {
        let layers = 1.0 + 11.0 * noise.next() * noise.next() * noise.next();
        (layers * (if many == 3 { 2.1 } else { 2.1e-5 }) * (0.9 + 0.2 * noise.next()), 0.5 + noise.next())
    };
    let (name, unit) =
        if many == 3 { ("latency of a sentence", "ms") } else { ("energy of a sentence", "J") };
    histogram::Data {
        x: Axis { log: many == 30, ..Axis::linear(name, unit) },
        weighted: "sentences".into(),
        samples: (0..many * 60).map(sample).collect(),
        bins: None,
        percentiles: vec![50.0, 95.0, 99.0],
    }
}

fn exits_of(many: usize) -> exits::Data {
    let series = (0..many).map(|index| {
        let threshold = 0.6 - 0.6 * index as f64 / many as f64;
        let weight = |layer: usize| {
            let away = (layer as f64 - 2.0 - 12.0 * (0.6 - threshold)) / 2.2;
            1.0 / (1.0 + away * away) + if layer == 11 { 0.4 } else { 0.0 }
        };
        exits::Series { name: format!("{threshold:.2} nats"), weights: (0..12).map(weight).collect() }
    });
    exits::Data { layers: "exit layer".into(), weighted: "sentences".into(), series: series.collect() }
}

fn roofline_of(many: usize) -> roofline::Data {
    let mut noise = Noise(11);
    let stages =
        ["query", "key", "value", "scores", "context", "output", "feed-forward in", "feed-forward out"];
    let point = |index: usize| {
        let x = 2.0 * 60f64.powf(noise.next());
        let y = (6.4e9f64).min(x * 1.6e8) * (0.5 + 0.45 * noise.next());
        let layer = if many < 9 { String::new() } else { format!(" {}", index / 8 + 1) };
        Mark { x, y, name: format!("{}{layer}", stages[index % 8]) }
    };
    let roof = |name: &str, value| roofline::Roof { name: name.into(), value };
    roofline::Data {
        x: Axis::log("operational intensity", "MAC/B"),
        y: Axis::log("performance", "MAC/s"),
        peaks: vec![roof("peak: 6.4 GMAC/s", 6.4e9), roof("dense, gated: 3.2 GMAC/s", 3.2e9)],
        bandwidths: vec![roof("burst: 200 MB/s", 2e8), roof("random: 50 MB/s", 5e7)],
        points: (0..if many == 3 { 8 } else { 30 }).map(point).collect(),
    }
}

fn timeline_of(many: usize) -> timeline::Data {
    let stages =
        ["query", "key", "value", "scores", "softmax", "context", "output", "add, norm", "feed-forward"];
    let lanes = ["load", "store", "PU", "SFU", "sequencer"];
    let mut noise = Noise(13);
    let mut spans = Vec::new();
    let count = if many == 3 { 30 } else { 25_000 };
    for lane in 0..4 {
        let mut now = 0.0;
        for index in 0..count {
            let (wait, length) = (noise.next() * [2e4, 6e4, 4e3, 3e4][lane], 1e4 + noise.next() * 3e4);
            let stage = if many == 3 { index * 9 / count } else { index * 36 / count % 9 };
            spans.push(timeline::Span { lane, stage, begin: now + wait, end: now + wait + length });
            now += wait + length;
        }
    }
    timeline::Data {
        x: Axis::linear("time", "cycles"),
        lanes: lanes.map(String::from).to_vec(),
        stages: stages.map(String::from).to_vec(),
        spans,
    }
}

fn vf_of(points: usize) -> vf::Data {
    let frequency = |v: f64| 1_900.0 * (v - 0.38) * (v - 0.38) / v * 1.8;
    let mark = |index: usize| {
        let x = 0.5 + 0.3 * (index as f64 + 0.5) / points as f64;
        Mark { x, y: frequency(x), name: format!("{x:.2} V, {:.0} MHz", frequency(x)) }
    };
    vf::Data {
        x: Axis::linear("supply voltage", "V"),
        y: Axis::linear("clock frequency", "MHz"),
        curve: (0..=40).map(|i| 0.5 + 0.3 * f64::from(i) / 40.0).map(|v| (v, frequency(v))).collect(),
        points: (0..points).map(mark).collect(),
    }
}

fn waterfall_of(many: usize) -> waterfall::Data {
    let names = [
        "dense baseline",
        "pruned weights",
        "null vectors skipped",
        "attention spans",
        "early exit",
        "lower voltage",
    ];
    let mut value = 180.0;
    let steps = (0..if many == 3 { 6 } else { 30 }).map(|index| {
        value *= if index == 0 {
            1.0
        } else if index % 7 == 3 {
            1.15
        } else {
            0.72
        };
        waterfall::Step {
            name: if many == 3 {
                names[index].into()
            } else {
                format!("{} {}", names[index % 6], index / 6 + 1)
            },
            value,
        }
    });
    waterfall::Data {
        steps_title: String::new(),
        value: Axis { log: many == 30, ..Axis::linear("energy of a sentence", "mJ") },
        change: if many == 3 { waterfall::Change::Difference } else { waterfall::Change::Factor },
        steps: steps.collect(),
        total: Some("all".into()),
    }
}
