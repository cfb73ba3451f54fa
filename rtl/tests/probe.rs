mod common;
use common::emitted;
use models::design::Design;
use rtl::cosim::lint;
#[test]
fn probe() {
    for n in [2_u32, 4, 8, 16, 32] {
        let mut design = models::record::preset::<Design>("offramp").unwrap();
        design.pu.n = n;
        design.buffer.bytes = 1 << 16;
        for (name, unit) in [
            ("load", rtl::unit::load(&design)),
            ("store", rtl::unit::store(&design)),
            ("aux", rtl::unit::auxiliary_buffer(&design)),
            ("operand_buffer", rtl::unit::operand_buffer(&design)),
        ] {
            if n == 32 && name == "operand_buffer" {
                continue;
            }
            let started = std::time::Instant::now();
            let unit = emitted(unit);
            println!("n = {n} {name}: {} bytes of text, {:?}", unit.text().len(), started.elapsed());
            let started = std::time::Instant::now();
            let found = lint::lint(&unit).unwrap();
            println!("  lint {:?}", started.elapsed());
            for line in found {
                println!("{line}");
            }
        }
    }
}
