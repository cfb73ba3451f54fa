mod program;

use super::*;
use crate::checkpoint::tensor::Tensor;
use crate::checkpoint::zip::tests::archive;

fn text(text: &str) -> Vec<u8> {
    [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

/// As of 8 bytes.
fn int(value: i64) -> Vec<u8> {
    [&[0x8a, 8][..], &value.to_le_bytes()].concat()
}

fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
    [&b"("[..], &items.concat(), b"t"].concat()
}

fn ints(values: &[i64]) -> Vec<u8> {
    tuple(&values.iter().map(|value| int(*value)).collect::<Vec<_>>())
}

fn named(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

fn call(function: Vec<u8>, arguments: &[Vec<u8>]) -> Vec<u8> {
    [function, tuple(arguments), b"R".to_vec()].concat()
}

fn storage(kind: &str, key: &str, elements: i64) -> Vec<u8> {
    let id = [text("storage"), named("torch", kind), text(key), text("cpu"), int(elements)];
    [tuple(&id), b"Q".to_vec()].concat()
}

fn view(storage: Vec<u8>, offset: i64, shape: &[i64], stride: &[i64]) -> Vec<u8> {
    let arguments = [storage, int(offset), ints(shape), ints(stride), vec![0x89], b"}".to_vec()];
    call(named("torch._utils", "_rebuild_tensor_v2"), &arguments)
}

/// A view of the storage of [`file`].
fn floats(offset: i64, shape: &[i64], stride: &[i64]) -> Vec<u8> {
    view(storage("FloatStorage", "0", 6), offset, shape, stride)
}

fn dict(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let pairs: Vec<u8> = pairs.iter().flat_map(|(key, value)| [text(key), value.clone()].concat()).collect();
    [&b"}("[..], &pairs, b"u"].concat()
}

/// A file of a pickle, whose storage `0` is 0, 1, 2, 3, 4, 5 in f32.
fn file(body: &[u8]) -> Vec<u8> {
    let numbers: Vec<u8> = (0..6_u8).flat_map(|x| f32::from(x).to_le_bytes()).collect();
    let program = [&[0x80, 2][..], body, b"."].concat();
    archive(&[("m/data.pkl", &program), ("m/data/0", &numbers), ("m/byteorder", b"little")])
}

fn read_all(body: &[u8]) -> Tensors {
    read("m.bin", &file(body)).unwrap()
}

fn wrong(body: &[u8]) -> String {
    read("m.bin", &file(body)).unwrap_err().problems[0].message.clone()
}

fn one(tensor: Vec<u8>) -> Vec<u8> {
    dict(&[("w", tensor)])
}

fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
    Tensor { shape: shape.to_vec(), values: values.to_vec() }
}

#[test]
fn views_are_read_by_their_strides() {
    let found = read_all(&dict(&[
        ("whole", floats(0, &[2, 3], &[3, 1])),
        ("turned", floats(0, &[3, 2], &[1, 3])),
        ("column", floats(1, &[2, 1], &[3, i64::MAX])),
        ("again", floats(2, &[3], &[0])),
        ("windows", floats(0, &[2, 2], &[1, 1])),
        ("scalar", floats(5, &[], &[])),
        ("none", floats(0, &[0, i64::MAX], &[1, 1])),
    ]));
    assert_eq!(found["whole"], tensor(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
    assert_eq!(found["turned"], tensor(&[3, 2], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
    assert_eq!(found["column"], tensor(&[2, 1], &[1.0, 4.0]));
    assert_eq!(found["again"], tensor(&[3], &[2.0; 3]));
    assert_eq!(found["windows"], tensor(&[2, 2], &[0.0, 1.0, 1.0, 2.0]));
    assert_eq!(found["scalar"], tensor(&[], &[5.0]));
    assert_eq!((found["none"].shape.len(), found["none"].values.len()), (2, 0));
}

#[test]
fn views_outside_their_storage_are_refused() {
    let cases = [
        (
            floats(1, &[2, 3], &[3, 1]),
            "from element 1 in steps of [3, 1] must lie in its storage of 6 elements",
        ),
        (floats(0, &[2], &[6]), "from element 0"),
        (floats(6, &[], &[]), "from element 6"),
        (floats(-1, &[2], &[1]), "from element -1"),
        (floats(i64::MAX, &[2], &[i64::MAX]), "must lie in its storage"),
        (floats(0, &[3], &[i64::MAX]), "must lie in its storage"),
        (floats(0, &[5], &[1 << 62]), "from element 0"),
        (floats(0, &[3, 2], &[i64::MAX, 2]), "from element 0"),
        (floats(0, &[7], &[0]), "has 7 elements, its storage 6"),
        (floats(0, &[1 << 20, 1 << 20], &[0, 0]), "must be of a size that fits a file"),
        (floats(0, &[i64::MAX, i64::MAX], &[0, 0]), "must be of a size that fits a file"),
        (floats(0, &[-2], &[1]), "length -2"),
        (floats(0, &[2], &[-1]), "stride -1"),
        (floats(0, &[2], &[1, 1]), "1 lengths must have as many strides, not 2"),
        (floats(0, &[1; 9], &[1; 9]), "9 dimensions must be at most 8"),
    ];
    for (tensor, part) in cases {
        let message = wrong(&one(tensor));
        assert!(message.starts_with("m.bin: tensor `w`: ") && message.contains(part), "{part}: {message}");
    }
}

#[test]
fn storages_must_be_there_and_hold_what_they_declare() {
    let cases = [
        (storage("FloatStorage", "1", 1), "entry `m/data/1`: the archive has no such entry"),
        (storage("FloatStorage", "0", 7), "entry `m/data/0`: 24 bytes must hold"),
        (storage("FloatStorage", "0", -1), "entry `m/data/0`: 24 bytes must hold"),
        (storage("DoubleStorage", "0", i64::MAX), "24 bytes must hold"),
        (storage("ComplexFloatStorage", "0", 1), "global `torch.ComplexFloatStorage`"),
    ];
    for (storage, part) in cases {
        let message = wrong(&one(view(storage, 0, &[1], &[1])));
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn integers_are_left_out_without_a_look_at_their_bytes() {
    let found = read_all(&dict(&[
        ("ids", view(storage("LongStorage", "9", 1 << 40), 0, &[1 << 40], &[1])),
        ("half", view(storage("HalfStorage", "0", 12), 3, &[1], &[1])),
        ("double", view(storage("DoubleStorage", "0", 3), 0, &[1], &[1])),
    ]));
    assert_eq!(found.keys().collect::<Vec<_>>(), ["double", "half"]);
    assert_eq!(found["half"].values, [1.875], "the upper half of 1 in f32 is 3f80");
    assert_eq!(found["double"].values, [f64::from_bits(0x3f80_0000_0000_0000) as f32]);
}

#[test]
fn one_storage_cannot_stand_for_many_times_the_file() {
    let remembered = [floats(0, &[6], &[1]), b"r\0\0\0\0".to_vec()].concat();
    let names: Vec<String> = (0..1000).map(|name| name.to_string()).collect();
    let tied = |count: usize| {
        let mut pairs = vec![("first", remembered.clone())];
        pairs.extend(names[..count].iter().map(|name| (name.as_str(), b"j\0\0\0\0".to_vec())));
        dict(&pairs)
    };
    let found = read_all(&tied(3));
    assert_eq!((found.len(), &found["2"]), (4, &found["first"]));
    // A name takes some ten bytes of the file, and could stand for 40 000.
    let large: Vec<u8> = vec![0; 40_000];
    let view = view(storage("FloatStorage", "0", 10_000), 0, &[10_000], &[1]);
    let mut pairs = vec![("first", [view, b"r\0\0\0\0".to_vec()].concat())];
    pairs.extend(names.iter().map(|name| (name.as_str(), b"j\0\0\0\0".to_vec())));
    let program = [&[0x80, 2][..], &dict(&pairs), b"."].concat();
    let error = read("m.bin", &archive(&[("m/data.pkl", &program), ("m/data/0", &large)])).unwrap_err();
    assert!(error.problems[0].message.contains("twice the bytes of the file"), "{error}");
}

#[test]
fn state_dicts_may_lie_in_others() {
    let weight = || dict(&[("w", floats(0, &[1], &[1]))]);
    for name in NESTED {
        assert_eq!(read_all(&dict(&[("epoch", int(3)), (name, weight())])).len(), 1, "{name}");
    }
    assert_eq!(read_all(&dict(&[("state_dict", dict(&[("model", weight())]))])).len(), 1);
    let beside = dict(&[("a", floats(1, &[1], &[1])), ("model", weight())]);
    assert_eq!(read_all(&beside).keys().collect::<Vec<_>>(), ["a"], "tensors by name come first");
    assert!(wrong(&dict(&[("net", weight())])).contains("it has none"));
    let itself = [&b"}q\0"[..], &text("model"), b"h\0s"].concat();
    assert!(wrong(&itself).contains("must not lie in more than 4 others"));
}

#[test]
fn what_is_no_state_dict_is_refused() {
    assert!(wrong(b"]").contains("it holds a list"));
    assert!(wrong(&floats(0, &[1], &[1])).contains("it holds a tensor"));
    assert!(wrong(b"}").contains("it has none"));
    let unnamed = [&b"}"[..], &int(0), &floats(0, &[1], &[1]), b"s"].concat();
    assert!(wrong(&unnamed).contains("must have a name, not an integer"));
}

#[test]
fn archives_of_other_things_are_refused() {
    let refused = |entries: &[(&str, &[u8])], part: &str| {
        let error = read("m.bin", &archive(entries)).unwrap_err();
        assert!(error.problems[0].message.contains(part), "{error}");
    };
    refused(&[("a.npy", b"")], "`ROOT/data.pkl`");
    refused(&[("a/b/data.pkl", b"}.")], "`ROOT/data.pkl`");
    refused(&[("a/data.pkl", b"}."), ("b/data.pkl", b"}.")], "`a/data.pkl` and `b/data.pkl`");
    refused(&[("a/data.pkl", b"}."), ("a/byteorder", b"big")], "entry `a/byteorder`: `big` must be `little`");
    assert!(read("m.bin", &LEGACY).unwrap_err().problems[0].message.contains("since 1.6"));
}
