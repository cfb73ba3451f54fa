//! Figures of every kind: where their text lies, that they are the same each time, and that bad data are refused or drawn sensibly.

mod boxes;
mod gallery;

use sim::figure::{
    Axis, Error, Figure, Mark, Size, breakdown, exits, heatmap, histogram, lines, pareto, roofline, timeline,
    vf, waterfall, write_png, write_svg,
};

const SIZES: [Size; 2] = [Size::Column, Size::Slide];

/// Every text of a figure lies on the canvas and covers no other.
fn assert_legible(name: &str, figure: &Figure) {
    for size in SIZES {
        let (texts, (width, height)) = boxes::collect(figure, size);
        assert!(!texts.is_empty(), "{name}: no text");
        for text in &texts {
            let [left, top, right, bottom] = text.edges;
            assert!(
                left >= 0.0 && top >= 0.0 && right <= width && bottom <= height,
                "{name} {size:?}: {} at {:?} leaves the canvas of {width} × {height}",
                text.text,
                text.edges
            );
        }
        for (index, a) in texts.iter().enumerate() {
            for b in &texts[index + 1..] {
                assert!(!a.overlaps(b), "{name} {size:?}: {} covers {}, {a:?} {b:?}", a.text, b.text);
            }
        }
    }
}

#[test]
fn no_text_is_clipped_or_covered_at_3_and_30_series() {
    for (name, figure) in gallery::figures() {
        assert_legible(&name, &figure);
    }
}

#[test]
fn long_names_are_cut_and_not_clipped() {
    let long = |index: usize| {
        format!("a design with {index} buffers and a name that no legend has room for, said at length")
    };
    for many in [2, 12, 40] {
        let series = (0..many).map(|index| lines::Series {
            name: long(index),
            points: vec![lines::Point { x: 1.0, y: index as f64, error: None }],
        });
        let y = Axis::linear("energy of a sentence of 128 tokens, off-ramps and embedding included", "mJ");
        let data = lines::Data { x: y.clone(), y: y.clone(), from_zero: true, series: series.collect() };
        assert_legible("lines", &Figure::Lines(data));
        let bars = breakdown::Data {
            categories_title: long(0),
            categories: (0..many).map(long).collect(),
            value: y,
            parts: vec!["one".into(), long(1)],
            values: (0..many).map(|bar| vec![1.0, bar as f64]).collect(),
        };
        assert_legible("breakdown", &Figure::Breakdown(bars));
    }
}

#[test]
fn same_data_same_bytes() {
    for (name, figure) in gallery::figures() {
        assert_eq!(write_svg(&figure, Size::Column), write_svg(&figure, Size::Column), "{name}");
    }
    let (_, figure) = gallery::figures().swap_remove(0);
    assert_eq!(write_png(&figure, Size::Column), write_png(&figure, Size::Column));
}

#[test]
fn a_png_has_its_size_and_no_time() {
    let (_, figure) = gallery::figures().swap_remove(0);
    let file = write_png(&figure, Size::Slide).unwrap();
    let chunks = chunks(&file);
    let kinds: Vec<&str> = chunks.iter().map(|(kind, _)| kind.as_str()).collect();
    assert!(kinds.iter().all(|kind| ["IHDR", "pHYs", "IDAT", "IEND"].contains(kind)), "{kinds:?}");
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    assert_eq!((number(&chunks[0].1[..4]), number(&chunks[0].1[4..8])), (2560, 1440));
    // 2,560 pixels on 254 mm are 256 dots an inch, 10,079 a metre.
    assert_eq!(number(&chunks[1].1[..4]), 10_079);
}

/// Kind and content of each chunk of a PNG.
fn chunks(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (mut rest, mut chunks) = (&file[8..], Vec::new());
    while rest.len() >= 12 {
        let length = u32::from_be_bytes(rest[..4].try_into().expect("four bytes")) as usize;
        chunks.push((String::from_utf8_lossy(&rest[4..8]).into(), rest[8..8 + length].to_vec()));
        rest = &rest[12 + length..];
    }
    chunks
}

