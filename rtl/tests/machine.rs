//! dev
use models::design::Design;
use rtl::cosim::lint;
use rtl::emit::emit;

#[test]
fn probe() {
    for n in [2_u32, 4, 8, 16, 32] {
        let mut design = models::record::preset::<Design>("offramp").unwrap();
        design.pu.n = n;
        let t = std::time::Instant::now();
        let emitted = emit(&rtl::machine::machine(&design).unwrap()).unwrap();
        println!("n = {n}: {} files, {} bytes, {:?}", emitted.files.len(), emitted.text().len(), t.elapsed());
        if n < 32 {
            let t = std::time::Instant::now();
            let found = lint::lint(&emitted).unwrap();
            println!("  lint {:?}", t.elapsed());
            for line in found.iter().take(30) {
                println!("{line}");
            }
        }
    }
}
