//! From emitted Verilog to a shared library with a C interface, built by Verilator and kept by a hash of its inputs.

use super::coverage;
use super::dut::Trace;
use super::tools::{ToolError, missing, run};
use crate::emit::Emitted;
use std::fmt::{self, Write as _};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Verilator's options. Version 5.006 compiles wide XOR trees wrongly without the first; random start values of state
/// and of X show a register without reset.
const OPTIONS: &[&str] = &[
    "-fno-const-bit-op-tree",
    "-O3",
    "--x-assign",
    "unique",
    "--x-initial",
    "unique",
    "-Wno-fatal",
    "-Wno-lint",
    "-CFLAGS",
    "-fPIC -O2",
    "-LDFLAGS",
    "-shared",
];

/// Words of C++ and its library that Verilator does not leave as names of ports, and what it puts before them.
const RENAMED: &[&str] = &[
    "abort",
    "alignas",
    "alignof",
    "and_eq",
    "asm",
    "atomic_cancel",
    "atomic_commit",
    "atomic_noexcept",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "compl",
    "concept",
    "const_cast",
    "const_iterator",
    "constexpr",
    "decltype",
    "delete",
    "deque",
    "double",
    "dynamic_cast",
    "explicit",
    "false",
    "float",
    "friend",
    "goto",
    "inline",
    "iterator",
    "list",
    "long",
    "map",
    "mutable",
    "namespace",
    "noexcept",
    "not_eq",
    "nullptr",
    "operator",
    "or_eq",
    "override",
    "private",
    "public",
    "queue",
    "register",
    "requires",
    "set",
    "short",
    "sizeof",
    "stack",
    "static_assert",
    "static_cast",
    "switch",
    "synchronized",
    "template",
    "thread_local",
    "throw",
    "true",
    "try",
    "typeid",
    "typename",
    "uint16_t",
    "uint32_t",
    "uint8_t",
    "using",
    "vector",
    "volatile",
    "wchar_t",
    "xor_eq",
];
const PREFIX: &str = "__SYM__";

/// Why there is no model.
#[derive(Debug)]
pub enum BuildError {
    /// Verilator or the compiler failed.
    Tool(ToolError),
    /// The file system refused.
    Io(io::Error),
    /// The library could not be loaded.
    Load(String),
    /// What it covered is not understood.
    Coverage(String),
}

/// The library of a design, built if it is not there yet.
pub(super) fn library(emitted: &Emitted, trace: Trace<'_>) -> Result<PathBuf, BuildError> {
    let version = run(Path::new("."), "verilator", &["--version"])?.stdout;
    let (text, shim) = (emitted.text(), shim(emitted, trace));
    let options = options(trace);
    let mut hasher = DefaultHasher::new();
    (&version, &text, &shim, &options).hash(&mut hasher);
    let cache = std::env::temp_dir().join("offramp-cosim");
    let home = cache.join(format!("{}-{:016x}", emitted.top, hasher.finish()));
    let library = home.join("libdut.so");
    if library.exists() {
        return Ok(library);
    }
    fs::create_dir_all(&cache)?;
    let stage = tempfile::Builder::new().prefix("build-").tempdir_in(&cache)?;
    build(stage.path(), &emitted.top, &text, &shim, &options)?;
    let stage = stage.keep();
    // Another test may have been faster: its library is the same.
    if fs::rename(&stage, &home).is_err() {
        fs::remove_dir_all(&stage)?;
    }
    Ok(library)
}

/// The options of a model of which so much is recorded.
fn options(trace: Trace<'_>) -> Vec<String> {
    let mut options: Vec<String> = OPTIONS.iter().map(|option| (*option).to_owned()).collect();
    match trace {
        Trace::Off => {}
        Trace::Vcd(_) => options.push("--trace".to_owned()),
        Trace::Coverage => {
            options.extend(coverage::OPTIONS.map(str::to_owned));
            options.push(coverage::MAX_WIDTH.to_string());
        }
    }
    options
}

