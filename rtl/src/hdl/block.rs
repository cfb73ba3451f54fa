//! A module as rust_hdl sees it: a block with atoms of run-time width, its instances as blocks of ports alone.

use super::expr::{Expr, Node, Op};
use super::module::{Declared, Kind, Module};
use super::print;
use super::process::{Process, Processes};
use super::statement::Statement;
use rust_hdl_core::ast::{
    Verilog, VerilogBlock, VerilogBlockOrConditional, VerilogCase, VerilogConditional, VerilogExpression,
    VerilogLiteral, VerilogMatch, VerilogOp, VerilogOpUnary, VerilogStatement,
};
use rust_hdl_core::atom::{Atom, AtomKind};
use rust_hdl_core::block::Block;
use rust_hdl_core::constraint::PinConstraint;
use rust_hdl_core::logic::Logic;
use rust_hdl_core::probe::Probe;
use rust_hdl_core::synth::VCDValue;
use rust_hdl_core::type_descriptor::{TypeDescriptor, TypeKind};

/// What the tree is for: rust_hdl's checks follow reads through plain operators, its generator prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Check,
    Print,
}

/// A module and the tree of its statements.
pub(super) struct Frame<'a> {
    module: &'a Module,
    code: Verilog,
    form: Form,
}

/// The ports of an instance.
struct Child<'a>(&'a Module);

/// One signal.
struct Wire {
    width: usize,
    kind: AtomKind,
    id: usize,
}

impl<'a> Frame<'a> {
    pub(super) fn new(module: &'a Module, processes: &Processes, form: Form) -> Frame<'a> {
        let code = match (&module.written, form) {
            (Some(text), _) => Verilog::Custom(text.clone()),
            (None, Form::Check) => {
                let registers = processes.clocked.iter().flat_map(|p| block(&p.body, form, "$d"));
                let wires = processes.combinational.iter().flat_map(|p: &Process| block(&p.body, form, ""));
                Verilog::Combinatorial(wires.chain(registers).collect())
            }
            (None, Form::Print) => Verilog::Custom(print::statements(module, processes)),
        };
        Frame { module, code, form }
    }

    fn kind(&self, declared: &Declared) -> Option<AtomKind> {
        match declared.kind {
            Kind::Input => Some(AtomKind::InputParameter),
            Kind::Output => Some(AtomKind::OutputParameter),
            Kind::Wire => Some(AtomKind::LocalSignal),
            // The check takes a local that is read before it is written for a loop; a register is not one.
            Kind::Register(_) if self.form == Form::Check => Some(AtomKind::StubInputSignal),
            Kind::Register(_) => Some(AtomKind::LocalSignal),
            Kind::ChildInput | Kind::ChildOutput => None,
        }
    }
}

impl Logic for Frame<'_> {
    fn update(&mut self) {}

    fn hdl(&self) -> Verilog {
        self.code.clone()
    }
}

impl Block for Frame<'_> {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {}

    fn has_changed(&self) -> bool {
        false
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        for (id, declared) in self.module.signals.iter().enumerate() {
            if let Some(kind) = self.kind(declared) {
                probe.visit_atom(&declared.name, &Wire { width: declared.width, kind, id });
            }
        }
        for (instance, child) in &self.module.children {
            Child(child).accept(instance, probe);
        }
        probe.visit_end_scope(name, self);
    }
}

impl Logic for Child<'_> {
    fn update(&mut self) {}
}

impl Block for Child<'_> {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {}

    fn has_changed(&self) -> bool {
        false
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        for (id, port) in self.0.ports().iter().enumerate() {
            let kind = if port.input { AtomKind::InputParameter } else { AtomKind::OutputParameter };
            probe.visit_atom(&port.name, &Wire { width: port.width, kind, id });
        }
        probe.visit_end_scope(name, self);
    }
}

impl Atom for Wire {
    fn bits(&self) -> usize {
        self.width
    }

    /// Our own check has seen to it, with a better message.
    fn connected(&self) -> bool {
        true
    }

    fn changed(&self) -> bool {
        false
    }

    fn kind(&self) -> AtomKind {
        self.kind
    }

    fn descriptor(&self) -> TypeDescriptor {
        TypeDescriptor { name: String::new(), kind: TypeKind::Bits(self.width) }
    }

    fn vcd(&self) -> VCDValue {
        VCDValue::String(String::new())
    }

    fn id(&self) -> usize {
        self.id
    }

    fn verilog(&self) -> VerilogLiteral {
        false.into()
    }

