//! Command words: every field has its own bits, every preset's program fits them, and what does not fit is refused.

use models::compiler::{Inference, compile};
use models::design::Design;
use models::network::Network;
use models::program::word::{LAYOUTS, Layout, Scales, Word, encode};
use models::program::{COMMAND_BYTES, Command, Operation, Program, Unit};
use models::record::{self, Record, preset};
use models::workload::Workload;

const SCALES: Scales = Scales { operands: [-14, -17], sum: -23, parameters: [-20, -21], out: -9 };

fn program(design: &Design, network: &str, workload: &str) -> Option<Program> {
    let network: Network = preset(network).expect("a preset");
    let workload: Workload = preset(workload).expect("a preset");
    let mut job = Inference::new(network, &workload).ok()?;
    job.exits = true;
    compile(design, &job).ok()
}

fn field(word: &Word, name: &str) -> u64 {
    let fields = word.layout().expect("a known opcode").fields();
    let field = fields.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("no field {name}"));
    word.bits(field.low, field.width)
}

#[test]
fn every_layout_has_its_opcode_and_fits_a_word_without_overlap() {
    for (opcode, layout) in LAYOUTS.iter().enumerate() {
        assert_eq!(usize::from(layout.opcode), opcode);
        let mut used = [false; 8 * COMMAND_BYTES as usize];
        for field in layout.fields() {
            for bit in field.low..field.low + field.width {
                assert!(!std::mem::replace(&mut used[bit as usize], true), "{}: {}", layout.name, field.name);
            }
        }
    }
}

#[test]
fn programs_of_presets_fit_their_words() {
    let mut words = 0;
    let (smallest, _) = record::resolve::<Design>("offramp", &["pu.n=2"]).unwrap();
    for design in Design::PRESETS.iter().map(|(name, _)| preset(name).unwrap()).chain([smallest]) {
        for (network, _) in Network::PRESETS {
            let Some(program) = program(&design, network, "dense") else { continue };
            let encoded = encode(design.pu.n, &program, |_| SCALES);
            let encoded = encoded.unwrap_or_else(|error| panic!("{network} on {}: {error}", design.name));
            for (command, word) in program.commands.iter().zip(&encoded) {
                check(&design, command, word);
            }
            control(&program, &encoded);
            words += encoded.len();
        }
    }
    assert!(words > 10_000, "{words} words");
}

/// The fields of a word against the command, written the other way round.
fn check(design: &Design, command: &Command, word: &Word) {
    let n = u64::from(design.pu.n);
    assert_eq!(word.layout(), Some(Layout::of(&command.operation)));
    if let Some(unit) = command.operation.unit() {
        let mut waits: Vec<u64> = (0..3).map(|index| word.bits(4 + 16 * index, 16)).collect();
        waits.insert(unit as usize, 0);
        assert_eq!(waits, command.waits.map(u64::from));
        assert_eq!(unit == Unit::Pu, field_is(word, "matmul"));
    }
    match &command.operation {
        Operation::Matmul(m) => {
            assert_eq!(n * field(word, "columns.base"), u64::from(m.columns.region.base));
            assert_eq!(field(word, "sum_lsb"), (-31_i64 + i64::from(m.epilogue.shift)) as u64 & 0x3ff);
            assert_eq!(field(word, "out_bias"), -9_i64 as u64 & 0x3ff);
            let bias = m.epilogue.bias.map(|range| u64::from(range.start));
            assert_eq!((field(word, "has_bias") == 1).then(|| 4 * field(word, "bias_start")), bias);
        }
        Operation::LayerNorm(l) => {
            for (name, region) in [("a", l.a), ("b", l.b), ("out", l.out)] {
                assert_eq!(n * field(word, &format!("{name}.base")), u64::from(region.base));
                assert_eq!(field(word, &format!("{name}.buffer")), u64::from(region.buffer));
            }
            let exponents =
                ["a_lsb", "b_lsb", "sum_lsb", "gamma_lsb", "beta_lsb"].map(|name| field(word, name));
            assert_eq!(exponents, [-14, -17, -23, -20, -21].map(|lsb: i64| lsb as u64 & 0x3ff));
        }
        Operation::Load(t) | Operation::Store(t) => {
            assert_eq!(4 * field(word, "offset"), t.offset);
            assert_eq!(field(word, "runs") * 4 * field(word, "bytes"), t.bytes());
            let tiles = t.region.map_or(0, |r| u64::from(r.blocks) * u64::from(r.tiles));
            assert_eq!(field(word, "runs") * field(word, "run_tiles"), tiles);
        }
        Operation::Repeat { layer_stride, .. } => assert_eq!(field(word, "layer_stride"), *layer_stride),
        _ => {}
    }
}

/// The loop in the words is the program's.
fn control(program: &Program, words: &[Word]) {
    let at = |name: &str| words.iter().position(|word| field_is(word, name)).expect("it is there");
    let (exit, repeat) = (&words[at("exit")], &words[at("repeat")]);
    assert_eq!(field(exit, "to"), at("repeat") as u64 + 1);
    assert_eq!(field(repeat, "layers"), u64::from(program.layers));
    assert_eq!(Some(field(repeat, "to")), program.body_start().map(u64::from));
}

fn field_is(word: &Word, name: &str) -> bool {
    word.layout().is_some_and(|layout| layout.name == name)
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let (design, _) = record::resolve::<Design>("offramp", &[""; 0]).unwrap();
    let program = program(&design, "tinybert-4", "dense").unwrap();
    let refused = |name: &str, scales, change: &dyn Fn(&mut Command)| {
        let mut command =
            program.commands.iter().find(|c| Layout::of(&c.operation).name == name).unwrap().clone();
        change(&mut command);
        let program = Program { commands: vec![command], ..program.clone() };
        encode(16, &program, |_| scales).unwrap_err().to_string()
    };

    let said = refused("matmul", SCALES, &|command| command.waits[0] = 1 << 16);
    assert_eq!(said, "command 0, matmul: wait for load = 65536 needs more than its 16 bits");
    let far = Scales { out: 512, ..SCALES };
    assert_eq!(
        refused("layernorm", far, &|_| ()),
        "command 0, layernorm: out_bias = 512 must be from -512 to 511"
    );
    let said = refused("layernorm", SCALES, &|command| {
        if let Operation::LayerNorm(norm) = &mut command.operation {
            norm.b.block_stride *= 2;
        }
    });
    assert!(
        said.contains("layernorm: b.stride = ") && said.ends_with(", the vectors of a row block"),
        "{said}"
    );
    let said = refused("softmax", SCALES, &|command| {
        if let Operation::Softmax(softmax) = &mut command.operation {
            softmax.input.base += 1;
        }
    });
    assert!(
        said.contains("softmax: input.base = ") && said.ends_with(" must be a multiple of n = 16"),
        "{said}"
    );
    let said = refused("load", SCALES, &|command| {
        if let Operation::Load(transfer) = &mut command.operation {
            transfer.offset += 2;
        }
    });
    assert!(said.ends_with("must be a multiple of 4"), "{said}");
}
