//! From a view of a storage to the numbers of a tensor in order.
//!
//! The element at (i, j, ..) is the one at `offset + i stride[0] + j stride[1] + ..` of the storage. Every view must lie in its storage and have
//! no more elements than it: one that repeats elements without end by strides of 0 is refused.

use super::value::{Heap, Storage, Value, View};
use crate::checkpoint::real::Budget;
use crate::checkpoint::refusal::Refusal;
use crate::checkpoint::tensor::{RANK, Tensor};

const CONTIGUOUS: &str = "save a copy of it: tensor.contiguous()";

/// Lengths above 1, and the strides there.
type Steps = Vec<(usize, usize)>;

/// The numbers of a view; none where they are no real numbers.
pub(super) fn tensor(heap: &Heap<'_>, view: &View, budget: &mut Budget) -> Result<Option<Tensor>, Refusal> {
    let storage = &heap.storages[view.storage];
    let Some(real) = storage.real else { return Ok(None) };
    let shape = sizes(heap, view.shape, "length")?;
    let strides = sizes(heap, view.stride, "stride")?;
    if shape.len() != strides.len() {
        let message = format!("{} lengths must have as many strides, not {}", shape.len(), strides.len());
        return Err(Refusal::damage(message));
    }
    let elements = Tensor::elements(&shape)
        .ok_or_else(|| Refusal::damage(format!("shape {shape:?} must be of a size that fits a file")))?;
    if elements == 0 {
        return Ok(Some(Tensor { shape, values: Vec::new() }));
    }
    let steps: Steps = shape.iter().copied().zip(strides).filter(|(length, _)| *length > 1).collect();
    let offset = inside(storage, view, &shape, elements, &steps)?;
    budget.take(elements)?;
    let range = |start: usize, count: usize| &storage.bytes[start * real.size()..][..count * real.size()];
    let values = if contiguous(&steps) {
        real.numbers(range(offset, elements))?
    } else {
        let mut bytes = Vec::with_capacity(elements * real.size());
        walk(offset, &steps, elements, |at| bytes.extend_from_slice(range(at, 1)));
        real.numbers(&bytes)?
    };
    Ok(Some(Tensor { shape, values }))
}

/// The lengths or strides of a view.
fn sizes(heap: &Heap<'_>, (start, length): (usize, usize), what: &str) -> Result<Vec<usize>, Refusal> {
    if length > RANK {
        return Err(Refusal::new(
            format!("{length} dimensions must be at most {RANK}"),
            "reshape the tensor",
        ));
    }
    let size = |value: &Value<'_>| match *value {
        Value::Int(size) => usize::try_from(size)
            .map_err(|_| Refusal::damage(format!("{what} {size} must be a number from 0"))),
        _ => Err(Refusal::damage(format!("a {what} must be a number, not {}", value.what()))),
    };
    heap.items[start..start + length].iter().map(size).collect()
}

/// The offset of a view, if all its elements are in the storage.
fn inside(
    storage: &Storage<'_>,
    view: &View,
    shape: &[usize],
    elements: usize,
    steps: &Steps,
) -> Result<usize, Refusal> {
    let has = storage.elements;
    if elements > has {
        let message = format!("shape {shape:?} has {elements} elements, its storage {has}: it repeats them");
        return Err(Refusal::new(message, CONTIGUOUS));
    }
    let offset = usize::try_from(view.offset).ok();
    let reach =
        |last: usize, &(length, stride): &(usize, usize)| last.checked_add(stride.checked_mul(length - 1)?);
    let last = offset.and_then(|offset| steps.iter().try_fold(offset, reach));
    offset.filter(|_| last.is_some_and(|last| last < has)).ok_or_else(|| {
        let strides: Vec<usize> = steps.iter().map(|(_, stride)| *stride).collect();
        Refusal::damage(format!(
            "shape {shape:?} from element {} in steps of {strides:?} must lie in its storage of {has} elements",
            view.offset
        ))
    })
}

fn contiguous(steps: &Steps) -> bool {
    let mut expected = 1;
    steps.iter().rev().all(|(length, stride)| {
        let follows = *stride == expected;
        expected *= length;
        follows
    })
}

/// Calls with the place of each element, the last dimension fastest.
fn walk(offset: usize, steps: &Steps, elements: usize, mut visit: impl FnMut(usize)) {
    let mut index = [0; RANK];
    let mut at = offset;
    for _ in 0..elements {
        visit(at);
        for (index, (length, stride)) in index.iter_mut().zip(steps).rev() {
            *index += 1;
            at += stride;
            if *index < *length {
                break;
            }
            *index = 0;
            at -= stride * length;
        }
    }
}
