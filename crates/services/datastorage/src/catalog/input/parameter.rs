//! The parameters of a workflow.

use contract::datastorage::{Parameter, ParameterType};
use kit::Node;
use serde_json::{Number, Value};

/// How many characters a parameter's name may have.
pub(super) const NAME_LENGTH: usize = 63;

/// How many values a parameter may be limited to.
const CHOICES: usize = 50;

/// The largest whole number that every reader of JSON keeps (RFC 7493,
/// section 2.2).
const WHOLE: i64 = 9_007_199_254_740_991;

pub(super) fn read(name: &str, node: Node<'_>) -> Option<Parameter> {
    let named = if is_name(name) {
        Some(())
    } else {
        node.refuse("must have a name of letters, digits and '_', with no digit in front")
    };
    let parameter = node.object(|object| {
        let kind = object.required("type", |node| node.word(ParameterType::WORDS));
        let description = object.optional("description", |node| node.string(1..=1000));
        let required = object.optional("required", Node::boolean);
        // Without a valid type the other fields cannot be checked.
        let choices = object.optional("enum", |node| choices(node, kind?));
        let minimum = object.optional("minimum", |node| bound(node, kind?));
        let maximum = object.optional("maximum", |node| bound(node, kind?));
        if let (Some(Some(minimum)), Some(Some(maximum))) = (&minimum, &maximum)
            && minimum.as_f64() > maximum.as_f64()
        {
            object.refuse::<()>("minimum", "must not be above maximum");
        }
        Some(Parameter {
            kind: kind?,
            description: description?,
            required: required?.unwrap_or_default(),
            choices: choices?,
            minimum: minimum?,
            maximum: maximum?,
        })
    });
    named.and(parameter)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|character: char| character.is_ascii_alphabetic() || character == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn choices(node: Node<'_>, kind: ParameterType) -> Option<Vec<Value>> {
    node.array(1..=CHOICES, |node| match kind {
        ParameterType::String => node.string(0..=255).map(Value::from),
        ParameterType::Integer | ParameterType::Number => number(node, kind).map(Value::from),
        ParameterType::Boolean => node.boolean().map(Value::from),
    })
}

fn bound(node: Node<'_>, kind: ParameterType) -> Option<Number> {
    match kind {
        ParameterType::Integer | ParameterType::Number => number(node, kind),
        ParameterType::String | ParameterType::Boolean => {
            node.refuse(format!("is for numbers and not for type {kind}"))
        }
    }
}

/// Reads a number as it was written: 1 does not become 1.0.
fn number(node: Node<'_>, kind: ParameterType) -> Option<Number> {
    if kind == ParameterType::Integer {
        return node.integer(-WHOLE..=WHOLE).map(Number::from);
    }
    match node.value() {
        Value::Number(number) => Some(number.clone()),
        _ => node.refuse("must be a number"),
    }
}
