//! A compiled model under the hand of a test. The one module with `unsafe`: it calls into the generated library.
#![allow(
    unsafe_code,
    reason = "calls the C interface that build.rs generates; its signatures stand side by side here"
)]

use super::build::{BuildError, library};
use super::coverage::Coverage;
use crate::emit::Emitted;
use crate::hdl::Port;
use libloading::{Library, Symbol};
use std::ffi::{CString, c_char, c_void};
use std::fs;
use std::path::Path;
use std::ptr;

type New = unsafe extern "C" fn(u32, *const c_char) -> *mut c_void;
type Call = unsafe extern "C" fn(*mut c_void);
type Set = unsafe extern "C" fn(*mut c_void, u32, *const u32);
type Write = unsafe extern "C" fn(*mut c_void, *const c_char);
type Get = unsafe extern "C" fn(*mut c_void, u32, *mut u32);

/// What is recorded of a run.
#[derive(Clone, Copy, Debug)]
pub enum Trace<'a> {
    /// Nothing; the fastest model.
    Off,
    /// A wave, into a VCD file.
    Vcd(&'a Path),
    /// What of the text runs.
    Coverage,
}

/// A model of an emitted design, with random contents until it is reset.
pub struct Dut {
    model: *mut c_void,
    free: Call,
    eval: Call,
    tick: Call,
    set: Set,
    get: Get,
    write_coverage: Write,
    ports: Vec<Port>,
    resets: bool,
    ticks: u64,
    // Holds the code of the functions above, so it is dropped last.
    _library: Library,
}

fn function<T: Copy>(library: &Library, name: &str) -> Result<T, BuildError> {
    // SAFETY: the names and signatures are those of the C interface that `build` writes.
    let symbol: Result<Symbol<T>, _> = unsafe { library.get(name.as_bytes()) };
    symbol.map(|symbol| *symbol).map_err(|error| BuildError::Load(error.to_string()))
}

impl Dut {
    /// The model, built or taken from the cache; `seed` fixes what state holds before reset.
    ///
    /// # Errors
    /// Verilator is missing or fails, or the library does not load.
    pub fn build(emitted: &Emitted, seed: u32, trace: Trace<'_>) -> Result<Dut, BuildError> {
        let path = library(emitted, trace)?;
        // SAFETY: loading runs the initialisers of a library that Verilator and the shim made.
        let library = unsafe { Library::new(&path) }.map_err(|error| BuildError::Load(error.to_string()))?;
        let wave = match trace {
            Trace::Off | Trace::Coverage => None,
            Trace::Vcd(path) => CString::new(path.as_os_str().as_encoded_bytes()).ok(),
        };
        let new: New = function(&library, "dut_new")?;
        // SAFETY: the path is null or a string that outlives the call.
        let model = unsafe { new(seed, wave.as_ref().map_or(ptr::null(), |path| path.as_ptr())) };
        Ok(Dut {
            model,
            free: function(&library, "dut_free")?,
            eval: function(&library, "dut_eval")?,
            tick: function(&library, "dut_tick")?,
            set: function(&library, "dut_set")?,
            get: function(&library, "dut_get")?,
            write_coverage: function(&library, "dut_coverage")?,
            ports: emitted.ports.clone(),
            resets: emitted.resets(),
            ticks: 0,
            _library: library,
        })
    }

    /// The ports, in the order that [`set_words`](Dut::set_words) and [`get_words`](Dut::get_words) number them.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// The number of a port.
    ///
    /// # Panics
    /// If there is none of that name, a mistake of the test.
    pub fn port(&self, name: &str) -> usize {
        let found = self.ports.iter().position(|port| port.name == name);
        found.unwrap_or_else(|| panic!("the model has no port {name}"))
    }

    /// Sets an input, 32 bits a word, lowest first; absent words are zero, bits above the width are dropped.
    ///
    /// # Panics
    /// If `port` is no input.
    pub fn set_words(&mut self, port: usize, words: &[u32]) {
        let Port { width, input, .. } = self.ports[port];
        assert!(input, "port {port} is no input");
        let mut buffer = words.to_vec();
        buffer.resize(width.div_ceil(32).max(2), 0);
        mask(&mut buffer, width);
        // SAFETY: the model is alive, and the buffer holds at least the words of the port.
        unsafe { (self.set)(self.model, port as u32, buffer.as_ptr()) }
    }

    /// Reads an output as settled by the last [`eval`](Dut::eval) or [`tick`](Dut::tick), 32 bits a word.
    ///
    /// # Panics
    /// If `port` is no output.
    pub fn get_words(&self, port: usize) -> Vec<u32> {
        let Port { width, input, .. } = self.ports[port];
        assert!(!input, "port {port} is no output");
        let mut buffer = vec![0; width.div_ceil(32)];
        // SAFETY: the model is alive, and the buffer holds the words of the port.
        unsafe { (self.get)(self.model, port as u32, buffer.as_mut_ptr()) }
        buffer
    }

    /// Sets an input of up to 64 bits by name.
    pub fn set(&mut self, name: &str, value: u64) {
        self.set_words(self.port(name), &[value as u32, (value >> 32) as u32]);
    }

    /// The low 64 bits of an output by name.
    pub fn get(&self, name: &str) -> u64 {
        let words = self.get_words(self.port(name));
        u64::from(words[0]) | words.get(1).map_or(0, |&high| u64::from(high) << 32)
    }

    /// Lets the inputs settle, without an edge.
    pub fn eval(&mut self) {
        // SAFETY: the model is alive.
        unsafe { (self.eval)(self.model) }
    }

    /// One clock cycle: the rising edge, then the falling one. Without a clock, the same as [`eval`](Dut::eval).
    pub fn tick(&mut self) {
        // SAFETY: the model is alive.
        unsafe { (self.tick)(self.model) }
        self.ticks += 1;
    }

    /// Clock cycles since the start, resets included.
    pub fn ticks(&self) -> u64 {
        self.ticks
    }

    /// What of the text of `emitted` has run, where the model was built for [`Trace::Coverage`].
    ///
    /// # Errors
    /// It was not, or the data cannot be written or read.
    pub fn coverage(&self, emitted: &Emitted) -> Result<Coverage, BuildError> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("coverage.dat");
        let name = CString::new(path.as_os_str().as_encoded_bytes());
        let name = name.map_err(|error| BuildError::Coverage(error.to_string()))?;
        // SAFETY: the model is alive, and the path is a string that outlives the call.
        unsafe { (self.write_coverage)(self.model, name.as_ptr()) }
        let data = fs::read_to_string(&path)?;
        Coverage::parse(emitted, &data).map_err(BuildError::Coverage)
    }

    /// Two cycles of reset, if the design has one.
    pub fn reset(&mut self) {
        if self.resets {
            self.set("reset", 1);
            self.tick();
            self.tick();
            self.set("reset", 0);
        }
    }
}

impl Drop for Dut {
    fn drop(&mut self) {
        // SAFETY: the model was made by the library and is freed once.
        unsafe { (self.free)(self.model) }
    }
}

/// Clears the bits from `width` up.
pub(super) fn mask(words: &mut [u32], width: usize) {
    for (at, word) in words.iter_mut().enumerate() {
        let bits = width.saturating_sub(at * 32).min(32) as u32;
        *word &= u32::MAX.checked_shr(32 - bits).unwrap_or(0);
    }
}
