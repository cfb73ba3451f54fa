//! A module under description: ports, registers, wires, statements and instances.

use super::error::{Error, Problem};
use super::expr::{Expr, Node, lit};
use super::names::is_name;
use super::statement::Statement;
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::rc::Rc;

/// What a declared signal is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Input,
    Output,
    Wire,
    /// With its value after reset.
    Register(Expr),
    /// Input of an instance.
    ChildInput,
    /// Output of an instance.
    ChildOutput,
}

/// A declared signal.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) width: usize,
    pub(super) kind: Kind,
    pub(super) meaning: String,
}

/// A port of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Width, in bits.
    pub width: usize,
    /// Whether it goes in.
    pub input: bool,
    /// What it carries.
    pub meaning: String,
}

/// A module: described through its methods, then [finished](Module::finish) and shared by its instances.
pub struct Module {
    pub(crate) name: String,
    pub(crate) purpose: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) latency: Option<String>,
    pub(super) signals: Vec<Declared>,
    pub(super) index: BTreeMap<String, usize>,
    pub(super) children: Vec<(String, Rc<Module>)>,
    /// Statements; the last element is the body being written, the first the module's own.
    pub(super) bodies: Vec<Vec<Statement>>,
    /// The text of a leaf that is written in Verilog.
    pub(super) written: Option<String>,
    errors: Vec<Error>,
    pub(super) lowered: HashMap<*const Node, (Expr, Expr, usize)>,
}

impl Module {
    /// An empty module. The purpose is one line for the head of the emitted file.
    pub fn new(name: &str, purpose: &str) -> Module {
        let mut module = Module {
            name: name.to_owned(),
            purpose: purpose.to_owned(),
            parameters: vec![],
            latency: None,
            signals: vec![],
            index: BTreeMap::new(),
            children: vec![],
            bodies: vec![vec![]],
            written: None,
            errors: vec![],
            lowered: HashMap::new(),
        };
        if !is_name(name) {
            module.fault(name, Problem::NotAName);
        }
        module
    }

    /// A parameter that this shape was made from, for the head; and for the name where a design has several shapes.
    pub fn parameter(mut self, name: &str, value: impl Display) -> Module {
        self.parameters.push((name.to_owned(), value.to_string()));
        self
    }

    /// When a result follows its operands, for the head.
    pub fn latency(mut self, latency: impl Display) -> Module {
        self.latency = Some(latency.to_string());
        self
    }

    pub(super) fn fault(&mut self, signal: &str, problem: Problem) {
        self.errors.push(Error { module: self.name.clone(), signal: signal.to_owned(), problem });
    }

    pub(super) fn declare(&mut self, name: &str, width: usize, kind: Kind, meaning: &str) -> Expr {
        let printed = name.replace('$', "_");
        // A port of an instance carries rust_hdl's `$` until it is printed; no other name may.
        let of_instance = matches!(kind, Kind::ChildInput | Kind::ChildOutput);
        if !is_name(if of_instance { &printed } else { name }) {
            self.fault(name, Problem::NotAName);
        }
        if self.index.insert(printed, self.signals.len()).is_some() {
            self.fault(name, Problem::NameTaken);
        }
        let (name, meaning) = (name.to_owned(), meaning.to_owned());
        let signal = Expr::signal(&name, width);
        self.signals.push(Declared { name, width, kind, meaning });
        signal
    }

    /// An input port; its meaning goes into the head.
    pub fn input(&mut self, name: &str, width: usize, meaning: &str) -> Expr {
        self.declare(name, width, Kind::Input, meaning)
    }

    /// An output port, to be assigned; its meaning goes into the head.
    pub fn output(&mut self, name: &str, width: usize, meaning: &str) -> Expr {
        self.declare(name, width, Kind::Output, meaning)
    }

    /// A register that holds its value where nothing says what is next; `reset` is its value after reset.
    pub fn register(&mut self, name: &str, width: usize, reset: u64) -> Expr {
        self.declare(name, width, Kind::Register(lit(width, reset)), "")
    }

    /// A register that takes `value` in every cycle and is zero after reset: one stage of a pipeline.
    pub fn stage(&mut self, name: &str, value: impl Borrow<Expr>) -> Expr {
        let register = self.register(name, value.borrow().width(), 0);
        self.next(&register, value);
        register
    }

