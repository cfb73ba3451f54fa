//! Files that PyTorch wrote against the same tensors as safetensors: equal to the bit. Damaged ones: an error or tensors, never a panic, and
//! never more numbers than the file can stand for.
//!
//! `data/checkpoints/make.py` wrote the files.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::BTreeMap;
use std::path::Path;

use models::checkpoint::{Tensors, onnx, pickle};
use models::record::Error;
use proptest::prelude::*;

type Reader = fn(&str, &[u8]) -> Result<Tensors, Error>;

const FILES: [(&str, Reader); 4] = [
    ("views.bin", pickle::read),
    ("bert.bin", pickle::read),
    ("bert.onnx", onnx::read),
    ("types.onnx", onnx::read),
];

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(Path::new("tests/data/checkpoints").join(name)).unwrap()
}

/// Shapes and bits.
type Bits = BTreeMap<String, (Vec<usize>, Vec<u32>)>;

/// The tensors of a safetensors file, all of them `F32`.
fn expected(file: &[u8]) -> Bits {
    let (length, rest) = file.split_at(8);
    let (header, data) = rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
    let header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header).unwrap();
    let numbers = |value: &serde_json::Value| -> Vec<usize> {
        value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect()
    };
    let tensor = |(name, about): (String, serde_json::Value)| {
        assert_eq!(about["dtype"], "F32", "{name}");
        let range = numbers(&about["data_offsets"]);
        let bits = data[range[0]..range[1]].as_chunks().0.iter().map(|bits| u32::from_le_bytes(*bits));
        (name, (numbers(&about["shape"]), bits.collect()))
    };
    header.into_iter().filter(|(name, _)| name != "__metadata__").map(tensor).collect()
}

fn found(tensors: Tensors) -> Bits {
    let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
    tensors.into_iter().map(|(name, tensor)| (name, (tensor.shape, bits(tensor.values)))).collect()
}

/// By the name of the file they are expected from: that of the tensors, with `.safetensors`.
#[test]
fn every_tensor_is_equal_to_the_bit() {
    for (name, read) in FILES {
        let stem = name.split('.').next().unwrap();
        let expected = expected(&bytes(&format!("{stem}.safetensors")));
        let found = found(read(name, &bytes(name)).unwrap());
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{name}");
        for (tensor, bits) in &found {
            assert!(*bits == expected[tensor], "{name}: {tensor} is {:x?} for {:x?}", bits, expected[tensor]);
        }
    }
}

/// As training runs save them: the state dict beside other things.
#[test]
fn a_state_dict_is_found_in_a_training_run() {
    let found = found(pickle::read("run.pt", &bytes("run.pt")).unwrap());
    assert_eq!(found, expected(&bytes("run.safetensors")));
}

#[test]
fn files_that_are_not_handled_are_refused_with_what_to_do() {
    let cases: [(&str, Reader, &[&str], &str); 5] = [
        ("legacy.bin", pickle::read, &["since 1.6", "80 02 8a 0a 6c fc 9c 46"], "python -c \"import torch;"),
        ("module.pt", pickle::read, &["module/data.pkl", "`torch.nn.modules.linear.Linear`"], "state_dict()"),
        ("deflated.bin", pickle::read, &["entry `views/data.pkl`", "compressed (method 8)"], "zip -0 -r"),
        ("expanded.bin", pickle::read, &["tensor `wide`", "10 elements, its storage 1"], "contiguous()"),
        ("external.onnx", onnx::read, &["initialiser `weight`", "in another"], "python -c \"import onnx;"),
    ];
    for (name, read, parts, remedy) in cases {
        let error = read(name, &bytes(name)).unwrap_err();
        let problem = &error.problems[0];
        assert!(problem.message.starts_with(&format!("{name}: ")), "{}", problem.message);
        for part in parts {
            assert!(problem.message.contains(part), "{name}: {}", problem.message);
        }
        assert!(problem.remedy.as_ref().is_some_and(|text| text.contains(remedy)), "{name}: {problem:?}");
    }
}

/// What no file may exceed: two numbers for each of its bytes.
fn bounded(read: Reader, bytes: &[u8]) -> bool {
    let numbers = |tensors: Tensors| tensors.values().map(|tensor| tensor.values.capacity()).sum::<usize>();
    read("damaged", bytes).map_or(0, numbers) <= 2 * bytes.len()
}

#[test]
fn every_truncation_is_refused() {
    for (name, read) in FILES {
        let whole = bytes(name);
        for length in 0..whole.len() {
            let cut = read(name, &whole[..length]);
            assert!(cut.is_err() || name.ends_with(".onnx"), "{name} of {length} bytes");
            assert!(bounded(read, &whole[..length]), "{name} of {length} bytes");
        }
    }
}

#[test]
fn no_flipped_bit_of_a_small_file_panics() {
    for (name, read) in [FILES[0], FILES[3]] {
        let whole = bytes(name);
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                assert!(bounded(read, &damaged), "{name}: bit {bit} of byte {at}");
            }
        }
    }
}

proptest! {
    /// Several bytes set, among them those that mean largest lengths.
    #[test]
    fn damaged_files_are_read_or_refused(
        file in 0..FILES.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), Just(0xff)]), 1..8),
    ) {
        let (name, read) = FILES[file];
        let mut damaged = bytes(name);
        for (at, byte) in damage {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        prop_assert!(bounded(read, &damaged), "{}", name);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(bounded(pickle::read, &bytes));
        prop_assert!(bounded(onnx::read, &bytes));
    }
}
