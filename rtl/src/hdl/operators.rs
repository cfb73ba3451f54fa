//! What each operator does to values and widths.

use super::expr::{Expr, Node, Op, concat, lit, mux, ones};
use std::borrow::Borrow;
use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Sub};

/// Most bits of the amount of a shift.
const SHIFT_BITS: usize = 16;

impl Expr {
    fn binary(&self, op: Op, other: &Expr, width: usize) -> Expr {
        assert_eq!(self.width(), other.width(), "operands of {op:?} differ in width");
        Expr::new(width, Node::Binary(op, self.clone(), other.clone()))
    }

    /// Sum of equal widths, wrapped at that width.
    pub fn add(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Add, other.borrow(), self.width())
    }

    /// Difference of equal widths, wrapped at that width.
    pub fn sub(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Sub, other.borrow(), self.width())
    }

    /// Exact unsigned sum of equal widths, one bit wider.
    pub fn add_full(&self, other: impl Borrow<Expr>) -> Expr {
        self.widen(self.width() + 1).add(other.borrow().widen(self.width() + 1))
    }

    /// Exact unsigned product, as wide as both operands together.
    pub fn mul(&self, other: impl Borrow<Expr>) -> Expr {
        let other = other.borrow();
        let width = self.width() + other.width();
        self.widen(width).binary(Op::Mul, &other.widen(width), width)
    }

    /// Bitwise and of equal widths.
    pub fn and(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::And, other.borrow(), self.width())
    }

    /// Bitwise or of equal widths.
    pub fn or(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Or, other.borrow(), self.width())
    }

    /// Bitwise exclusive or of equal widths.
    pub fn xor(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Xor, other.borrow(), self.width())
    }

    /// All bits inverted.
    pub fn not(&self) -> Expr {
        Expr::new(self.width(), Node::Not(self.clone()))
    }

    /// Two's complement negation, wrapped at the width.
    pub fn negate(&self) -> Expr {
        lit(self.width(), 0).sub(self)
    }

    /// Whether equal; 1 bit.
    pub fn eq(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Eq, other.borrow(), 1)
    }

    /// Whether different; 1 bit.
    pub fn ne(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Ne, other.borrow(), 1)
    }

    /// Whether less, unsigned; 1 bit.
    pub fn lt(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Lt, other.borrow(), 1)
    }

    /// Whether less or equal, unsigned; 1 bit.
    pub fn le(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Le, other.borrow(), 1)
    }

    /// Whether greater, unsigned; 1 bit.
    pub fn gt(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Gt, other.borrow(), 1)
    }

    /// Whether greater or equal, unsigned; 1 bit.
    pub fn ge(&self, other: impl Borrow<Expr>) -> Expr {
        self.binary(Op::Ge, other.borrow(), 1)
    }

    /// Two's complement to offset binary, whose order is the unsigned one.
    fn offset(&self) -> Expr {
        let top = self.bit(self.width() - 1).not();
        if self.width() == 1 { top } else { concat(&[top, self.bits(0, self.width() - 1)]) }
    }

    /// Whether less in two's complement; 1 bit.
    pub fn lt_signed(&self, other: impl Borrow<Expr>) -> Expr {
        self.offset().lt(other.borrow().offset())
    }

    /// Whether less or equal in two's complement; 1 bit.
    pub fn le_signed(&self, other: impl Borrow<Expr>) -> Expr {
        self.offset().le(other.borrow().offset())
    }

    /// `width` bits from bit `lo` up.
    pub fn bits(&self, lo: usize, width: usize) -> Expr {
        assert!(lo + width <= self.width(), "bits {lo}+{width} of {} bits", self.width());
        match self.node() {
            _ if width == self.width() => self.clone(),
            Node::Slice(inner, low) => inner.bits(low + lo, width),
            _ => Expr::new(width, Node::Slice(self.clone(), lo)),
        }
    }

    /// One bit.
    pub fn bit(&self, index: usize) -> Expr {
        self.bits(index, 1)
    }

    /// The sign bit of a number in two's complement.
    pub fn sign(&self) -> Expr {
        self.bit(self.width() - 1)
    }

    /// Zeros above, up to `width` bits.
    pub fn widen(&self, width: usize) -> Expr {
        assert!(width >= self.width(), "{} bits do not widen to {width}", self.width());
        if width == self.width() {
            self.clone()
        } else {
            concat(&[lit(width - self.width(), 0), self.clone()])
        }
    }

    /// Copies of the sign above, up to `width` bits.
    pub fn sign_extend(&self, width: usize) -> Expr {
        assert!(width >= self.width(), "{} bits do not extend to {width}", self.width());
        if width == self.width() {
            return self.clone();
        }
        concat(&[self.sign().repeat(width - self.width()), self.clone()])
    }

    /// `count` copies side by side.
    pub fn repeat(&self, count: usize) -> Expr {
        if count == 1 {
            self.clone()
        } else {
            Expr::new(self.width() * count, Node::Repeat(count, self.clone()))
        }
    }

    /// Shifted up by a constant, zeros below, same width.
    pub fn shl(&self, by: usize) -> Expr {
        match by {
            0 => self.clone(),
            _ if by >= self.width() => lit(self.width(), 0),
            _ => concat(&[self.bits(0, self.width() - by), lit(by, 0)]),
        }
    }

    /// Shifted down by a constant, zeros above, same width.
    pub fn shr(&self, by: usize) -> Expr {
        if by >= self.width() {
            lit(self.width(), 0)
        } else {
            self.bits(by, self.width() - by).widen(self.width())
        }
    }

    /// Shifted down by a constant, copies of the sign above, same width.
    pub fn shr_arith(&self, by: usize) -> Expr {
        let by = by.min(self.width() - 1);
        self.bits(by, self.width() - by).sign_extend(self.width())
    }

    /// Shifted up by a signal, zeros below, same width; zero if the amount reaches the width.
    pub fn shl_by(&self, amount: impl Borrow<Expr>) -> Expr {
        self.shift_by(Op::Shl, amount.borrow())
    }

    /// Shifted down by a signal, zeros above, same width; zero if the amount reaches the width.
    pub fn shr_by(&self, amount: impl Borrow<Expr>) -> Expr {
        self.shift_by(Op::Shr, amount.borrow())
    }

    /// Tools differ on amounts of more than 32 bits, so no shift has one.
    fn shift_by(&self, op: Op, amount: &Expr) -> Expr {
        let low = amount.bits(0, amount.width().min(SHIFT_BITS));
        assert!(self.width() < 1 << SHIFT_BITS, "{} bits are too many to shift by a signal", self.width());
        let shifted = Expr::new(self.width(), Node::Binary(op, self.clone(), low));
        if amount.width() <= SHIFT_BITS {
            return shifted;
        }
        let far = amount.bits(SHIFT_BITS, amount.width() - SHIFT_BITS).reduce_or();
        mux(far, lit(self.width(), 0), shifted)
    }

    /// Shifted down by a signal, copies of the sign above, same width.
    pub fn shr_arith_by(&self, amount: impl Borrow<Expr>) -> Expr {
        let amount = amount.borrow();
        let vacated = ones(self.width()).shr_by(amount).not();
        self.shr_by(amount).or(vacated.and(self.sign().repeat(self.width())))
    }

    fn reduce(&self, op: Op) -> Expr {
        if self.width() == 1 { self.clone() } else { Expr::new(1, Node::Reduce(op, self.clone())) }
    }

    /// Whether all bits are one.
    pub fn reduce_and(&self) -> Expr {
        self.reduce(Op::And)
    }

    /// Whether any bit is one.
    pub fn reduce_or(&self) -> Expr {
        self.reduce(Op::Or)
    }

    /// Parity: whether an odd number of bits is one.
    pub fn reduce_xor(&self) -> Expr {
        self.reduce(Op::Xor)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:ident;)*) => {$(
        impl<E: Borrow<Expr>> $trait<E> for Expr {
            type Output = Expr;
            fn $method(self, other: E) -> Expr {
                self.binary(Op::$op, other.borrow(), self.width())
            }
        }
        impl<E: Borrow<Expr>> $trait<E> for &Expr {
            type Output = Expr;
            fn $method(self, other: E) -> Expr {
                self.binary(Op::$op, other.borrow(), self.width())
            }
        }
    )*};
}

operators! {
    Add add Add;
    Sub sub Sub;
    BitAnd bitand And;
    BitOr bitor Or;
    BitXor bitxor Xor;
}

impl Not for Expr {
    type Output = Expr;
    fn not(self) -> Expr {
        Expr::not(&self)
    }
}

impl Not for &Expr {
    type Output = Expr;
    fn not(self) -> Expr {
        Expr::not(self)
    }
}
