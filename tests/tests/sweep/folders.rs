//! Folders of results: threads, shards, resumption, damage.

use super::*;

#[test]
fn threads_and_shards_give_the_same_bytes() {
    let bench = Bench::new(SPACE);
    done(bench.sweep("whole", &["--threads", "3"]));
    done(bench.sweep("one", &["--threads", "1"]));
    let whole = bench.csv("whole");
    assert_eq!(whole, bench.csv("one"));
    let parts: Vec<String> = ["1/3", "2/3", "3/3"]
        .into_iter()
        .enumerate()
        .map(|(index, shard)| {
            let name = format!("part{index}");
            done(bench.sweep(&name, &["--shard", shard]));
            bench.text(&name)
        })
        .collect();
    let merge =
        |folders: &[&str], out: &str| offramp(&[&["merge"], folders, &["-o", &bench.text(out)]].concat());
    let [a, b, c] = [&parts[0], &parts[1], &parts[2]].map(String::as_str);
    done(merge(&[c, a, b], "merged"));
    assert_eq!(whole, bench.csv("merged"));
    for (folders, why) in [(&[a, b][..], "22 of 66 points are missing"), (&[a, b, b], "again in")] {
        let said = merge(folders, "bad");
        assert!(said.exit == 3 && said.warns(why), "{said:?}");
        assert!(!bench.path("bad").exists(), "nothing is written");
    }
    let said = merge(&[a, b, c], "merged");
    assert!(said.exit == 3 && said.warns("is not empty"), "{said:?}");
}

#[test]
fn a_sweep_goes_on_where_it_stopped() {
    let bench = Bench::new(SPACE);
    done(bench.sweep("whole", &[]));
    let whole = bench.csv("whole");
    let results = bench.path("whole/results.jsonl");
    let text = read(&results);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    // Whole lines, a torn one, and one without its end.
    for (kept, torn) in [(lines.len(), 0), (10, 0), (10, 25), (33, lines[33].len() - 1), (0, 5)] {
        fs::write(&results, lines[..kept].concat() + &lines.get(kept).unwrap_or(&"")[..torn]).unwrap();
        let said = bench.sweep("whole", &[]);
        let ran = format!("{} points ran", lines.len() - kept);
        assert!(said.exit == 0 && said.out.contains(&ran), "{said:?}");
        assert_eq!(said.warns("was torn"), torn > 0, "{said:?}");
        assert_eq!(whole, bench.csv("whole"), "{kept} lines and {torn} bytes were left");
    }
}

#[test]
fn damage_is_told_and_nothing_lost() {
    let bench = Bench::new(SPACE);
    done(bench.sweep("whole", &["--shard", "1/9"]));
    let (results, manifest) = (bench.path("whole/results.jsonl"), bench.path("whole/manifest.json"));
    let (lines, about) = (read(&results), read(&manifest));
    let middle = lines.replacen("\"point\"", "\"pint\"", 2);
    let model = about.replacen("\"model\": \"", "\"model\": \"0.0.9-", 1);
    let space = about.replacen("range = { from = 0.65", "range = { from = 0.66", 1);
    let format = about.replacen("\"format\": 1", "\"format\": 99", 1);
    for (lines, about, why) in [
        (&middle, &about, "results.jsonl:1 is no finished point"),
        (&lines, &model, "(0.0.9-"),
        (&lines, &space, "the space differs"),
        (&lines, &format, "has format 99"),
        (&lines, &"{".to_owned(), "is no manifest"),
    ] {
        fs::write(&results, lines).unwrap();
        fs::write(&manifest, about).unwrap();
        let said = bench.sweep("whole", &["--shard", "1/9"]);
        assert!(said.exit == 3 && said.warns(why), "{why}: {said:?}");
        assert_eq!(
            (read(&results), read(&manifest)),
            (lines.clone(), about.clone()),
            "{why}: left as it was"
        );
    }
    fs::write(&results, &lines).unwrap();
    fs::write(&manifest, &about).unwrap();
    let said = bench.sweep("whole", &["--shard", "2/9"]);
    assert!(said.exit == 3 && said.warns("the shard differs"), "{said:?}");
    let twice = format!("{lines}{}", lines.lines().next().unwrap_or_default()) + "\n";
    fs::write(&results, twice).unwrap();
    let said = offramp(&["export", &bench.text("whole")]);
    assert!(said.exit == 3 && said.warns("is there twice"), "{said:?}");
    let said = offramp(&["export", &bench.text("none")]);
    assert!(said.exit == 3 && said.warns("no sweep wrote it"), "{said:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let bench = Bench::new(SPACE);
    // Of these two even root can write neither.
    fs::write(bench.path("file"), "").unwrap();
    for folder in ["/proc/results".to_owned(), bench.text("file/results")] {
        let said = offramp(&["sweep", &bench.text("space.toml"), "-o", &folder]);
        assert!(said.exit == 5 && said.warns("cannot make"), "{said:?}");
    }
}

#[test]
fn formats_hold_the_same_rows() {
    let bench = Bench::new(SPACE);
    done(bench.sweep("whole", &[]));
    let csv = bench.csv("whole");
    let jsonl = done(offramp(&["export", &bench.text("whole"), "--format", "jsonl"]));
    assert_eq!(csv.lines().count(), 1 + jsonl.lines().count());
    let with_figures = |line: &&str| line.contains("\"refused\":null");
    let rows = rows(&csv).into_iter().filter(|row| row["refused"].is_empty());
    for (row, line) in rows.zip(jsonl.lines().filter(with_figures)) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row.len(), object.as_object().unwrap().len());
        assert_eq!(row["key"], object["key"].as_str().unwrap());
        assert_eq!(row["energy_j"].parse::<f64>().ok(), object["energy_j"].as_f64());
    }
    let parquet = bench.path("all.parquet");
    done(offramp(&["export", &bench.text("whole"), "--format", "parquet", "-o", &bench.text("all.parquet")]));
    let bytes = fs::read(parquet).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}
