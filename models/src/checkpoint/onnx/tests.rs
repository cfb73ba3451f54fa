use super::*;

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn raw(values: &[f32]) -> Vec<u8> {
    bytes(9, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

/// An initialiser of other fields than its name.
fn fields(name: &str, fields: &[Vec<u8>]) -> Vec<u8> {
    bytes(5, &[bytes(8, name.as_bytes()), fields.concat()].concat())
}

fn floats(name: &str, shape: &[u64], values: &[f32]) -> Vec<u8> {
    let dims = shape.iter().flat_map(|length| number(1, *length)).collect();
    fields(name, &[dims, number(2, 1), raw(values)])
}

fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|input| bytes(1, input.as_bytes())).collect();
    let output = bytes(2, output.as_bytes());
    bytes(1, &[inputs, output, bytes(4, operator.as_bytes()), attributes.concat()].concat())
}

fn attribute(name: &str, value: u64) -> Vec<u8> {
    bytes(5, &[bytes(1, name.as_bytes()), number(3, value)].concat())
}

fn model(parts: &[Vec<u8>]) -> Vec<u8> {
    [number(1, 8), bytes(7, &parts.concat())].concat()
}

fn read_all(parts: &[Vec<u8>]) -> Tensors {
    read("m.onnx", &model(parts)).unwrap()
}

fn wrong(parts: &[Vec<u8>]) -> String {
    read("m.onnx", &model(parts)).unwrap_err().problems[0].message.clone()
}

fn names(tensors: &Tensors) -> Vec<&str> {
    tensors.keys().map(String::as_str).collect()
}

/// A matrix that a node uses, and a bias.
fn layer(name: &str) -> Vec<u8> {
    [floats(name, &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), floats("a.bias", &[3], &[0.0; 3])].concat()
}

fn turned() -> Tensor {
    Tensor { shape: vec![3, 2], values: vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0] }
}

#[test]
fn a_bias_tells_the_name_of_the_product_before_it() {
    for inputs in [["y", "a.bias"], ["a.bias", "y"]] {
        for made_up in ["onnx::MatMul_1", "/a/Transpose_output_0", "12", "val_3"] {
            let product = node("MatMul", &["x", made_up], "y", &[]);
            let found = read_all(&[product, node("Add", &inputs, "z", &[]), layer(made_up)]);
            assert_eq!(names(&found), ["a.bias", "a.weight"], "{made_up} in {inputs:?}");
            assert_eq!(found["a.weight"], turned());
        }
    }
}

#[test]
fn gemm_says_whether_its_weight_is_turned() {
    let gemm = |attributes: &[Vec<u8>]| node("Gemm", &["x", "12", "a.bias"], "z", attributes);
    assert_eq!(read_all(&[gemm(&[]), layer("12")])["a.weight"], turned());
    let other = [attribute("transA", 1), attribute("transB", 0)];
    assert_eq!(read_all(&[gemm(&other), layer("12")])["a.weight"], turned());
    assert_eq!(read_all(&[gemm(&[attribute("transB", 1)]), layer("12")])["a.weight"].shape, [2, 3]);
}

#[test]
fn weights_with_a_name_of_their_own_and_those_of_no_layer_are_left() {
    let product = |weight: &str| node("MatMul", &["x", weight], "y", &[]);
    let add = node("Add", &["y", "a.bias"], "z", &[]);
    let own = read_all(&[product("b.weight"), add.clone(), layer("b.weight")]);
    assert_eq!((names(&own), own["b.weight"].shape.as_slice()), (vec!["a.bias", "b.weight"], &[2, 3][..]));
    let alone = read_all(&[product("val_3"), layer("val_3")]);
    assert_eq!(names(&alone), ["a.bias", "val_3"], "no bias follows");
    let other = read_all(&[product("/m/1"), node("Add", &["y", "c.bias"], "z", &[]), layer("/m/1")]);
    assert_eq!(names(&other), ["/m/1", "a.bias"], "the bias is no initialiser");
    let vector = [product("7"), add, floats("7", &[3], &[1.0; 3]), floats("a.bias", &[], &[0.0])];
    assert_eq!(names(&read_all(&vector)), ["7", "a.bias"], "no matrix");
}

#[test]
fn an_identity_is_another_name() {
    let parts = [
        node("Identity", &["onnx::MatMul_1"], "onnx::MatMul_2", &[]),
        node("Identity", &["a.bias"], "b.bias", &[]),
        node("Identity", &["b.bias"], "c.bias", &[]),
        node("Identity", &["x"], "d.bias", &[]),
        node("MatMul", &["x", "onnx::MatMul_2"], "y", &[]),
        node("Add", &["y", "c.bias"], "z", &[]),
        layer("onnx::MatMul_1"),
    ];
    let found = read_all(&parts);
    assert_eq!(names(&found), ["a.bias", "b.bias", "c.bias", "c.weight"]);
    assert_eq!((&found["c.weight"], &found["c.bias"]), (&turned(), &found["a.bias"]));
}