fn build(folder: &Path, top: &str, text: &str, shim: &str, options: &[String]) -> Result<(), BuildError> {
    fs::write(folder.join("dut.v"), text)?;
    fs::write(folder.join("shim.cpp"), shim)?;
    let mut arguments = vec!["--cc", "--exe", "--build", "--top-module", top, "--prefix", "Vdut"];
    arguments.extend(["--Mdir", "obj", "-o", "../libdut.so"]);
    arguments.extend(options.iter().map(String::as_str));
    if missing(&["ccache"]).is_none() {
        arguments.extend(["-MAKEFLAGS", "OBJCACHE=ccache"]);
    }
    arguments.extend(["dut.v", "shim.cpp"]);
    run(folder, "verilator", &arguments)?;
    Ok(())
}

/// The name of a port in C++.
fn member(port: &str) -> String {
    let prefix = if RENAMED.contains(&port) { PREFIX } else { "" };
    format!("{prefix}{port}")
}

/// The C interface: ports by number, values in 32-bit words, lowest first.
fn shim(emitted: &Emitted, trace: Trace<'_>) -> String {
    let (mut set, mut get) = (String::new(), String::new());
    for (at, port) in emitted.ports.iter().enumerate() {
        let (name, words) = (member(&port.name), port.width.div_ceil(32));
        let (out, side) = if port.input { (&mut set, true) } else { (&mut get, false) };
        let copy = match (words, side) {
            (1, true) => format!("m->{name} = w[0];"),
            (1, false) => format!("w[0] = m->{name};"),
            (2, true) => format!("m->{name} = w[0] | (uint64_t)w[1] << 32;"),
            (2, false) => format!("w[0] = m->{name}; w[1] = m->{name} >> 32;"),
            (_, true) => format!("for (int i = 0; i < {words}; i++) m->{name}[i] = w[i];"),
            (_, false) => format!("for (int i = 0; i < {words}; i++) w[i] = m->{name}[i];"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "    case {at}: {copy} break;");
    }
    let tick = if emitted.clocked() {
        "d->m->clock = 1; dut_eval(d); d->m->clock = 0; dut_eval(d);"
    } else {
        "dut_eval(d);"
    };
    let tracing = u8::from(matches!(trace, Trace::Vcd(_)));
    let covering = u8::from(matches!(trace, Trace::Coverage));
    include_str!("shim.cpp.in")
        .replace("@TRACE@", &tracing.to_string())
        .replace("@COVERAGE@", &covering.to_string())
        .replace("@SET@", &set)
        .replace("@GET@", &get)
        .replace("@TICK@", tick)
}

impl From<ToolError> for BuildError {
    fn from(error: ToolError) -> BuildError {
        BuildError::Tool(error)
    }
}

impl From<io::Error> for BuildError {
    fn from(error: io::Error) -> BuildError {
        BuildError::Io(error)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Tool(error) => write!(f, "{error}"),
            BuildError::Io(error) => write!(f, "{error}"),
            BuildError::Coverage(why) => write!(f, "no coverage: {why}"),
            BuildError::Load(why) => write!(f, "the model cannot be loaded: {why}"),
        }
    }
}

impl std::error::Error for BuildError {}

#[cfg(test)]
mod tests {
    use super::RENAMED;
    use crate::cosim::Bench;
    use crate::cosim::tools::have;
    use crate::emit::emit;
    use crate::hdl::Module;

    /// An output under each of the words.
    #[test]
    fn ports_may_have_any_name_that_verilog_takes() {
        if let Err(line) = have(&["verilator"], "names of ports") {
            println!("{line}");
            return;
        }
        let mut m = Module::new("names", "words of C++ as names of ports");
        let input = m.input("any", 1, "a bit");
        for word in RENAMED {
            let out = m.output(word, 1, "the same bit");
            m.assign(out, &input);
        }
        let emitted = emit(&m.finish().expect("the description is sound")).expect("its names are distinct");
        let mut bench = Bench::new(&emitted, 1, 0).expect("Verilator builds it");
        for bit in [1, 0] {
            bench.set("any", bit);
            RENAMED.iter().for_each(|word| bench.expect(word, bit));
            bench.step().expect("the bit leaves");
        }
    }
}
