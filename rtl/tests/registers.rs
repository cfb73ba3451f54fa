//! The register map and the documents made from it.

use rtl::register_map::{bytes, header, markdown, registers};

#[test]
fn no_two_registers_share_a_word_and_documents_name_all() {
    let (mut used, text, header) = (vec![false; bytes() / 4], markdown(), header());
    for register in registers() {
        for word in 0..register.words() {
            assert!(!std::mem::replace(&mut used[register.offset / 4 + word], true), "{}", register.name);
        }
        assert!(register.words() == 1 || register.offset % 8 == 0);
        assert!(text.contains(&format!("| {:#05x} | `{}` |", register.offset, register.name)));
        assert!(header.contains(&format!(
            "OFFRAMP_{} {:#05x}",
            register.name.to_uppercase(),
            register.offset
        )));
    }
}
