//! Matrix product of the vector MACs: exact integer sums of significand products, then the epilogue.
//!
//! Operand `rows` [K x R] and operand `columns` [K x C] both lie along the reduction dimension K; the result is
//! [C x R], so it can be the `rows` of the next product. Element (c, r) is the sum over k of
//! columns(k, c) * rows(k, r), in units of `2^(rows.lsb + columns.lsb)`. Sums are exact, so no order of summation
//! matters and every path below gives the same bits. Not modelled: null-vector gating, which changes no value.

mod decode;
mod low;
mod multiply;
mod operand;
mod panel;
mod simd;
mod tile;
mod transpose;

pub use operand::{Columns, Rows};
pub use simd::Path;
pub(crate) use simd::Work;

use crate::adaptivfloat::Tensor;
use crate::epilogue::Epilogue;
use crate::shape::ShapeError;
use nalgebra::DMatrix;
use operand::Stationary;

/// `rows` [K x R] times `columns` [K x C], with the epilogue applied to each accumulator: [C x R].
///
/// # Errors
/// Operands of different lengths K, or a bias vector of the wrong length.
pub fn matmul(rows: &Tensor, columns: &Tensor, epilogue: &Epilogue) -> Result<Tensor, ShapeError> {
    epilogue.bias.check(columns.rows(), rows.rows())?;
    let accumulators = product(rows, columns)?;
    let lsb = rows.lsb().saturating_add(columns.lsb());
    Ok(finish(accumulators.as_slice(), (columns.rows(), rows.rows()), lsb, epilogue))
}

/// [`matmul`] of operands that have been packed.
///
/// # Errors
/// As [`matmul`].
pub fn matmul_packed(rows: &Rows, columns: &Columns, epilogue: &Epilogue) -> Result<Tensor, ShapeError> {
    epilogue.bias.check(columns.count, rows.count)?;
    ShapeError::exactly("length of the column operand", columns.length, rows.length)?;
    let accumulators = Path::best().multiply(rows, Stationary::Packed(columns));
    let lsb = rows.lsb.saturating_add(columns.lsb);
    Ok(finish(&accumulators, (columns.count, rows.count), lsb, epilogue))
}

fn finish(accumulators: &[i64], (columns, rows): (usize, usize), lsb: i32, epilogue: &Epilogue) -> Tensor {
    let mut out = Tensor::zeros(epilogue.format, epilogue.out_bias, columns, rows);
    Path::best().widen(Finish { epilogue, lsb, accumulators, out: &mut out });
    out
}

struct Finish<'a> {
    epilogue: &'a Epilogue,
    lsb: i32,
    accumulators: &'a [i64],
    out: &'a mut Tensor,
}

impl Work for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.epilogue.apply_all(self.lsb, self.accumulators, self.out);
    }
}

/// The exact sums, [C x R].
///
/// # Errors
/// Operands of different lengths K.
pub fn product(rows: &Tensor, columns: &Tensor) -> Result<DMatrix<i64>, ShapeError> {
    product_by(Path::best(), rows, columns)
}

/// [`product`] by a path of one's choice.
///
/// # Errors
/// Operands of different lengths K.
pub fn product_by(path: Path, rows: &Tensor, columns: &Tensor) -> Result<DMatrix<i64>, ShapeError> {
    ShapeError::exactly("length of the column operand", columns.length(), rows.length())?;
    let sums = path.multiply(&Rows::new(rows), Stationary::Codes(columns));
    Ok(DMatrix::from_vec(columns.rows(), rows.rows(), sums))
}

/// The exact sums by the definition, [C x R]: what every other path must equal.
///
/// # Errors
/// Operands of different lengths K.
pub fn product_naive(rows: &Tensor, columns: &Tensor) -> Result<DMatrix<i64>, ShapeError> {
    ShapeError::exactly("length of the column operand", columns.length(), rows.length())?;
    let (left, right) = (rows.format.significands(), columns.format.significands());
    Ok(DMatrix::from_fn(columns.rows(), rows.rows(), |c, r| {
        let pairs = columns.row(c).iter().zip(rows.row(r));
        pairs.map(|(&b, &a)| i64::from(right[usize::from(b)]) * i64::from(left[usize::from(a)])).sum()
    }))
}

#[cfg(test)]
mod tests;
