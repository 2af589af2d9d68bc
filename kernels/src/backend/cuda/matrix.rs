//! Matrix products of burn tensors as cuBLASLt sees them: strides become leading dimensions, views stay views.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::{empty_device_contiguous_dtype, empty_device_dtype};
use burn_cubecl::tensor::CubeTensor;

use super::blas::{self, Element, Epilogue, Operand, Pointers, Product};
use super::stream::enqueue;

/// Whether [`product`] serves these operands.
pub(super) fn supported(a: &CubeTensor, b: &CubeTensor, out: DType) -> bool {
    let (Some(element), Some(result)) = (element(a.dtype), element(out)) else {
        return false;
    };
    let empty = a.meta.shape().num_elements() == 0 || b.meta.shape().num_elements() == 0;
    a.dtype == b.dtype && (result == element || result == Element::F32) && !empty
}

/// `a·b` in `out`: `[.., m, k] × [.., k, n]`, two or three dimensions.
pub(super) fn product(a: CubeTensor, b: CubeTensor, out: DType) -> CubeTensor {
    multiply(a, b, None, out)
}

/// `a·b + bias` for each row: `[m, k] × [k, n] + [n]`, all of one type.
pub(super) fn product_with_bias(a: CubeTensor, b: CubeTensor, bias: CubeTensor) -> CubeTensor {
    let dtype = a.dtype;
    multiply(a, b, Some(bias), dtype)
}

/// Whether cuBLASLt can add `bias` as it lies: dense, and from a multiple of 16 bytes on.
pub(super) fn addable(bias: &CubeTensor, dtype: DType) -> bool {
    let start = bias.handle.offset_start.unwrap_or(0);
    let dense = bias.meta.strides()[0] == 1 || bias.meta.shape()[0] == 1;
    dense && !bias.meta.is_tiled() && bias.dtype == dtype && start.is_multiple_of(16)
}

/// The product of both operands as they lie, with or without a bias.
fn multiply(a: CubeTensor, b: CubeTensor, bias: Option<CubeTensor>, out: DType) -> CubeTensor {
    let (a, lhs) = readable(a);
    let (b, rhs) = readable(b);
    let rank = a.meta.num_dims();
    let [batch, m, k] = sizes(&a);
    let n = b.meta.shape()[rank - 1];

    let mut shape: Shape = a.meta.shape().clone();
    shape[rank - 1] = n;
    let output = output(&a, shape, out);
    let (_, result) = readable(output.clone());

    let product = Product {
        sizes: [m, n, k, batch],
        lhs,
        rhs,
        result,
        operands: element(a.dtype).expect("`supported` was asked"),
        results: element(out).expect("`supported` was asked"),
        accumulate: false,
        epilogue: if bias.is_some() {
            Epilogue::Bias
        } else {
            Epilogue::Nothing
        },
    };
    let mut reads = vec![&a.handle, &b.handle];
    reads.extend(bias.as_ref().map(|bias| &bias.handle));
    enqueue(&reads, &[&output.handle], move |stream, pointers| {
        let pointers = match *pointers {
            [lhs, rhs, output] => Pointers {
                lhs,
                rhs,
                output,
                bias: 0,
            },
            [lhs, rhs, bias, output] => Pointers {
                lhs,
                rhs,
                output,
                bias,
            },
            _ => return Err("a product needs three or four buffers".into()),
        };
        // SAFETY: the pointers are those of tensors with the shapes and strides that `product` was made from, valid
        // until the task ends and, on this stream, until the product is done.
        unsafe { blas::multiply(stream, &product, pointers) }
    });
    output
}

/// cuBLASLt's name of a type, where this crate multiplies in it.
fn element(dtype: DType) -> Option<Element> {
    if dtype == DType::F32 {
        return Some(Element::F32);
    }
    if dtype == DType::F16 {
        return Some(Element::F16);
    }
    (dtype == DType::BF16).then_some(Element::BF16)
}

/// `[batch, rows, columns]` of a tensor of two or three dimensions.
fn sizes(tensor: &CubeTensor) -> [usize; 3] {
    let shape = tensor.meta.shape();
    let rank = shape.num_dims();
    let batch = if rank == 3 { shape[0] } else { 1 };
    [batch, shape[rank - 2], shape[rank - 1]]
}

/// The tensor as cuBLASLt can read it: as it lies where rows or columns are dense, else a copy.
fn readable(tensor: CubeTensor) -> (CubeTensor, Operand) {
    if let Some(operand) = describe(&tensor) {
        return (tensor, operand);
    }
    let tensor = into_contiguous(tensor);
    let operand = describe(&tensor).expect("a contiguous matrix has dense rows");
    (tensor, operand)
}

/// How a matrix lies, or nothing where neither its rows nor its columns are dense.
fn describe(tensor: &CubeTensor) -> Option<Operand> {
    if tensor.meta.is_tiled() {
        return None;
    }
    let strides = tensor.meta.strides();
    let rank = strides.len();
    let [batch, rows, columns] = sizes(tensor);
    let (down, across) = (strides[rank - 2], strides[rank - 1]);

    let (transposed, leading) = if (across == 1 || columns == 1) && (rows == 1 || down >= columns) {
        (false, if rows == 1 { columns } else { down })
    } else if (down == 1 || rows == 1) && (columns == 1 || across >= rows) {
        (true, if columns == 1 { rows } else { across })
    } else {
        return None;
    };
    let batch_stride = if batch == 1 { 0 } else { strides[0] };

    let size = tensor.dtype.size();
    let start = tensor.handle.offset_start.unwrap_or(0) as usize;
    if !start.is_multiple_of(size) {
        return None;
    }
    // The allocation itself is aligned to far more than 16 bytes.
    let alignment = 1 << (start | (batch_stride * size) | 16).trailing_zeros();
    Some(Operand {
        transposed,
        leading,
        batch_stride,
        alignment,
    })
}

/// Room for a result whose rows start at multiples of 16 bytes, which cuBLASLt's fast kernels need.
fn output(like: &CubeTensor, shape: Shape, dtype: DType) -> CubeTensor {
    let columns = shape[shape.num_dims() - 1];
    let (client, device) = (like.client.clone(), like.device.clone());
    if (columns * dtype.size()).is_multiple_of(16) {
        return empty_device_contiguous_dtype(client, device, shape, dtype);
    }
    empty_device_dtype(client, device, shape, dtype)
}
