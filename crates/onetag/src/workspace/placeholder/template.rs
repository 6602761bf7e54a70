//! The values of variables and arguments.

use std::fmt;

use super::name::{Placeholder, hint_for_unknown};

/// The value of a variable or an argument as it stands in the metadata, parsed.
///
/// It displays as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

/// Where the values for placeholders come from.
pub trait Values {
    /// The value of `placeholder`, for the service whose variable it is in.
    ///
    /// # Errors
    ///
    /// What is missing, if the run has no such value.
    fn value(&self, placeholder: &Placeholder) -> anyhow::Result<String>;
}

/// The value that the service gets.
///
/// # Errors
///
/// The first error of `values`.
pub fn resolve(template: &Template, values: &impl Values) -> anyhow::Result<String> {
    let mut resolved = String::with_capacity(template.text.len());
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => resolved.push_str(text),
            Piece::Placeholder(placeholder) => resolved.push_str(&values.value(placeholder)?),
        }
    }
    Ok(resolved)
}

/// Why a value is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace without its partner.
    #[error("`{0}` without its partner")]
    Unbalanced(char),
    /// What stands between braces is no placeholder.
    #[error("`{{{0}}}` is no placeholder")]
    Unknown(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Placeholder(Placeholder),
}

impl Template {
    /// Reads `text`.
    ///
    /// # Errors
    ///
    /// The first brace or placeholder that makes no sense.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, braced) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = braced.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = braced.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some(inside) = braced.strip_prefix('{') {
                let (name, after) = inside.split_once('}').ok_or(TemplateError::Unbalanced('{'))?;
                let placeholder =
                    Placeholder::parse(name).ok_or_else(|| TemplateError::Unknown(name.into()))?;
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Placeholder(placeholder));
                rest = after;
            } else {
                return Err(TemplateError::Unbalanced('}'));
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// The placeholders, in the order in which they occur.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Placeholder(placeholder) => Some(placeholder),
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TemplateError {
    /// What to write instead.
    pub fn hint(&self) -> String {
        match self {
            Self::Unbalanced('{') => "close it with `}`, or write `{{` for a brace".to_owned(),
            Self::Unbalanced(brace) => format!("write `{brace}{brace}` for a brace"),
            Self::Unknown(name) => hint_for_unknown(name),
        }
    }
}
