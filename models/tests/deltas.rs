//! Records as a preset or a file plus deltas.

use models::design::{Design, Sparsity};
use models::record::{self, Error, Kind, Record, Standing, Template, resolve};
use models::technology::Technology;
use models::workload::Workload;

fn design(base: &str, sets: &[&str]) -> Result<(Design, record::Origin), Error> {
    record::resolve(base, sets)
}

fn refused(sets: &[&str]) -> Error {
    let error = design("offramp", sets).expect_err("must be refused");
    assert_eq!(error.kind, Kind::Usage, "{error}");
    error
}

#[test]
fn a_delta_changes_one_key_and_keeps_the_comments() {
    let (base, before) = design("offramp", &[]).unwrap();
    let (changed, after) =
        design("offramp", &["pu.n=8", "pu.sparsity = skip", "operating.vdd_v=0.7"]).unwrap();
    assert_eq!((changed.pu.n, changed.pu.sparsity), (8, Sparsity::Skip));
    assert!((changed.operating.vdd_v - 0.7).abs() < f64::EPSILON);
    assert_eq!(changed.buffer, base.buffer);
    assert_eq!(after.text.lines().count(), before.text.lines().count());
    assert_eq!(after.text.matches('#').count(), before.text.matches('#').count());
    let again: Design = record::parse("resolved", &after.text).unwrap();
    assert_eq!(again, changed);
}

#[test]
fn the_last_of_two_deltas_of_a_key_holds_and_is_blamed() {
    assert_eq!(design("offramp", &["pu.n=8", "pu.n=4"]).unwrap().0.pu.n, 4);
    let error = refused(&["pu.n=8", "pu.n=3"]);
    assert_eq!(error.problems[0].place.as_ref().unwrap().found(), "pu.n=3");
}

#[test]
fn what_a_delta_broke_is_shown_in_the_delta() {
    for (set, message) in [
        ("pu.n=3", "pu.n = 3 must be a power of two from 2 to 32"),
        ("pu.m=3", "unknown key `pu.m`"),
        ("pump.n=3", "unknown key `pump`"),
        ("pu.n=many", "pu.n = \"many\" must be a whole number"),
        ("pu.sparsity=skipp", "pu.sparsity = \"skipp\" must be one of dense, gate, skip"),
        ("pu=3", "`pu` is a table"),
        ("pu.n.x=3", "`pu.n` has no key `x`"),
        ("pages=3", "unknown key `pages`"),
        ("pu.n", "has no `=`"),
        ("=3", "`` is not a dotted key"),
        ("pu..n=3", "`pu..n` is not a dotted key"),
        ("pu.n=", "`` is neither"),
        ("pu.n=3\nm=4", "is neither a TOML value nor a word"),
        ("format.exponent=5", "format exponent = 5 must be from 1 to 4"),
    ] {
        let error = refused(&[set]);
        assert!(error.to_string().contains(message), "{set}: {error}");
        let place = error.problems[0].place.as_ref().unwrap();
        assert_eq!((place.source(), place.found()), ("--set", set));
    }
}

/// The place of a delta is kept while later ones make the text before it longer or shorter, or rewrite a part of it.
#[test]
fn later_deltas_do_not_take_the_blame() {
    let blamed = |error: Error| error.problems[0].place.as_ref().map(|place| place.found().to_owned());
    let beats = "axi.burst_beats=257";
    for summary in
        ["summary=short", "summary=\"longer than the summary that the preset has, by quite some letters\""]
    {
        assert_eq!(blamed(refused(&[beats, summary])).as_deref(), Some(beats));
    }
    let whole = "energy.mac_pj={value=0.1,unit=\"pJ/MAC\",standing=\"assumed\",source=\"a guess\"}";
    let part = "energy.mac_pj=-1";
    let error = record::resolve::<Technology>("edgebert-12nm", &[whole, part]).expect_err("negative");
    assert_eq!(blamed(error).as_deref(), Some(part));
    let unit = whole.replace("pJ/MAC", "J");
    let error =
        record::resolve::<Technology>("edgebert-12nm", &[&unit, "energy.mac_pj=0.2"]).expect_err("unit");
    assert_eq!(blamed(error).as_deref(), Some(unit.as_str()));
}

