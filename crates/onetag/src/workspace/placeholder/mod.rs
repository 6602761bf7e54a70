//! Values of environment variables and arguments with placeholders in braces.
//!
//! `{{` and `}}` stand for one brace each. Addresses are only known while a run
//! deploys, so a [`Template`] is parsed and checked early and resolved late.

mod name;
mod template;

#[cfg(test)]
mod tests;

pub use name::{Placeholder, ServiceField};
pub(super) use name::{RESERVED, is_variable};
pub use template::{Template, TemplateError, Values, resolve};
