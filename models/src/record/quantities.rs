//! Tables of quantities, each of which can be walked for validation and reports.

use super::{Constant, Problems, Quantity, Unit};

/// What walks over quantities: key and quantity.
pub(crate) type Visit<'a, 'v> = &'v mut dyn FnMut(String, &'a dyn AnyQuantity);

/// A quantity whatever its unit.
pub trait AnyQuantity {
    /// With its key, for reports.
    fn constant(&self, key: String) -> Constant<'_>;
    /// Pushes what is wrong.
    fn validate(&self, key: &str, problems: &mut Problems);
}

impl<U: Unit> AnyQuantity for Quantity<U> {
    fn constant(&self, key: String) -> Constant<'_> {
        self.constant(key)
    }

    fn validate(&self, key: &str, problems: &mut Problems) {
        self.validate(key, problems);
    }
}

/// Defines a table whose keys are all quantities, and the walk over them, so that none is forgotten.
macro_rules! quantities {
    ($($(#[$doc:meta])* $table:ident { $($(#[$key_doc:meta])* $key:ident: $unit:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $table { $($(#[$key_doc])* pub $key: $crate::record::Quantity<$crate::record::$unit>,)* }

        impl $table {
            pub(crate) fn visit<'a>(&'a self, path: &str, visit: $crate::record::Visit<'a, '_>) {
                $(visit(format!("{path}.{}", stringify!($key)), &self.$key);)*
            }
        }
    )*};
}

pub(crate) use quantities;
