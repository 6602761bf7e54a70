//! Reading a workflow from a request.
//!
//! | module | what it reads |
//! |---|---|
//! | `labels` | labels with and without wildcard, one by one and as maps |
//! | `parameter` | the parameters of a workflow |

mod labels;
mod parameter;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use contract::datastorage::{Definition, Labels, NewWorkflow, Parameter, Severity, Step, StepType};
use kit::{FromInput, Node};

pub(super) use labels::{value, value_labels, wanted, wanted_word};

/// How many steps a workflow may have.
const MAX_STEPS: usize = 50;

/// How many bytes the content may have, as JSON without spaces.
const MAX_CONTENT_BYTES: usize = 64 * 1024;

/// How deep the content may be nested, as for the data of an audit event.
const MAX_CONTENT_DEPTH: usize = 100;

/// How many parameters a workflow may have.
const MAX_PARAMETERS: usize = 50;

/// How many bytes the parameters may have, as JSON without spaces: they are in
/// every list and in every answer to a search.
const MAX_PARAMETERS_BYTES: usize = 16 * 1024;

/// The length of a SHA-256 in hexadecimal digits.
const DIGEST_LENGTH: usize = 64;

/// The rules for a workflow that its schema cannot express; see
/// [`kit::document::RULES`].
pub const RULES: [&str; 4] = [
    "parameters.*.minimum must not be above maximum",
    "parameters must have at most",
    "content must be nested at most",
    "content must have at most",
];

/// A workflow of a request.
#[derive(Clone, Debug)]
pub struct WorkflowInput(pub NewWorkflow);

impl FromInput for WorkflowInput {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let name = object.required("name", Node::label);
            let version = object.required("version", version);
            let title = object.required("title", |node| node.string(1..=200));
            let description = object.required("description", |node| node.string(1..=4000));
            let owner = object.optional("owner", |node| node.string(1..=255));
            let maintainer = object.optional("maintainer", |node| node.string(1..=255));
            let container_image = object.optional("container_image", image);
            let container_digest = object.optional("container_digest", digest);
            let labels = object.required("labels", five_labels);
            let custom_labels = object.optional("custom_labels", labels::wanted_labels);
            let detected_labels = object.optional("detected_labels", labels::wanted_labels);
            let parameters = object.optional("parameters", parameters);
            let content = object.required("content", content);
            let definition = Definition {
                name: name?,
                version: version?,
                title: title?,
                description: description?,
                owner: owner?,
                maintainer: maintainer?,
                container_image: container_image?,
                container_digest: container_digest?,
                labels: labels?,
                custom_labels: custom_labels?.unwrap_or_default(),
                detected_labels: detected_labels?.unwrap_or_default(),
                parameters: parameters?.unwrap_or_default(),
            };
            Some(Self(NewWorkflow { definition, content: content? }))
        })
    }
}

fn five_labels(node: Node<'_>) -> Option<Labels> {
    node.object(|object| {
        let signal_type = object.required("signal_type", wanted);
        let severity = object.required("severity", |node| wanted_word(node, Severity::WORDS));
        let component = object.required("component", wanted);
        let environment = object.required("environment", wanted);
        let priority = object
            .required("priority", |node| wanted_word(node, contract::datastorage::Priority::WORDS));
        Some(Labels {
            signal_type: signal_type?,
            severity: severity?,
            component: component?,
            environment: environment?,
            priority: priority?,
        })
    })
}

/// Reads a version: a semantic version, a date and a commit are all allowed.
fn version(node: Node<'_>) -> Option<String> {
    node.parse(1..=64, |text| {
        let inner =
            |character: char| character.is_ascii_alphanumeric() || "._+-".contains(character);
        if text.starts_with(|character: char| character.is_ascii_alphanumeric())
            && text.chars().all(inner)
        {
            Ok(text.to_owned())
        } else {
            Err("must begin with a letter or digit and have only letters, digits, '.', '_', '+' \
                 and '-'"
                .to_owned())
        }
    })
}

fn image(node: Node<'_>) -> Option<String> {
    node.parse(1..=512, |text| {
        if text.chars().all(|character| character.is_ascii_graphic()) {
            Ok(text.to_owned())
        } else {
            Err("must be ASCII without spaces".to_owned())
        }
    })
}

fn digest(node: Node<'_>) -> Option<String> {
    node.parse(1..=512, |text| match text.strip_prefix("sha256:") {
        Some(hex) if hex.len() == DIGEST_LENGTH && hex.bytes().all(is_hexadecimal) => {
            Ok(text.to_owned())
        }
        _ => Err("must be sha256: and 64 lower-case hexadecimal digits".to_owned()),
    })
}

fn is_hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn parameters(node: Node<'_>) -> Option<BTreeMap<String, Parameter>> {
    let parameters = node.clone().map(MAX_PARAMETERS, parameter::NAME_LENGTH, parameter::read)?;
    node.json(MAX_PARAMETERS_BYTES, MAX_CONTENT_DEPTH)?;
    Some(parameters)
}

fn content(node: Node<'_>) -> Option<Vec<Step>> {
    let steps = node.clone().array(1..=MAX_STEPS, step)?;
    node.json(MAX_CONTENT_BYTES, MAX_CONTENT_DEPTH)?;
    Some(steps)
}

/// Checks only the type of a step. The service that runs the step checks the
/// rest, which parameters may fill in.
fn step(node: Node<'_>) -> Option<Step> {
    let settings = node.value().as_object().cloned().unwrap_or_default();
    node.open_object(|object| {
        let kind = object.required("type", |node| node.word(StepType::WORDS))?;
        let settings = settings.into_iter().filter(|(name, _)| name != "type").collect();
        Some(Step { kind, settings })
    })
}
