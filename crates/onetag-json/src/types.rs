//! Types of the standard library, and paths.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::{Value, from_value};

use crate::{Error, Problem};

/// What can be read from JSON.
///
/// Not `serde`'s `Deserialize`, which does not tell where in a document an error
/// is; what is written implements `Serialize` as it does elsewhere.
pub trait FromJson: Sized {
    /// Reads one value.
    ///
    /// # Errors
    ///
    /// When it is something else.
    fn from_json(value: Value) -> Result<Self, Error>;

    /// What a field of this type is when it is missing; none if it must not be.
    fn missing() -> Option<Self> {
        None
    }
}

/// What holds no other value is read by `serde`.
macro_rules! plain {
    ($($plain:ty),*) => {$(
        impl FromJson for $plain {
            fn from_json(value: Value) -> Result<Self, Error> {
                from_value(value).map_err(|error| Error::other(error.to_string()))
            }
        }
    )*};
}

plain!(bool, u16, u32, u64, usize, i32, i64, String, Utf8PathBuf, Value);

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        match value {
            Value::Null => Ok(None),
            value => T::from_json(value).map(Some),
        }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        T::from_json(value).map(Box::new)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        let Value::Array(elements) = value else {
            return wrong(&value, "an array");
        };
        let read = |(index, value)| T::from_json(value).map_err(|error: Error| error.at(index));
        elements.into_iter().enumerate().map(read).collect()
    }
}

/// An array of two.
impl<A: FromJson, B: FromJson> FromJson for (A, B) {
    fn from_json(value: Value) -> Result<Self, Error> {
        let both: Result<[Value; 2], Vec<Value>> = match value {
            Value::Array(elements) => elements.try_into(),
            other => return wrong(&other, "an array of two"),
        };
        let [a, b] =
            both.map_err(|all| Error::other(format!("{} elements, expected two", all.len())))?;
        let a = A::from_json(a).map_err(|error| error.at(0))?;
        let b = B::from_json(b).map_err(|error| error.at(1))?;
        Ok((a, b))
    }
}

impl<K: From<String> + Ord, T: FromJson> FromJson for BTreeMap<K, T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        let Value::Object(fields) = value else {
            return wrong(&value, "an object");
        };
        let read = |(key, value): (String, Value)| match T::from_json(value) {
            Ok(value) => Ok((K::from(key), value)),
            Err(error) => Err(error.below(&key)),
        };
        fields.into_iter().map(read).collect()
    }
}

/// The error of a value that is something else.
pub(crate) fn wrong<T>(value: &Value, expected: &'static str) -> Result<T, Error> {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("boolean `{value}`"),
        Value::Number(number) => format!("number `{number}`"),
        Value::String(text) => format!("string {text:?}"),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    Err(Error::new(Problem::Type { found, expected }))
}
