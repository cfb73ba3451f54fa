//! Golden arithmetic of the accelerator: what every unit computes, bit for bit.
//!
//! Everything that hardware does is integer arithmetic of 16-bit multipliers, adders, shifters and small tables. An
//! `f64` reference (`*_f64`) stands beside each unit to say how accurate it is; it is never the golden value.
//!
//! | module | unit |
//! |---|---|
//! | [`adaptivfloat`] | the number format, its rounding, and tensors of codes |
//! | [`bitmask`] | sparse bit-mask coding of vectors, as the buffers hold them |
//! | [`matmul`] | exact matrix product of the vector MACs, and its fast SIMD form |
//! | [`epilogue`] | end of the processing unit's pipe: scale, bias, activation, requantisation |
//! | [`activation`] | GELU and tanh by table |
//! | [`softmax`] | base-2 softmax with attention-span mask |
//! | [`add`] | element-wise add with separate exponent biases, to wide sums |
//! | [`layernorm`] | layer norm of wide sums, from exact moments |
//! | [`entropy`] | entropy of an off-ramp's logits and the exit decision |
//! | [`dvfs`] | prediction of the exit and the supply voltage until then |
//! | [`levels`], [`secded`] | cells of non-volatile memory: levels for bits, and the code that corrects one of them |
//! | [`fixed`] | fixed-point primitives that the units share |
//!
//! No timing is here (`sim` has it), and no memory: a unit is a function of its operands.

pub mod activation;
pub mod adaptivfloat;
pub mod add;
pub mod bitmask;
pub mod dvfs;
pub mod entropy;
pub mod epilogue;
pub mod fixed;
mod lane;
pub mod layernorm;
pub mod levels;
pub mod matmul;
pub mod secded;
mod shape;
pub mod softmax;

pub use shape::ShapeError;

#[cfg(test)]
mod testing;
