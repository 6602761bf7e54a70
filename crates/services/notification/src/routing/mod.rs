//! Routing: the receivers of notifications that name no channels.
//!
//! The rules are modelled on Alertmanager's. The first route that matches
//! decides; without a match the default receiver is chosen. A receiver is a
//! list of channels.
//!
//! ```toml
//! receiver = "operators"                  # the default; `console` if left out
//!
//! [[routes]]
//! matchers = ['team = storage', 'environment =~ "prod|staging"']
//! type = ["approval", "escalation"]       # any of them
//! priority = ["critical", "high"]
//! receiver = "storage"
//!
//! [receivers]
//! operators = [{ type = "log" }, { type = "slack" }]
//! storage = [{ type = "webhook", url = "https://example.org/hook" }]
//! ```
//!
//! There is always a receiver `console`, with the channel `console` unless the
//! document defines it. Channels are written as in a request.

mod matcher;
mod route;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kit::toml::Document;
use kit::{FromInput, Node, Violation};

use crate::model::{self, Channel, ChannelKind, Receiver, Spec};

use route::Route;

/// The name of the receiver that always exists.
const CONSOLE: &str = "console";

/// Routing: the receivers of notifications that name no channels.
#[derive(Clone, Debug)]
pub struct Routing {
    rules: Rules,
    /// Whether `slack` channels may have no address of their own.
    slack_url: bool,
}

/// The rules of the document.
#[derive(Clone, Debug)]
struct Rules {
    default: String,
    routes: Vec<Route>,
    receivers: BTreeMap<String, Vec<Channel>>,
}

impl Routing {
    /// Reads the rules from a TOML document. `slack_url` says whether `slack`
    /// channels may have no address of their own.
    ///
    /// # Errors
    ///
    /// All violations in the document, with their positions.
    pub fn read(document: &str, slack_url: bool) -> anyhow::Result<Self> {
        let document = Document::parse(document)?;
        let rules: Rules = document.read()?;
        let mut violations = Vec::new();
        if !slack_url {
            for (name, channels) in &rules.receivers {
                violations.extend(without_address(&format!("receivers.{name}"), channels));
            }
        }
        if !violations.is_empty() {
            return Err(document.refusal(&violations));
        }
        Ok(Self { rules, slack_url })
    }

    /// The receiver for a request; `None` if the request names its channels.
    ///
    /// # Errors
    ///
    /// Each channel of the request without an address.
    pub fn receiver(&self, spec: &Spec) -> Result<Option<Receiver>, Vec<Violation>> {
        let Some(channels) = &spec.channels else {
            return Ok(Some(self.choose(spec)));
        };
        let violations =
            if self.slack_url { Vec::new() } else { without_address("channels", channels) };
        if violations.is_empty() { Ok(None) } else { Err(violations) }
    }

    fn choose(&self, spec: &Spec) -> Receiver {
        let route = self.rules.routes.iter().find(|route| route.matches(spec));
        let name = route.map_or(&self.rules.default, |route| &route.receiver);
        let channels = self.rules.receivers.get(name).cloned().unwrap_or_default();
        Receiver { name: name.clone(), channels }
    }
}

/// A violation for each `slack` channel without an address.
fn without_address(path: &str, channels: &[Channel]) -> Vec<Violation> {
    let without = channels.iter().enumerate().filter(|(_, channel)| channel.needs_slack_url());
    without
        .map(|(index, _)| Violation {
            field: format!("{path}[{index}].url"),
            message: "is required, unless the service is started with SLACK_URL".to_owned(),
        })
        .collect()
}

impl FromInput for Rules {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let default = object.optional("receiver", Node::label);
            let routes = object.optional("routes", |node| node.array(0..=1000, Route::read));
            let receivers = object.optional("receivers", |node| {
                node.map(1000, 63, |_, channels| model::list(channels))
            });
            let default = default?.unwrap_or_else(|| CONSOLE.to_owned());
            let routes = routes?.unwrap_or_default();
            let mut receivers = receivers?.unwrap_or_default();
            let console = Channel { name: CONSOLE.to_owned(), kind: ChannelKind::Console };
            receivers.entry(CONSOLE.to_owned()).or_insert_with(|| vec![console]);

            let known: Vec<_> = receivers.keys().map(String::as_str).collect();
            let unknown = |name: &str| {
                format!("names {name}, which is none of the receivers {}", known.join(", "))
            };
            if !receivers.contains_key(&default) {
                object.refuse::<()>("receiver", unknown(&default));
            }
            for (index, route) in routes.iter().enumerate() {
                if !receivers.contains_key(&route.receiver) {
                    object.refuse::<()>(
                        &format!("routes[{index}].receiver"),
                        unknown(&route.receiver),
                    );
                }
                if let Some(earlier) =
                    routes[..index].iter().position(|before| before.covers(route))
                {
                    let message =
                        format!("can never match: routes[{earlier}] matches all that it does");
                    object.refuse::<()>(&format!("routes[{index}]"), message);
                }
            }
            Some(Self { default, routes, receivers })
        })
    }
}