/// A delta that another one replaced takes the blame for nothing, not even for what now stands where it stood.
#[test]
fn replaced_deltas_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml").to_string_lossy().into_owned();
    let text = record::resolve::<Technology>("edgebert-12nm", &[] as &[&str]).unwrap().1.text;
    let gated = "mac_gated_pj = { value = 0, unit = \"";
    std::fs::write(&path, text.replace(&format!("{gated}pJ/MAC"), &format!("{gated}J"))).unwrap();
    let long = format!("energy.mac_pj.source=\"{}\"", "long ".repeat(200));
    let short = "energy.mac_pj={value=0.1,unit=\"pJ/MAC\",standing=\"assumed\",source=\"a guess\"}";
    let error = record::resolve::<Technology>(&path, &[&long, short]).expect_err("the file's own mistake");
    let place = error.problems[0].place.as_ref().unwrap();
    assert_eq!((place.source(), place.found()), (path.as_str(), "\"J\""));
}

#[test]
fn every_broken_rule_is_reported_at_once() {
    let error = refused(&["pu.n=3", "axi.burst_beats=257", "sequencer.queue=0", "nvm.bytes=1000"]);
    let text = error.to_string();
    for key in ["pu.n = 3", "axi.burst_beats = 257", "sequencer.queue = 0", "nvm.bytes = 1000"] {
        assert!(text.contains(key), "{key} in {text}");
    }
}

#[test]
fn rules_across_keys_hold() {
    for (sets, message) in [
        (vec!["pu.pipeline=released"], "must have pu.n = 16 and sequencer.overlap = false, not 16 and true"),
        (vec!["buffer.pages=2"], "buffer.pages = 2 must be at least 4 where sequencer.overlap = true"),
        (vec!["buffer.bytes=1024", "buffer.pages=8"], "leaves 128 bytes a page, which must be at least 256"),
        (vec!["sfu.cycles_per_vector=32"], "sfu.cycles_per_vector = 32 must be a power of two from 1 to 16"),
    ] {
        let error = refused(&sets);
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn a_bare_number_for_a_quantity_is_an_assumption_of_the_one_who_set_it() {
    for set in ["energy.mac_pj=0.09", "energy.mac_pj.value=0.09"] {
        let (technology, _) = record::resolve::<Technology>("edgebert-12nm", &[set]).unwrap();
        let mac = &technology.energy.mac_pj;
        assert!((mac.value - 0.09).abs() < f64::EPSILON);
        assert_eq!(mac.standing, Standing::Assumed);
        assert_eq!(mac.source, format!("--set {set}"));
    }
    let error = record::resolve::<Technology>("edgebert-12nm", &["energy.mac_pj=-1"]).expect_err("negative");
    assert!(error.to_string().contains("energy.mac_pj.value = -1 pJ/MAC must be from 0"), "{error}");
}

#[test]
fn lists_and_absent_keys_can_be_set() {
    let (technology, _) = record::resolve::<Technology>("edgebert-12nm", &["vf.0.f_mhz=100"]).unwrap();
    assert!((technology.vf[0].f_mhz - 100.0).abs() < f64::EPSILON);
    let error = record::resolve::<Technology>("edgebert-12nm", &["vf.9.f_mhz=1"]).expect_err("no such point");
    assert!(error.to_string().contains("`vf` has no key `9.f_mhz`"), "{error}");
    let error =
        record::resolve::<Technology>("edgebert-12nm", &["clock.power_mw.note=1"]).expect_err("unknown");
    assert!(error.to_string().contains("unknown key `clock.power_mw.note`"), "{error}");
    let spans = "spans={tokens=[1,2],standing='assumed',source='by hand'}";
    let (workload, _) = record::resolve::<Workload>("dense", &["network=albert-base", spans]).unwrap();
    assert_eq!(workload.network.as_deref(), Some("albert-base"));
    assert_eq!(workload.spans.unwrap().tokens, [1, 2]);
}

#[test]
fn a_file_is_a_path_and_its_mistakes_are_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml").to_string_lossy().into_owned();
    let text = design("offramp", &[]).unwrap().1.text;
    std::fs::write(&path, &text).unwrap();
    assert_eq!(design(&path, &["pu.n=8"]).unwrap().0.pu.n, 8);

    std::fs::write(&path, text.replace("n = 16", "n = 17")).unwrap();
    let error = design(&path, &[]).expect_err("n = 17");
    let place = error.problems[0].place.as_ref().unwrap();
    assert_eq!((error.kind, place.source(), place.found()), (Kind::Input, path.as_str(), "17"));
    let line = text.lines().position(|line| line.starts_with("n = ")).unwrap() + 1;
    assert_eq!((place.line(), place.column()), (line, 5));
    assert_eq!(design(&path, &["pu.n=3"]).expect_err("n = 3").kind, Kind::Usage);

    std::fs::write(&path, b"name = \"\xff\"").unwrap();
    assert!(design(&path, &[]).expect_err("not UTF-8").to_string().contains("byte 8 is 0xff"));
    let error = record::read_text(&path, 9, "").expect_err("ten bytes");
    assert!(error.to_string().contains("is larger than 9 bytes"), "{error}");
    assert!(record::read_text(&path, 10, "").expect_err("not UTF-8").to_string().contains("0xff"));
    assert_eq!(design("./none.toml", &[]).expect_err("no file").kind, Kind::Io);
    assert_eq!(design("/", &[]).expect_err("a folder").kind, Kind::Io);
    let error = design("oframp", &[]).expect_err("no preset");
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.render(200, false).contains("did you mean `offramp`?"), "{}", error.render(200, false));
}