#[test]
fn an_svg_brings_its_size_and_its_font() {
    let (_, figure) = gallery::figures().swap_remove(0);
    let text = write_svg(&figure, Size::Column).unwrap();
    assert!(text.starts_with("<svg width=\"85mm\" height=\""));
    assert!(text.contains("@font-face") && text.trim_end().ends_with("</svg>"));
    assert!(text.contains("energy of a sentence (mJ)"), "text stays text");
}

#[test]
fn a_timeline_of_100_000_spans_stays_small() {
    let (_, figure) = gallery::figures().into_iter().find(|(name, _)| name == "timeline-30").unwrap();
    let Figure::Timeline(data) = &figure else { panic!("not a timeline") };
    assert_eq!(data.spans.len(), 100_000);
    // One rectangle a column, with its pattern, of four lanes: far below a span's line each, 100 bytes by 100,000.
    assert!(write_svg(&figure, Size::Column).unwrap().len() < 1_500_000);
}

fn axis() -> Axis {
    Axis::linear("energy", "mJ")
}

fn one_line(x: Axis, points: &[(f64, f64)]) -> Figure {
    let points = points.iter().map(|(x, y)| lines::Point { x: *x, y: *y, error: None }).collect();
    let series = vec![lines::Series { name: "one".into(), points }];
    Figure::Lines(lines::Data { x, y: axis(), from_zero: false, series })
}

fn histogram_of(samples: Vec<(f64, f64)>) -> Figure {
    let percentiles = vec![50.0, 95.0, 99.0];
    Figure::Histogram(histogram::Data {
        x: axis(),
        weighted: "sentences".into(),
        samples,
        bins: None,
        percentiles,
    })
}

fn bars(values: Vec<Vec<f64>>) -> Figure {
    Figure::Breakdown(breakdown::Data {
        categories_title: String::new(),
        categories: vec!["a".into()],
        value: axis(),
        parts: vec!["p".into(), "q".into()],
        values,
    })
}

fn cells(cells: Vec<Vec<Option<f64>>>) -> Figure {
    let (columns, rows) = (vec!["c".into()], vec!["r".into()]);
    let titles = || "t".to_string();
    Figure::Heatmap(heatmap::Data {
        columns_title: titles(),
        columns,
        rows_title: titles(),
        rows,
        value: axis(),
        cells,
    })
}

fn spans(spans: Vec<timeline::Span>) -> Figure {
    let (lanes, stages) = (vec!["PU".into()], vec!["query".into()]);
    Figure::Timeline(timeline::Data { x: Axis::linear("time", "cycles"), lanes, stages, spans })
}

fn exits_of(weights: Vec<f64>) -> Figure {
    let series = vec![exits::Series { name: "0.2".into(), weights }];
    Figure::Exits(exits::Data { layers: "layer".into(), weighted: "sentences".into(), series })
}

fn ladder(values: &[f64], change: waterfall::Change) -> Figure {
    let step = |value: &f64| waterfall::Step { name: "step".into(), value: *value };
    let steps = values.iter().map(step).collect();
    Figure::Waterfall(waterfall::Data {
        steps_title: String::new(),
        value: axis(),
        change,
        steps,
        total: None,
    })
}

fn front(x: Axis, points: Vec<(f64, f64)>) -> Figure {
    let groups = vec![pareto::Group { name: "g".into(), points }];
    Figure::Pareto(pareto::Data { x, y: axis(), groups, marks: Vec::new() })
}

fn roofs(points: Vec<Mark>, peak: f64) -> Figure {
    let roof = |value| vec![roofline::Roof { name: "roof".into(), value }];
    let (x, y) = (Axis::log("intensity", "MAC/B"), Axis::log("performance", "MAC/s"));
    Figure::Roofline(roofline::Data { x, y, peaks: roof(peak), bandwidths: roof(1e9), points })
}

fn curve(curve: Vec<(f64, f64)>) -> Figure {
    Figure::Vf(vf::Data { x: Axis::linear("voltage", "V"), y: axis(), curve, points: Vec::new() })
}

