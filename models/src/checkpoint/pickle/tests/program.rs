//! What instructions do, and which there are.

use super::*;

#[test]
fn no_other_global_is_known() {
    for (module, name) in [("posix", "system"), ("builtins", "eval"), ("torch", "load"), ("torch._utils", "")]
    {
        let message = wrong(&one(call(named(module, name), &[text("true")])));
        assert!(message.contains(&format!("global `{module}.{name}` is not among")), "{message}");
        assert!(message.starts_with("m.bin: entry `m/data.pkl`: byte 10: "), "{message}");
    }
}

#[test]
fn globals_take_no_other_arguments() {
    let ordered = || named("collections", "OrderedDict");
    let rebuild = || named("torch._utils", "_rebuild_tensor_v2");
    let parameter = || named("torch._utils", "_rebuild_parameter");
    let cases = [
        call(ordered(), &[text("a")]),
        call(rebuild(), &[]),
        call(rebuild(), &[int(0), int(0), ints(&[1]), ints(&[1])]),
        call(parameter(), &[text("a")]),
        call(named("torch", "FloatStorage"), &[]),
        call(text("a"), &[]),
        [ordered(), text("a"), b"R".to_vec()].concat(),
        [tuple(&[text("storage"), ordered(), text("0"), text("cpu"), int(1)]), b"Q".to_vec()].concat(),
        [text("0"), b"Q".to_vec()].concat(),
    ];
    for case in cases {
        assert!(wrong(&one(case.clone())).contains("byte "), "{case:?}");
    }
    let wrapped = call(parameter(), &[floats(0, &[1], &[1]), vec![0x88], call(ordered(), &[])]);
    assert_eq!(read_all(&one(wrapped))["w"], tensor(&[1], &[0.0]));
}

/// The instructions that `torch.save` writes, and no other: those that call, import or make objects above all.
#[test]
fn other_instructions_are_refused() {
    let known = b".NKMJGXcqrhj()t}]suaeQRb\x80\x85\x86\x87\x88\x89\x8a";
    for opcode in (0..=u8::MAX).filter(|opcode| !known.contains(opcode)) {
        let message = wrong(&[opcode]);
        assert!(message.contains(&format!("byte 2: instruction {opcode:#04x} is none")), "{message}");
    }
    assert!(wrong(&[0x80, 4]).contains("protocol 4 must be 2"));
}

#[test]
fn instructions_find_what_they_take() {
    let cases: [(&[u8], &str); 14] = [
        (b"", "takes 1 values, the stack has 0"),
        (b"N(", "takes 1 values, the stack has 0"),
        (b"t", "takes a mark"),
        (b"N\x86", "takes 2 values, the stack has 1"),
        (b"N(N\x86", "takes 2 values, the stack has 1"),
        (b"q\0", "takes 1 values"),
        (b"h\0", "nothing was remembered as 0"),
        (b"NNNs", "takes a dictionary"),
        (b"}(Nu", "a value each"),
        (b"(NNu", "takes 1 values"),
        (b"}Na", "takes a list, not a dictionary"),
        (b"(e", "takes 1 values"),
        (b"]}b", "a list must have no attributes"),
        (b"X\xff\xff\xff\xff", "4294967295 bytes must follow"),
    ];
    for (body, part) in cases {
        let message = wrong(body);
        assert!(message.contains(part), "{body:?}: {message}");
    }
}

#[test]
fn what_grows_is_bounded() {
    assert!(wrong(&b"N".repeat(1 << 17)).contains("at most 65536 values"));
    assert!(wrong(&b"(".repeat(101)).contains("at most 100 deep"));
    let many = [&b"}("[..], &b"NN".repeat(1 << 14), b"u"].concat();
    assert!(wrong(&many.repeat(40)).contains("at most 1048576 values"), "pairs");
    let many = [&b"("[..], &b"N".repeat(1 << 15), b"t"].concat();
    assert!(wrong(&many.repeat(40)).contains("at most 1048576 values"), "items");
    let body = [&b"]("[..], &b"N".repeat(1 << 15), b"e", b"0"].concat();
    assert!(wrong(&body).contains("instruction 0x30"), "lists keep nothing");
}

#[test]
fn integers_have_any_length() {
    let cases: [(&[u8], &[f32]); 5] = [
        (&[0x8a, 0], &[0.0]),
        (&[0x8a, 1, 3], &[3.0]),
        (b"K\x04", &[4.0]),
        (b"M\x05\0", &[5.0]),
        (b"J\x02\0\0\0", &[2.0]),
    ];
    for (offset, expected) in cases {
        let arguments = [storage("FloatStorage", "0", 6), offset.to_vec(), ints(&[1]), ints(&[1])];
        let view = call(named("torch._utils", "_rebuild_tensor_v2"), &arguments);
        assert_eq!(read_all(&one(view))["w"].values, expected, "{offset:?}");
    }
    let minus = [storage("FloatStorage", "0", 6), vec![0x8a, 1, 0xff], ints(&[1]), ints(&[1])];
    let minus = call(named("torch._utils", "_rebuild_tensor_v2"), &minus);
    assert!(wrong(&one(minus)).contains("from element -1"));
    assert!(wrong(&one([&[0x8a, 9][..], &[0; 9]].concat())).contains("it has none"), "more than 64 bits");
}
