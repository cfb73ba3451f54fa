//! What the instructions of a pickle make: values that are copied, and the heap that they point into.

use crate::checkpoint::real::Real;

/// A value on the stack, in the memo or in a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// One that no tensor needs; what it is.
    Other(&'static str),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A string.
    Text(&'a str),
    /// A function or a class that is known.
    Global(Global),
    /// A range of [`Heap::items`]: start and length.
    Tuple(usize, usize),
    /// An index of [`Heap::dicts`].
    Dict(usize),
    /// A list, whose items are dropped: state dicts have none.
    List,
    /// An index of [`Heap::storages`].
    Storage(usize),
    /// An index of [`Heap::views`].
    Tensor(usize),
}

/// The globals that are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Global {
    /// `collections.OrderedDict`.
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`.
    Tensor,
    /// `torch._utils._rebuild_parameter`.
    Parameter,
    /// A type of storages; none where it holds no real numbers.
    Storage(Option<Real>),
}

/// The bytes of one or more tensors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage<'a> {
    /// None for integers, whose bytes are not looked for.
    pub real: Option<Real>,
    /// At least as many as the elements take.
    pub bytes: &'a [u8],
    pub elements: usize,
}

/// A tensor as a part of a storage, not yet checked against it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// An index of [`Heap::storages`].
    pub storage: usize,
    /// In elements.
    pub offset: i64,
    /// Ranges of [`Heap::items`]: start and length.
    pub shape: (usize, usize),
    pub stride: (usize, usize),
}

/// All that values point to. Nothing is ever removed, so every index is good; each instruction adds one thing at most.
#[derive(Debug, Default)]
pub(super) struct Heap<'a> {
    /// Of all tuples.
    pub items: Vec<Value<'a>>,
    /// Keys and values in order; of equal keys the last counts.
    pub dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    pub storages: Vec<Storage<'a>>,
    pub views: Vec<View>,
}

impl<'a> Heap<'a> {
    /// The items of a tuple; none where the value is no tuple.
    pub(super) fn tuple(&self, value: Value<'a>) -> Option<&[Value<'a>]> {
        match value {
            Value::Tuple(start, length) => self.items.get(start..start + length),
            _ => None,
        }
    }
}

impl Value<'_> {
    /// What it is, for messages.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Value::Other(what) => what,
            Value::Int(_) => "an integer",
            Value::Text(_) => "a string",
            Value::Global(_) => "a function or class",
            Value::Tuple(..) => "a tuple",
            Value::Dict(_) => "a dictionary",
            Value::List => "a list",
            Value::Storage(_) => "a storage",
            Value::Tensor(_) => "a tensor",
        }
    }
}

/// The global of that name, if it is known.
pub(super) fn global(module: &str, name: &str) -> Option<Global> {
    Some(match (module, name) {
        ("collections", "OrderedDict") => Global::OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2") => Global::Tensor,
        ("torch._utils", "_rebuild_parameter") => Global::Parameter,
        ("torch", "FloatStorage") => Global::Storage(Some(Real::F32)),
        ("torch", "HalfStorage") => Global::Storage(Some(Real::F16)),
        ("torch", "BFloat16Storage") => Global::Storage(Some(Real::Bf16)),
        ("torch", "DoubleStorage") => Global::Storage(Some(Real::F64)),
        ("torch", "LongStorage" | "IntStorage" | "ShortStorage") => Global::Storage(None),
        ("torch", "CharStorage" | "ByteStorage" | "BoolStorage") => Global::Storage(None),
        _ => return None,
    })
}
