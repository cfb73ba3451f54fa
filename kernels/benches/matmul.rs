//! The exact product against the fastest `f32` products at hand, one thread each, on the shapes of an encoder.
//!
//! Criterion measures each on its own; then all are measured in turn, round by round, so that a disturbance of the
//! machine meets all of them, and the ratios of their medians are printed. Operands are bell-shaped; every product
//! starts from its stored form (codes, or `f32`) and ends with its result in memory, packing included.

use criterion::{BenchmarkId, Criterion, Throughput};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use kernels::adaptivfloat::{Format, Tensor, quantise};
use kernels::matmul::product;
use nalgebra::{DMatrix, DMatrixView, Dyn};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rows, reduction dimension, columns: projections, the two halves of the feed-forward net, scores of one head.
const SHAPES: [(usize, usize, usize); 4] =
    [(128, 768, 768), (128, 768, 3072), (128, 3072, 768), (128, 64, 128)];

/// Operands of one shape in every form, and the result of the `f32` products.
struct Case {
    r: usize,
    k: usize,
    c: usize,
    codes: Vec<(&'static str, Tensor, Tensor)>,
    rows: DMatrix<f32>,
    columns: DMatrix<f32>,
    out: DMatrix<f32>,
}

impl Case {
    fn new((r, k, c): (usize, usize, usize)) -> Case {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut bell =
            |rows| DMatrix::from_fn(k, rows, |_, _| (0..12).map(|_| rng.random::<f64>() - 0.5).sum());
        let (rows, columns) = (bell(r), bell(c));
        let formats = [("8/3", Format::AF8_3), ("8/4", Format::AF8_4)];
        let code = |format, values| quantise(format, values).unwrap_or(Tensor::zeros(format, 0, 0, 0));
        let mut codes: Vec<_> = formats.map(|(name, f)| (name, code(f, &rows), code(f, &columns))).into();
        let mut uniform = |rows| DMatrix::from_fn(k, rows, |_, _| rng.random::<u8>());
        let worst = [r, c].map(|rows| Tensor { format: Format::AF8_4, bias: 0, codes: uniform(rows) });
        let [a, b] = worst;
        codes.push(("8/4 uniform codes", a, b));
        let single = |values: &DMatrix<f64>| values.map(|x| x as f32);
        Case { r, k, c, codes, rows: single(&rows), columns: single(&columns), out: DMatrix::zeros(c, r) }
    }

    /// Names of the products, in the order of `run`.
    fn names(&self) -> Vec<&'static str> {
        ["faer f32", "matrixmultiply f32"]
            .into_iter()
            .chain(self.codes.iter().map(|(name, ..)| *name))
            .collect()
    }

    fn run(&mut self, index: usize) {
        match index {
            0 => self.faer(),
            1 => self.matrixmultiply(),
            _ => drop(black_box(product(&self.codes[index - 2].1, &self.codes[index - 2].2))),
        }
    }

    fn faer(&mut self) {
        let columns = MatRef::from_column_major_slice(self.columns.as_slice(), self.k, self.c);
        let rows = MatRef::from_column_major_slice(self.rows.as_slice(), self.k, self.r);
        let out = MatMut::from_column_major_slice_mut(self.out.as_mut_slice(), self.c, self.r);
        matmul(out, Accum::Replace, columns.transpose(), rows, 1.0, Par::Seq);
        black_box(&mut self.out);
    }

    /// nalgebra hands a product of strided views of this size to matrixmultiply.
    fn matrixmultiply(&mut self) {
        let (rows, columns) = (Dyn(self.c), Dyn(self.k));
        let strides = (Dyn(self.k), Dyn(1));
        let transposed = DMatrixView::from_slice_with_strides_generic(
            self.columns.as_slice(),
            rows,
            columns,
            strides.0,
            strides.1,
        );
        self.out.gemm(1.0, &transposed, &self.rows, 0.0);
        black_box(&mut self.out);
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut cases = SHAPES.map(Case::new);
    for case in &mut cases {
        let mut group = criterion.benchmark_group(format!("{}x{}x{}", case.r, case.k, case.c));
        group.throughput(Throughput::Elements((case.r * case.k * case.c) as u64));
        group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
        for (index, name) in case.names().into_iter().enumerate() {
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| case.run(index))
            });
        }
    }
    criterion.final_summary();
    cases.iter_mut().for_each(report);
}

/// Medians of 101 rounds, each product once per round, and their throughput relative to the faster `f32`.
#[expect(clippy::print_stdout, reason = "a benchmark reports")]
fn report(case: &mut Case) {
    let names = case.names();
    let mut times = vec![Vec::new(); names.len()];
    for _ in 0..101 {
        for (index, times) in times.iter_mut().enumerate() {
            let start = Instant::now();
            case.run(index);
            times.push(start.elapsed().as_secs_f64());
        }
    }
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let medians: Vec<f64> = times.iter().map(|times| times[times.len() / 2]).collect();
    let single = medians[0].min(medians[1]);
    println!("{}x{}x{}, in turn:", case.r, case.k, case.c);
    for (name, median) in names.iter().zip(medians) {
        let rate = (case.r * case.k * case.c) as f64 / median / 1e9;
        println!("  {name:20} {:9.1} us {rate:7.1} GMAC/s {:5.2} of f32", median * 1e6, single / median);
    }
}
