//! Types of the standard library, and paths.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Error, Problem, Value, Writer};

/// What can be written as JSON.
pub trait ToJson {
    /// Writes one value.
    fn to_json(&self, writer: &mut Writer);
}

/// What can be read from JSON.
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

fn wrong<T>(value: &Value, expected: &'static str) -> Result<T, Error> {
    Err(Error::new(Problem::Type { found: value.describe(), expected }))
}

macro_rules! integers {
    ($($integer:ident)*) => {$(
        impl ToJson for $integer {
            fn to_json(&self, writer: &mut Writer) {
                writer.literal(self);
            }
        }

        impl FromJson for $integer {
            fn from_json(value: Value) -> Result<Self, Error> {
                const EXPECTED: &str = stringify!($integer);
                match &value {
                    Value::Number(number) => number.parse().or_else(|_| wrong(&value, EXPECTED)),
                    other => wrong(other, EXPECTED),
                }
            }
        }
    )*};
}

integers!(u16 u32 u64 usize i32 i64);

/// Finite numbers as the shortest text that is the same number again; others
/// have no JSON and are written as null.
impl ToJson for f64 {
    fn to_json(&self, writer: &mut Writer) {
        if self.is_finite() {
            writer.literal(format_args!("{self:?}"))
        } else {
            writer.literal("null")
        }
    }
}

impl ToJson for bool {
    fn to_json(&self, writer: &mut Writer) {
        writer.literal(self);
    }
}

impl FromJson for bool {
    fn from_json(value: Value) -> Result<Self, Error> {
        match value {
            Value::Bool(value) => Ok(value),
            other => wrong(&other, "a boolean"),
        }
    }
}

impl ToJson for String {
    fn to_json(&self, writer: &mut Writer) {
        writer.string(self);
    }
}

impl ToJson for &str {
    fn to_json(&self, writer: &mut Writer) {
        writer.string(self);
    }
}

impl FromJson for String {
    fn from_json(value: Value) -> Result<Self, Error> {
        match value {
            Value::String(text) => Ok(text),
            other => wrong(&other, "a string"),
        }
    }
}

impl ToJson for Value {
    fn to_json(&self, writer: &mut Writer) {
        match self {
            Value::Null => writer.literal("null"),
            Value::Bool(value) => value.to_json(writer),
            Value::Number(number) => writer.literal(number),
            Value::String(text) => writer.string(text),
            Value::Array(elements) => elements.to_json(writer),
            Value::Object(fields) => fields.to_json(writer),
        }
    }
}

impl FromJson for Value {
    fn from_json(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

#[cfg(feature = "camino")]
impl ToJson for camino::Utf8PathBuf {
    fn to_json(&self, writer: &mut Writer) {
        writer.string(self.as_str());
    }
}

#[cfg(feature = "camino")]
impl FromJson for camino::Utf8PathBuf {
    fn from_json(value: Value) -> Result<Self, Error> {
        String::from_json(value).map(Into::into)
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self, writer: &mut Writer) {
        match self {
            Some(value) => value.to_json(writer),
            None => writer.literal("null"),
        }
    }
}

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

impl<T: ToJson> ToJson for Box<T> {
    fn to_json(&self, writer: &mut Writer) {
        (**self).to_json(writer);
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        T::from_json(value).map(Box::new)
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self, writer: &mut Writer) {
        writer.array(&mut self.iter().map(|element| element as &dyn ToJson));
    }
}

impl<T: ToJson, const N: usize> ToJson for [T; N] {
    fn to_json(&self, writer: &mut Writer) {
        writer.array(&mut self.iter().map(|element| element as &dyn ToJson));
    }
}

impl<T: ToJson> ToJson for BTreeSet<T> {
    fn to_json(&self, writer: &mut Writer) {
        writer.array(&mut self.iter().map(|element| element as &dyn ToJson));
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
impl<A: ToJson, B: ToJson> ToJson for (A, B) {
    fn to_json(&self, writer: &mut Writer) {
        let both: [&dyn ToJson; 2] = [&self.0, &self.1];
        writer.array(&mut both.into_iter());
    }
}

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

/// An object. Its keys are strings, or what is one to look at, such as a path.
impl<K: AsRef<str>, T: ToJson> ToJson for BTreeMap<K, T> {
    fn to_json(&self, writer: &mut Writer) {
        let mut object = writer.object();
        for (key, value) in self {
            object.field(key.as_ref(), value);
        }
        object.end();
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
