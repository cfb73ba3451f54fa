//! What instructions make of globals and of storages: the tensors of a pickle, and nothing else.

use super::{Machine, Step};
use crate::checkpoint::pickle::SAVE;
use crate::checkpoint::pickle::value::{Global, Storage, Value, View, global};
use crate::checkpoint::refusal::{Refusal, shown};
use crate::checkpoint::zip::entry;

impl<'a> Machine<'a> {
    /// What is left of a line, without its end.
    fn line(&mut self) -> Result<&'a str, Refusal> {
        let rest = self.code.rest();
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = self.code.take(length as u64)?;
        self.code.u8()?;
        str::from_utf8(line).map_err(|_| Refusal::damage("the name of a global must be UTF-8"))
    }

    /// A function or a class, by its module and its name.
    pub(super) fn global(&mut self) -> Step {
        let (module, name) = (self.line()?, self.line()?);
        let known = global(module, name).ok_or_else(|| {
            let message = format!(
                "global `{}.{}` is not among those of a state dict; nothing of it is executed",
                shown(module),
                shown(name)
            );
            Refusal::new(message, SAVE)
        })?;
        self.push(Value::Global(known))
    }

    /// A storage from what names it: `("storage", type, key, device, elements)`.
    pub(super) fn storage(&mut self) -> Step {
        let id = self.pop()?;
        let Some(
            &[Value::Text("storage"), Value::Global(Global::Storage(real)), Value::Text(key), _, elements],
        ) = self.heap.tuple(id)
        else {
            return Err(Refusal::new(
                "a storage must be named by (\"storage\", type, key, device, elements)",
                SAVE,
            ));
        };
        let Value::Int(elements) = elements else {
            return Err(Refusal::damage("the length of a storage must be an integer"));
        };
        let size = real.map_or(0, |real| real.size());
        let bytes = if real.is_some() { self.bytes(key)? } else { &[] };
        let elements = usize::try_from(elements).ok();
        let fits = |count: &usize| count.checked_mul(size).is_some_and(|all| all <= bytes.len());
        let elements = elements.filter(fits).ok_or_else(|| {
            let message =
                format!("{} bytes must hold the elements of {size} bytes that are declared", bytes.len());
            Refusal::damage(message).at(entry(&self.path(key)))
        })?;
        self.heap.storages.push(Storage { real, bytes, elements });
        self.push(Value::Storage(self.heap.storages.len() - 1))
    }

    fn path(&self, key: &str) -> String {
        format!("{}/data/{key}", self.root)
    }

    fn bytes(&self, key: &str) -> Result<&'a [u8], Refusal> {
        let path = self.path(key);
        let found = self.entries.get(path.as_str()).copied();
        found.ok_or_else(|| Refusal::damage("the archive has no such entry").at(entry(&path)))
    }

    /// Calls the function below its tuple of arguments, which means: makes what it would return.
    pub(super) fn call(&mut self) -> Step {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Some(items) = self.heap.tuple(arguments) else {
            return Err(Refusal::damage(format!("arguments must be a tuple, not {}", arguments.what())));
        };
        match (function, items) {
            (Value::Global(Global::OrderedDict), []) => self.dict(),
            (Value::Global(Global::Parameter), &[Value::Tensor(at), ..]) => self.push(Value::Tensor(at)),
            (
                Value::Global(Global::Tensor),
                &[
                    Value::Storage(storage),
                    Value::Int(offset),
                    Value::Tuple(s, rank),
                    Value::Tuple(t, as_many),
                    ..,
                ],
            ) => {
                self.heap.views.push(View { storage, offset, shape: (s, rank), stride: (t, as_many) });
                self.push(Value::Tensor(self.heap.views.len() - 1))
            }
            (Value::Global(global), _) => {
                Err(Refusal::damage(format!("{global:?} is called with arguments that it does not take")))
            }
            (other, _) => Err(Refusal::damage(format!("a function must be called, not {}", other.what()))),
        }
    }

    /// Drops the attributes of a dictionary, which in a state dict are versions of modules.
    pub(super) fn build(&mut self) -> Step {
        self.pop()?;
        match self.stack[self.below(1)?] {
            Value::Dict(_) => Ok(()),
            other => Err(Refusal::new(format!("{} must have no attributes", other.what()), SAVE)),
        }
    }
}
