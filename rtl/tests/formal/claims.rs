//! A proof with its counterproof: what every topic shares.

use models::design::Design;
use models::record::preset;
use rtl::cosim::formal::{Engine, TOOLS, Verdict, prove};
use rtl::cosim::tools::have;
use rtl::emit::{Emitted, emit};
use rtl::hdl::Module;
use std::io::Write;
use std::rc::Rc;

/// A unit, what is watched inside of it, and the claims.
pub(crate) struct Claims {
    pub(crate) unit: Rc<Module>,
    pub(crate) watched: Vec<(String, usize)>,
    pub(crate) text: String,
    /// A part of which only its contract counts: the name of its file, and what stands for it.
    pub(crate) part: Option<(String, String)>,
}

impl Claims {
    /// No claims yet.
    pub(crate) fn of(unit: Rc<Module>, watched: Vec<(String, usize)>) -> Claims {
        Claims { unit, watched, text: String::new(), part: None }
    }

    pub(crate) fn verdict(&self, emitted: &Emitted, engine: Engine) -> Verdict {
        let watched: Vec<(&str, usize)> =
            self.watched.iter().map(|(name, width)| (name.as_str(), *width)).collect();
        prove(emitted, &watched, &self.text, engine).expect("the solver runs")
    }

    /// Proves the claims by induction over two cycles, and sees them fail within `deep` where each `(from, to)` of the text is changed.
    pub(crate) fn hold(&self, deep: usize, faults: &[(&str, &str)]) {
        self.hold_by([Engine::Induction(2), Engine::Induction(deep)], faults);
    }

    /// The same by reachability.
    pub(crate) fn hold_for_ever(&self, faults: &[(&str, &str)]) {
        self.hold_by([Engine::Reachability; 2], faults);
    }

    fn hold_by(&self, [proof, refutation]: [Engine; 2], faults: &[(&str, &str)]) {
        let mut emitted = emit(&self.unit).expect("its names are distinct");
        if let Some((name, text)) = &self.part {
            let file = emitted.files.iter_mut().find(|file| file.name == *name);
            file.unwrap_or_else(|| panic!("there is no {name}")).text.clone_from(text);
        }
        let name = &emitted.top;
        if let Err(line) = have(TOOLS, &format!("the proof of {name}")) {
            // Not `eprintln`, which the test harness keeps to itself where a test passes.
            let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
            return;
        }
        assert_eq!(self.verdict(&emitted, proof), Verdict::Proven, "{name}");
        for (from, to) in faults {
            let mut broken = emitted.clone();
            let file = broken.files.iter_mut().find(|file| file.text.contains(from));
            let file = file.unwrap_or_else(|| panic!("{name} has no {from}"));
            file.text = file.text.replacen(from, to, 1);
            let found = self.verdict(&broken, refutation);
            assert!(matches!(found, Verdict::Refuted(_)), "{name} with {to}: {found:?}");
        }
    }
}

pub(crate) fn watched(list: &[(&str, usize)]) -> Vec<(String, usize)> {
    list.iter().map(|(name, width)| ((*name).to_owned(), *width)).collect()
}

pub(crate) fn small() -> Design {
    let mut design: Design = preset("offramp").expect("the preset is valid");
    design.pu.n = 2;
    design.buffer.bytes = 1 << 10;
    design.buffer.pages = 4;
    design
}