/// A template gives what deltas give, and refuses what they refuse with the same words.
#[test]
fn a_template_reads_as_deltas_do() {
    let design = Template::<Design>::open("offramp").expect("the preset is valid");
    let technology = Template::<Technology>::open("edgebert-12nm").expect("the preset is valid");
    let mut held = 0;
    for (key, text) in [
        ("pu.n", "32"),
        ("pu.n", "3"),
        ("pu.m", "4"),
        ("pu", "4"),
        ("pu.sparsity", "\"gate\""),
        ("pu.sparsity", "\"gat\""),
        ("operating.vdd_v", "1"),
        ("buffer.bytes", "-1"),
        ("external.memory", "\"lpddr3\""),
    ] {
        held += alike(&design, "offramp", key, text);
    }
    for (key, text) in [
        ("energy.mac_pj", "0.1"),
        ("energy.mac_pj.value", "0.2"),
        ("energy.mac_pj.source", "\"a guess\""),
        ("energy.mac_pj", "-1"),
        ("vf.0.f_mhz", "10"),
        ("vf.99.f_mhz", "10"),
    ] {
        held += alike(&technology, "edgebert-12nm", key, text);
    }
    assert_eq!(held, 8, "values that hold");
}

/// Compares the two ways to one record; 1 if it holds.
fn alike<T: Record + PartialEq + std::fmt::Debug>(
    template: &Template<T>,
    base: &str,
    key: &str,
    text: &str,
) -> usize {
    let root: toml::Table = format!("value = {text}").parse().expect("the case is TOML");
    let fast = template.with(&[(key, &root["value"])]).map_err(|error| error.to_string());
    let slow = resolve::<T>(base, &[format!("{key}={text}")]).map(|found| found.0);
    let slow = slow.map_err(|error| error.to_string());
    assert_eq!(fast, slow, "{key} = {text}");
    usize::from(fast.is_ok())
}
