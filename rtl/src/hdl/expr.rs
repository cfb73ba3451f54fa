//! Expressions that know their width, and what each operator does to it.
//!
//! Every operand of an operator has the width that the operator asks for, so the width that Verilog gives an
//! expression by itself is the width that is written here, and no context is ever wider: `widen` becomes a
//! concatenation, whose parts Verilog sizes on their own. There is no signed arithmetic in the text; the signed
//! operators below are built from unsigned ones. A wrong width is a mistake of whoever describes the hardware, never
//! of a user, and panics.

use std::borrow::Borrow;
use std::rc::Rc;

/// An expression of a fixed width in bits, at least one. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Expr {
    node: Rc<Node>,
    width: usize,
}

/// What an expression is made of.
#[derive(Debug)]
pub(crate) enum Node {
    /// A signal of the module, by name.
    Signal(String),
    /// A constant, 64 bits a limb, lowest first.
    Literal(Vec<u64>),
    /// Bits from `lo` up.
    Slice(Expr, usize),
    /// Parts, highest first.
    Concat(Vec<Expr>),
    /// One expression several times.
    Repeat(usize, Expr),
    /// All bits inverted.
    Not(Expr),
    /// Two operands.
    Binary(Op, Expr, Expr),
    /// All bits of an operand to one.
    Reduce(Op, Expr),
    /// The first if the selector is one, else the second.
    Mux(Expr, Expr, Expr),
}

/// Operators of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A constant of `width` bits.
///
/// # Panics
/// If the value does not fit.
pub fn lit(width: usize, value: u64) -> Expr {
    lit_wide(width, &[value])
}

/// A constant of `width` bits from 64-bit limbs, lowest first; absent limbs are zero.
///
/// # Panics
/// If the value does not fit.
pub fn lit_wide(width: usize, limbs: &[u64]) -> Expr {
    let fits = |bit: usize| limbs[bit / 64] >> (bit % 64) & 1 == 0;
    assert!((width..limbs.len() * 64).all(fits), "constant {limbs:x?} does not fit {width} bits");
    let mut limbs = limbs.to_vec();
    limbs.resize(width.div_ceil(64), 0);
    Expr::new(width, Node::Literal(limbs))
}

/// `width` ones.
pub fn ones(width: usize) -> Expr {
    lit(1, 1).repeat(width)
}

/// Parts side by side, the highest first.
pub fn concat(parts: &[Expr]) -> Expr {
    match parts {
        [one] => one.clone(),
        _ => Expr::new(parts.iter().map(Expr::width).sum(), Node::Concat(parts.to_vec())),
    }
}

/// `one` if `selector` (1 bit) is one, else `zero`; both of the same width.
pub fn mux(selector: impl Borrow<Expr>, one: impl Borrow<Expr>, zero: impl Borrow<Expr>) -> Expr {
    let (selector, one, zero) = (selector.borrow(), one.borrow(), zero.borrow());
    assert_eq!(selector.width, 1, "a selector of a mux has one bit");
    assert_eq!(one.width, zero.width, "arms of a mux differ in width");
    Expr::new(one.width, Node::Mux(selector.clone(), one.clone(), zero.clone()))
}

impl Expr {
    pub(super) fn new(width: usize, node: Node) -> Expr {
        assert!(width > 0, "an expression has at least one bit");
        Expr { node: Rc::new(node), width }
    }

    pub(crate) fn signal(name: &str, width: usize) -> Expr {
        Expr::new(width, Node::Signal(name.to_owned()))
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn identity(&self) -> *const Node {
        Rc::as_ptr(&self.node)
    }

    /// The name, if this is a signal itself.
    pub(crate) fn name(&self) -> Option<&str> {
        if let Node::Signal(name) = &*self.node { Some(name) } else { None }
    }

    /// The same node over other parts; `part` is told whether the part must be a signal by name.
    pub(crate) fn map(&self, part: &mut dyn FnMut(&Expr, bool) -> Expr) -> Expr {
        let node = match &*self.node {
            Node::Signal(_) | Node::Literal(_) => return self.clone(),
            Node::Slice(inner, lo) => Node::Slice(part(inner, true), *lo),
            Node::Concat(parts) => Node::Concat(parts.iter().map(|inner| part(inner, false)).collect()),
            Node::Repeat(count, inner) => Node::Repeat(*count, part(inner, false)),
            Node::Not(inner) => Node::Not(part(inner, false)),
            Node::Binary(op, left, right) => Node::Binary(*op, part(left, false), part(right, false)),
            Node::Reduce(op, inner) => Node::Reduce(*op, part(inner, false)),
            Node::Mux(selector, one, zero) => {
                Node::Mux(part(selector, false), part(one, false), part(zero, false))
            }
        };
        Expr::new(self.width, node)
    }

    /// Width, in bits.
    pub fn width(&self) -> usize {
        self.width
    }
}
