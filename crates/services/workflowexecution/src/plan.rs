//! A workflow with its parameters filled in.

use std::collections::BTreeMap;

use contract::datastorage::{Step, Workflow, WorkflowStatus};
use contract::workflowexecution::StepAction;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// The largest plan, in bytes as JSON: a parameter may be filled in often.
const MAX_BYTES: usize = 256 * 1024;

/// What a value keeps as it is in an address: the unreserved characters of
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Values of parameters, by name.
pub type Values = BTreeMap<String, Value>;

/// What the steps of a workflow do with these parameters.
///
/// # Errors
///
/// Why it must not, or cannot, be executed with them.
pub fn plan(workflow: &Workflow, values: &Values) -> Result<Vec<StepAction>, String> {
    let definition = &workflow.summary.definition;
    let mut refusals = Vec::new();
    if workflow.summary.status != WorkflowStatus::Active {
        let (name, version) = (&definition.name, &definition.version);
        refusals.push(format!("{name} {version} is {}", workflow.summary.status));
    }
    refusals.extend(definition.check_parameters(values).err().into_iter().flatten());
    let mut steps = Vec::new();
    if refusals.is_empty() {
        for (index, step) in workflow.content.iter().enumerate() {
            match action(step, values) {
                Ok(action) => steps.push(action),
                Err(refusal) => refusals.push(format!("step {}: {refusal}", index + 1)),
            }
        }
    }
    if serde_json::to_vec(&steps).map_or(usize::MAX, |json| json.len()) > MAX_BYTES {
        refusals.push(format!("with its parameters it is larger than {MAX_BYTES} bytes"));
    }
    if refusals.is_empty() { Ok(steps) } else { Err(refusals.join("; ")) }
}

fn action(step: &Step, values: &Values) -> Result<StepAction, String> {
    let mut settings = Map::from_iter([("type".to_owned(), step.kind.to_string().into())]);
    for (name, value) in &step.settings {
        let filled = match value {
            Value::String(address) if name == "url" => fill(address, values, segment)?.into(),
            value => filled(value, values)?,
        };
        settings.insert(name.clone(), filled);
    }
    let action = serde_json::from_value(settings.into()).map_err(|error| error.to_string())?;
    if let StepAction::Http { url, .. } = &action {
        let url = url::Url::parse(url).map_err(|error| format!("{url} is no address: {error}"))?;
        if url.scheme() != "http" || !url.has_host() {
            return Err(format!("{url} does not begin with http://"));
        }
    }
    Ok(action)
}

/// A setting with the parameters of all of its texts filled in. A text that is one
/// parameter becomes its value.
fn filled(setting: &Value, values: &Values) -> Result<Value, String> {
    Ok(match setting {
        Value::String(text) => match whole(text) {
            Some(name) => value(name, values)?.clone(),
            None => fill(text, values, |text| Ok(text.to_owned()))?.into(),
        },
        Value::Array(elements) => {
            elements.iter().map(|element| filled(element, values)).collect::<Result<_, _>>()?
        }
        Value::Object(fields) => {
            let field = |(name, field): (&String, _)| Ok((name.clone(), filled(field, values)?));
            fields.iter().map(field).collect::<Result<Map<_, _>, String>>()?.into()
        }
        other => other.clone(),
    })
}

/// The parameter that a text consists of.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("{{")?.strip_suffix("}}")?;
    (!name.contains(['{', '}'])).then_some(name.trim())
}

/// A text with its parameters filled in, each written by `write`.
fn fill(
    text: &str,
    values: &Values,
    write: impl Fn(&str) -> Result<String, String>,
) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, behind) = behind.split_once("}}").ok_or("a {{ has no }}")?;
        filled += before;
        filled += &match value(name.trim(), values)? {
            Value::String(text) => write(text)?,
            other => write(&other.to_string())?,
        };
        rest = behind;
    }
    Ok(filled + rest)
}

fn value<'a>(name: &str, values: &'a Values) -> Result<&'a Value, String> {
    values.get(name).ok_or_else(|| format!("parameter {name} has no value"))
}

/// A value in an address, which must not lead elsewhere.
fn segment(text: &str) -> Result<String, String> {
    match text {
        "" | "." | ".." => Err(format!("`{text}` cannot be part of an address")),
        text => Ok(utf8_percent_encode(text, SEGMENT).to_string()),
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
