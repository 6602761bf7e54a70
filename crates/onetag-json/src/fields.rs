//! The fields of an object, taken out one after the other.

use serde_json::{Map, Value};

use crate::types::wrong;
use crate::{Error, FromJson, Problem};

/// The fields of an object that is being read.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of an object.
    ///
    /// # Errors
    ///
    /// When the value is none.
    pub fn of(value: Value) -> Result<Fields, Error> {
        match value {
            Value::Object(fields) => Ok(Fields(fields)),
            other => wrong(&other, "an object"),
        }
    }

    /// Takes the field that has to be there. An `Option` may be missing.
    ///
    /// # Errors
    ///
    /// When it is missing or something else.
    pub fn take<T: FromJson>(&mut self, name: &'static str) -> Result<T, Error> {
        match self.0.remove(name) {
            Some(value) => T::from_json(value).map_err(|error| error.below(name)),
            None => T::missing().ok_or_else(|| Error::new(Problem::MissingField(name))),
        }
    }

    /// Takes the field if it is there; else it has its type's default.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn take_or_default<T: FromJson + Default>(
        &mut self,
        name: &'static str,
    ) -> Result<T, Error> {
        match self.0.remove(name) {
            Some(value) => T::from_json(value).map_err(|error| error.below(name)),
            None => Ok(T::default()),
        }
    }

    /// Refuses fields that are not known.
    ///
    /// # Errors
    ///
    /// When there are any.
    pub fn only(&self, known: &'static [&'static str]) -> Result<(), Error> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => {
                let problem = Problem::UnknownField { name: name.clone(), known };
                Err(Error::new(problem).below(name))
            }
            None => Ok(()),
        }
    }
}