#[test]
fn a_weight_with_a_name_of_its_own_keeps_it_beside_what_is_told() {
    let parts = [
        node("Identity", &["b.weight"], "onnx::MatMul_2", &[]),
        node("MatMul", &["x", "onnx::MatMul_2"], "y", &[]),
        node("Add", &["y", "a.bias"], "z", &[]),
        layer("b.weight"),
    ];
    let found = read_all(&parts);
    assert_eq!(names(&found), ["a.bias", "a.weight", "b.weight"]);
    assert_eq!((&found["a.weight"], found["b.weight"].shape.as_slice()), (&turned(), &[2, 3][..]));
}

/// As ALBERT's: all layers have the same weights, which older exporters store once for each.
#[test]
fn a_layer_may_be_used_more_than_once_if_its_weights_are_equal() {
    let twice = |last: f32| {
        let mut parts = vec![layer("1"), floats("2", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, last])];
        for (weight, output) in [("1", "p"), ("1", "q"), ("2", "r")] {
            parts.push(node("MatMul", &["x", weight], output, &[]));
            parts.push(node("Add", &[output, "a.bias"], "z", &[]));
        }
        parts
    };
    let mut often = vec![floats("1", &[100, 30], &[0.5; 3000]), floats("a.bias", &[30], &[0.0; 30])];
    for _ in 0..24 {
        often.push(node("MatMul", &["x", "1"], "p", &[]));
        often.push(node("Add", &["p", "a.bias"], "z", &[]));
    }
    assert_eq!(read_all(&often)["a.weight"].shape, [30, 100], "read once, however often it is used");
    assert_eq!(read_all(&twice(6.0))["a.weight"], turned());
    assert_eq!(
        wrong(&twice(7.0)),
        "m.onnx: tensor `a.weight`: the graph has two weights of this name that differ"
    );
}

#[test]
fn numbers_are_typed_or_raw_in_any_order() {
    let one = |value: f32| [varint(4 << 3 | 5), value.to_le_bytes().to_vec()].concat();
    let packed: Vec<u8> = [0.5_f32, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let found = read_all(&[
        fields("alone", &[one(0.5), one(-2.0), number(1, 2), number(2, 1)]),
        fields("packed", &[bytes(4, &packed), bytes(1, &[2]), number(2, 1)]),
        fields("half", &[number(2, 10), number(5, 0x3800), number(5, 0xc000), number(1, 2)]),
        fields("bfloat", &[number(2, 16), bytes(5, &[0x80, 0x7e, 0x80, 0x80, 0x03]), number(1, 2)]),
        fields("double", &[number(2, 11), bytes(10, &0.1_f64.to_le_bytes())]),
    ]);
    for name in ["alone", "packed", "half", "bfloat"] {
        assert_eq!(found[name], Tensor { shape: vec![2], values: vec![0.5, -2.0] }, "{name}");
    }
    assert_eq!(found["double"], Tensor { shape: vec![], values: vec![0.1] });
}

#[test]
fn initialisers_hold_what_they_declare() {
    let cases = [
        (floats("w", &[3], &[0.0; 2]), "tensor `w`: shape [3] has 3 elements of 4 bytes, 8 bytes are there"),
        (floats("w", &[1], &[0.0; 2]), "8 bytes are there"),
        (floats("w", &[u64::MAX], &[]), "must hold lengths from 0"),
        (floats("w", &[1 << 40, 1 << 40], &[]), "must be of a size that fits a file"),
        (floats("w", &[1 << 62, 1 << 62], &[]), "must be of a size that fits a file"),
        (floats("w", &[1 << 30], &[]), "1073741824 elements must not bring"),
        (floats("w", &[1; 9], &[0.0]), "at most 8 dimensions"),
        (fields("w", &[number(2, 10), number(5, 1 << 16)]), "must hold 16 bits an element"),
        (fields("w", &[number(2, 17)]), "initialiser `w`: data type 17 must be float (1)"),
        (fields("w", &[number(2, 1), number(14, 1)]), "initialiser `w`: the weights must be in the file"),
        ([floats("w", &[], &[0.0]), floats("w", &[], &[0.0])].concat(), "two initialisers of this name"),
    ];
    for (part, expected) in cases {
        let message = wrong(&[part]);
        assert!(message.starts_with("m.onnx: ") && message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn integers_and_texts_are_left_out() {
    let whole = floats("w", &[], &[1.0]);
    for kind in [2, 3, 6, 7, 8, 9] {
        // Numbers of any length, which are not looked at.
        let other = fields("ids", &[number(1, 1 << 40), number(2, kind), bytes(7, &[1, 2]), number(14, 1)]);
        assert_eq!(names(&read_all(&[whole.clone(), other])), ["w"], "{kind}");
    }
    assert!(wrong(&[fields("ids", &[number(2, 7)])]).contains("it has none"));
    assert!(read("m.onnx", &number(1, 8)).unwrap_err().problems[0].message.contains("must have a graph"));
}
