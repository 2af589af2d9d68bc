//! Tensor in, tensor out: each operation has a reference that defines it, a fast version, a gradient and a benchmark.
//!
//! | operation | formula | fast version |
//! |---|---|---|
//! | [`linear`] | `x·Wᵀ + b` | cuBLASLt on CubeCL's stream |
//! | [`matmul`] | `a·b`, batched | cuBLASLt, transposed views without a copy |
//! | [`unfold_3x3`] | im2col of a 3×3 neighbourhood | own CUDA kernel, and its adjoint as a gather |

mod backend;
mod linear;
mod product;
mod unfold;

pub use linear::linear;
pub use product::matmul;
pub use unfold::unfold_3x3;