    /// A named value.
    pub fn wire(&mut self, name: &str, value: impl Borrow<Expr>) -> Expr {
        let wire = self.signal(name, value.borrow().width());
        let value = self.lower(value.borrow(), name).0;
        self.bodies[0].push(Statement::Assign(name.to_owned(), value));
        wire
    }

    /// A wire that is assigned later, perhaps under conditions.
    pub fn signal(&mut self, name: &str, width: usize) -> Expr {
        self.declare(name, width, Kind::Wire, "")
    }

    /// Drives an output or a wire.
    pub fn assign(&mut self, target: impl Borrow<Expr>, value: impl Borrow<Expr>) {
        let kind = |kind: &Kind| matches!(kind, Kind::Output | Kind::Wire);
        self.drive(target.borrow(), value.borrow(), kind, Problem::NotAssignable);
    }

    /// Gives the value that a register takes at the next rising edge.
    pub fn next(&mut self, register: impl Borrow<Expr>, value: impl Borrow<Expr>) {
        let kind = |kind: &Kind| matches!(kind, Kind::Register(_));
        self.drive(register.borrow(), value.borrow(), kind, Problem::NotARegister);
    }

    fn drive(&mut self, target: &Expr, value: &Expr, fits: fn(&Kind) -> bool, problem: Problem) {
        let Some(name) = target.name() else {
            return self.fault("an expression", problem);
        };
        match self.find(name).map(|declared| fits(&declared.kind)) {
            None => return self.fault(name, Problem::Unknown),
            Some(false) => return self.fault(name, problem),
            Some(true) => {}
        }
        if target.width() != value.width() {
            return self.fault(name, Problem::Width { expected: target.width(), found: value.width() });
        }
        let value = self.lower(value, name).0;
        self.push(Statement::Assign(name.to_owned(), value));
    }

    pub(super) fn find(&self, name: &str) -> Option<&Declared> {
        self.index
            .get(&name.replace('$', "_"))
            .map(|&at| &self.signals[at])
            .filter(|found| found.name == name)
    }

    pub(super) fn push(&mut self, statement: Statement) {
        if let Some(body) = self.bodies.last_mut() {
            body.push(statement);
        }
    }

    /// All ports, in order of declaration.
    pub fn ports(&self) -> Vec<Port> {
        let port = |declared: &Declared| {
            let input = matches!(declared.kind, Kind::Input);
            let (name, meaning) = (declared.name.clone(), declared.meaning.clone());
            (input || matches!(declared.kind, Kind::Output)).then_some(Port {
                name,
                width: declared.width,
                input,
                meaning,
            })
        };
        self.signals.iter().filter_map(port).collect()
    }

    /// The module, checked; with ports `clock` and `reset` if anything in it holds state; memories have no reset.
    ///
    /// # Errors
    /// The first fault of the description.
    pub fn finish(mut self) -> Result<Rc<Module>, Error> {
        let needs = |signals: &[Declared], port: &str| {
            signals.iter().any(|declared| match declared.kind {
                Kind::Register(_) => true,
                Kind::ChildInput => declared.name.ends_with(port),
                _ => false,
            })
        };
        let wanted = [("clock", "rising edge"), ("reset", "synchronous, active high")];
        let wanted: Vec<_> =
            wanted.into_iter().filter(|(name, _)| needs(&self.signals, &format!("${name}"))).collect();
        if !wanted.is_empty() {
            for (name, meaning) in &wanted {
                self.declare(name, 1, Kind::Input, meaning);
            }
            self.signals.rotate_right(wanted.len());
            self.index =
                self.signals.iter().enumerate().map(|(at, s)| (s.name.replace('$', "_"), at)).collect();
        }
        if let Some(error) = self.errors.first() {
            return Err(error.clone());
        }
        super::check::check(&self)?;
        self.lowered.clear();
        Ok(Rc::new(self))
    }

    /// The name that was given, before emission tells shapes of one name apart.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn children(&self) -> &[(String, Rc<Module>)] {
        &self.children
    }

    /// A leaf whose ports are declared and whose text is `verilog`.
    pub(super) fn written(mut self, verilog: String) -> Module {
        self.written = Some(verilog);
        self
    }
}
