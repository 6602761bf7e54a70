//! The rules for a workflow that its schema cannot express.

use contract::datastorage::NewWorkflow;
use kit::{Violation, Violations};

/// How many bytes the content may have, as JSON without spaces.
const MAX_CONTENT_BYTES: usize = 64 * 1024;

/// How deep the content may be nested, as for the data of an audit event.
const MAX_CONTENT_DEPTH: usize = 100;

/// The rules; see [`kit::document::RULES`].
pub const RULES: [&str; 4] = [
    "parameters.*.minimum must not be above maximum",
    "parameters must have at most",
    "content must be nested at most",
    "content must have at most",
];

/// Checks a workflow of a request.
///
/// # Errors
///
/// All rules that it breaks.
pub fn workflow(workflow: NewWorkflow) -> Result<NewWorkflow, Vec<Violation>> {
    let mut violations = Violations::default();
    for (name, parameter) in &workflow.definition.parameters {
        if let (Some(minimum), Some(maximum)) = (&parameter.minimum, &parameter.maximum)
            && minimum.as_f64() > maximum.as_f64()
        {
            let field = format!("parameters.{name}.minimum");
            violations.refuse(field, "must not be above maximum");
        }
    }
    violations.limit_json("content", &workflow.content, MAX_CONTENT_BYTES, MAX_CONTENT_DEPTH);
    violations.or(workflow)
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