    fn constraints(&self) -> Vec<PinConstraint> {
        vec![]
    }
}

/// Statements as rust_hdl's; `suffix` tells the next value of a register from the register.
pub(super) fn block(body: &[Statement], form: Form, suffix: &str) -> VerilogBlock {
    let signal = |name: &String| VerilogExpression::Signal(format!("{name}{suffix}"));
    let one = |statement: &Statement| match statement {
        Statement::Assign(target, value) => VerilogStatement::Assignment(signal(target), tree(value, form)),
        Statement::If(test, then, otherwise) => VerilogStatement::If(VerilogConditional {
            test: tree(test, form),
            then: block(then, form, suffix),
            otherwise: if otherwise.is_empty() {
                VerilogBlockOrConditional::None
            } else {
                VerilogBlockOrConditional::Block(block(otherwise, form, suffix))
            },
        }),
        Statement::Case(selector, arms, default) => {
            let arm = |condition: String, body| VerilogCase { condition, block: block(body, form, suffix) };
            let arms = arms.iter().map(|(value, body)| arm(print::text(value), body));
            let default = arm("default".to_owned(), default);
            VerilogStatement::Match(VerilogMatch {
                test: tree(selector, form),
                cases: arms.chain([default]).collect(),
            })
        }
    };
    body.iter().map(one).collect()
}

/// An expression as rust_hdl's. Its tree has no concatenation, repetition and selection: to print, they are text; to
/// check, an operator over the same operands.
pub(super) fn tree(expr: &Expr, form: Form) -> VerilogExpression {
    use VerilogExpression as V;
    let part = |inner: &Expr| Box::new(operand(inner, form));
    match expr.node() {
        Node::Signal(name) => V::Signal(name.clone()),
        Node::Literal(_) => V::Signal(print::text(expr)),
        Node::Slice(inner, lo) if expr.width() == 1 => V::Index(part(inner), number(*lo)),
        Node::Slice(inner, lo) => V::Slice(part(inner), expr.width(), number(*lo)),
        Node::Not(inner) => V::Unary(VerilogOpUnary::Not, part(inner)),
        Node::Reduce(op, inner) => V::Unary(reduction(*op), part(inner)),
        Node::Binary(op, left, right) => V::Binary(part(left), operator(*op), part(right)),
        Node::Concat(_) | Node::Repeat(..) | Node::Mux(..) if form == Form::Print => {
            V::Signal(print::hidden(&print::text(expr)))
        }
        Node::Concat(parts) => parts
            .iter()
            .map(|inner| tree(inner, form))
            .reduce(|all, next| V::Binary(Box::new(all), VerilogOp::BitOr, Box::new(next)))
            .unwrap_or_else(|| V::Signal(String::new())),
        Node::Repeat(_, inner) => tree(inner, form),
        Node::Mux(selector, one, zero) => {
            let arms = V::Binary(part(one), VerilogOp::BitOr, part(zero));
            V::Binary(part(selector), VerilogOp::BitAnd, Box::new(arms))
        }
    }
}

fn number(value: usize) -> Box<VerilogExpression> {
    Box::new(VerilogExpression::Signal(value.to_string()))
}

/// An operand, in parentheses unless it is one thing.
fn operand(expr: &Expr, form: Form) -> VerilogExpression {
    match expr.node() {
        Node::Binary(..) | Node::Not(_) | Node::Reduce(..) => {
            VerilogExpression::Paren(Box::new(tree(expr, form)))
        }
        _ => tree(expr, form),
    }
}

fn reduction(op: Op) -> VerilogOpUnary {
    match op {
        Op::And => VerilogOpUnary::All,
        Op::Or => VerilogOpUnary::Any,
        _ => VerilogOpUnary::Xor,
    }
}

fn operator(op: Op) -> VerilogOp {
    match op {
        Op::Add => VerilogOp::Add,
        Op::Sub => VerilogOp::Sub,
        Op::Mul => VerilogOp::Mul,
        Op::And => VerilogOp::BitAnd,
        Op::Or => VerilogOp::BitOr,
        Op::Xor => VerilogOp::BitXor,
        Op::Shl => VerilogOp::Shl,
        Op::Shr => VerilogOp::Shr,
        Op::Eq => VerilogOp::Eq,
        Op::Ne => VerilogOp::Ne,
        Op::Lt => VerilogOp::Lt,
        Op::Le => VerilogOp::Le,
        Op::Gt => VerilogOp::Gt,
        Op::Ge => VerilogOp::Ge,
    }
}
