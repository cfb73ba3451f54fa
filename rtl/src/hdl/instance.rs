//! Instances of finished modules.

use super::error::Problem;
use super::expr::Expr;
use super::module::{Kind, Module};
use super::names::is_name;
use super::statement::Statement;
use std::rc::Rc;

/// Outputs of an instance.
pub struct Instance {
    name: String,
    module: Rc<Module>,
}

impl Module {
    /// An instance of a finished module; every input but `clock` and `reset` is connected here.
    pub fn instance(&mut self, name: &str, child: &Rc<Module>, inputs: &[(&str, &Expr)]) -> Instance {
        if !is_name(name) {
            self.fault(name, Problem::NotAName);
        }
        for port in child.ports() {
            let kind = if port.input { Kind::ChildInput } else { Kind::ChildOutput };
            self.declare(&format!("{name}${}", port.name), port.width, kind, "");
        }
        self.children.push((name.to_owned(), Rc::clone(child)));
        for (port, value) in inputs {
            self.connect(name, port, value);
        }
        for implicit in ["clock", "reset"] {
            if child.find(implicit).is_some() {
                self.connect(name, implicit, &Expr::signal(implicit, 1));
            }
        }
        Instance { name: name.to_owned(), module: Rc::clone(child) }
    }

    fn connect(&mut self, instance: &str, port: &str, value: &Expr) {
        let name = format!("{instance}${port}");
        match self.find(&name).map(|declared| (matches!(declared.kind, Kind::ChildInput), declared.width)) {
            Some((true, width)) if width == value.width() => {
                let value = self.lower(value, &name).0;
                self.bodies[0].push(Statement::Assign(name, value));
            }
            Some((true, expected)) => self.fault(&name, Problem::Width { expected, found: value.width() }),
            _ => self.fault(&name, Problem::NoSuchPort),
        }
    }
}

impl Instance {
    /// An output of the instance.
    ///
    /// # Panics
    /// If the module has no such output, a mistake of the description.
    pub fn out(&self, port: &str) -> Expr {
        let found = self.module.find(port).filter(|found| matches!(found.kind, Kind::Output));
        let Some(found) = found else { panic!("module {} has no output {port}", self.module.name) };
        Expr::signal(&format!("{}${port}", self.name), found.width)
    }
}