#[test]
fn bad_data_are_refused_with_a_reason() {
    let span = |begin, end, stage| timeline::Span { lane: 0, stage, begin, end };
    let (nan, infinite) = (f64::NAN, f64::INFINITY);
    let log = || Axis::log("latency", "ms");
    for figure in [
        one_line(axis(), &[]),
        front(axis(), vec![]),
        histogram_of(vec![]),
        histogram_of(vec![(1.0, 0.0)]),
        cells(vec![vec![None]]),
        spans(vec![]),
        exits_of(vec![0.0; 12]),
        ladder(&[], waterfall::Change::Difference),
        curve(vec![]),
    ] {
        assert!(matches!(write_svg(&figure, Size::Column), Err(Error::Empty { .. })), "{figure:?}");
    }
    for figure in [
        one_line(axis(), &[(1.0, nan)]),
        front(axis(), vec![(infinite, 1.0)]),
        histogram_of(vec![(1.0, nan)]),
        bars(vec![vec![1.0, infinite]]),
        cells(vec![vec![Some(nan)]]),
        spans(vec![span(nan, 1.0, 0)]),
        exits_of(vec![nan]),
        ladder(&[1.0, nan], waterfall::Change::Difference),
        roofs(vec![], nan),
        curve(vec![(0.5, -infinite)]),
    ] {
        assert!(matches!(write_png(&figure, Size::Slide), Err(Error::NotFinite { .. })), "{figure:?}");
    }
    for figure in [
        one_line(log(), &[(0.0, 1.0)]),
        front(log(), vec![(-1.0, 1.0)]),
        histogram_of(vec![(1.0, -1.0)]),
        bars(vec![vec![1.0, -1.0]]),
        spans(vec![span(2.0, 1.0, 0)]),
        exits_of(vec![-1.0, 2.0]),
        ladder(&[1.0, 0.0], waterfall::Change::Factor),
        roofs(vec![], 0.0),
    ] {
        assert!(matches!(write_svg(&figure, Size::Slide), Err(Error::NotPositive { .. })), "{figure:?}");
    }
    for figure in [bars(vec![]), bars(vec![vec![1.0]]), cells(vec![vec![]]), spans(vec![span(0.0, 1.0, 7)])] {
        assert!(matches!(write_svg(&figure, Size::Column), Err(Error::Shape { .. })), "{figure:?}");
    }
}

#[test]
fn thin_data_are_drawn() {
    let log = || Axis::log("latency", "ms");
    let mark = |x, y| Mark { x, y, name: "query".into() };
    let span = |begin, end| timeline::Span { lane: 0, stage: 0, begin, end };
    for (name, figure) in [
        ("one point", one_line(axis(), &[(3.0, 4.0)])),
        ("one point at zero", one_line(axis(), &[(0.0, 0.0)])),
        ("no range", one_line(log(), &[(5.0, 2.0), (5.0, 2.0)])),
        ("far apart", one_line(log(), &[(1e-90, -1e90), (1e90, 1e90)])),
        ("close together", one_line(axis(), &[(1e9, 1e9), (1e9 + 1e-3, 1e9 + 1e-3)])),
        ("negative", one_line(axis(), &[(-5.0, -3.0), (-4.0, -1.0)])),
        ("one design", front(log(), vec![(2.0, 2.0)])),
        ("one sentence", histogram_of(vec![(2.0, 1.0)])),
        ("no energy", bars(vec![vec![0.0, 0.0]])),
        ("one cell", cells(vec![vec![Some(0.0)]])),
        ("no time", spans(vec![span(0.0, 0.0)])),
        ("no length", spans(vec![span(7.0, 7.0), span(9.0, 9.0)])),
        ("one layer", exits_of(vec![1.0])),
        ("one step", ladder(&[2.0], waterfall::Change::Factor)),
        ("below zero", ladder(&[2.0, -3.0, 0.0], waterfall::Change::Difference)),
        ("roofs alone", roofs(vec![], 1e9)),
        ("one stage", roofs(vec![mark(1e3, 1e-3)], 1e12)),
        ("a curve of a point", curve(vec![(0.8, 1e9)])),
    ] {
        assert_legible(name, &figure);
        write_svg(&figure, Size::Column).unwrap();
    }
}
