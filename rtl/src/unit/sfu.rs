//! Stub.
use super::page::Geometry;
use super::word::WORD_BITS;
use crate::hdl::{Error, Module, lit};
use models::design::Design;
use std::rc::Rc;
/// Stub.
pub fn sfu(design: &Design) -> Result<Rc<Module>, Error> {
    let g = Geometry::new(design);
    let mut m = Module::new("sfu", "stub");
    let start = m.input("start", 1, "");
    m.input("command", WORD_BITS, "");
    m.input("threshold", 32, "");
    m.input("vector_a", g.lanes * g.code, "");
    m.input("vector_b", g.lanes * g.code, "");
    m.input("parameters", 32 * g.lanes, "");
    let _ = m.stage("s", &start);
    for (name, w) in [
        ("done", 1),
        ("read_a", 1),
        ("read_a_buffer", 1),
        ("read_a_tile", 20),
        ("read_a_row", g.lane),
        ("read_b", 1),
        ("read_b_buffer", 1),
        ("read_b_tile", 20),
        ("read_b_row", g.lane),
        ("write", 1),
        ("write_buffer", 1),
        ("write_tile", 20),
        ("write_row", g.lane),
        ("write_codes", g.lanes * g.code),
        ("parameter_read", 1),
        ("parameter_address", 20),
        ("parameter_kind", 1),
        ("softmax_vectors", 1),
        ("layernorm_vectors", 1),
        ("add_vectors", 1),
        ("entropy_vectors", 1),
        ("exit_entropy", 32),
        ("below", 1),
    ] {
        let o = m.output(name, w, "");
        m.assign(o, lit(w, 0));
    }
    m.finish()
}
