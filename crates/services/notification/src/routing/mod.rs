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

mod document;
mod matcher;
mod route;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kit::check::Schema;
use kit::toml::Document;
use kit::{Violation, Violations};

use crate::model::{Channel, ChannelType, Receiver, Spec, check_channels};

use document::{ReceiverChannels, RoutingDocument};
use route::Route;

/// The schema of the document.
static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::of::<RoutingDocument>);

/// How many characters a receiver's name may have.
const NAME_LENGTH: usize = 63;

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
        let rules = Rules::read(document.read(&SCHEMA)?);
        let rules = rules.map_err(|violations| document.refusal(&violations))?;
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
    let without = channels
        .iter()
        .enumerate()
        .filter(|(_, channel)| channel.kind == ChannelType::Slack && channel.url.is_none());
    without
        .map(|(index, _)| Violation {
            field: format!("{path}[{index}].url"),
            message: "is required, unless the service is started with SLACK_URL".to_owned(),
        })
        .collect()
}

impl Rules {
    /// Reads the rules.
    fn read(document: RoutingDocument) -> Result<Self, Vec<Violation>> {
        let mut violations = Violations::default();
        let mut receivers = BTreeMap::new();
        for (name, ReceiverChannels(mut channels)) in document.receivers {
            let path = format!("receivers.{name}");
            if !(1..=NAME_LENGTH).contains(&name.chars().count()) {
                violations
                    .refuse(&path, format!("must have a key of 1 to {NAME_LENGTH} characters"));
            }
            check_channels(&path, &mut channels, &mut violations);
            receivers.insert(name, channels);
        }
        let console =
            Channel { name: Some(CONSOLE.to_owned()), ..Channel::new(ChannelType::Console) };
        receivers.entry(CONSOLE.to_owned()).or_insert_with(|| vec![console]);

        let known: Vec<_> = receivers.keys().map(String::as_str).collect();
        let unknown = |name: &str| {
            format!("names {name}, which is none of the receivers {}", known.join(", "))
        };
        let default = document.receiver.unwrap_or_else(|| CONSOLE.to_owned());
        if !receivers.contains_key(&default) {
            violations.refuse("receiver", unknown(&default));
        }
        let mut routes: Vec<Route> = Vec::new();
        for (index, rule) in document.routes.into_iter().enumerate() {
            let path = format!("routes[{index}]");
            let before = violations.len();
            let route = Route::read(&path, rule, &mut violations);
            if !receivers.contains_key(&route.receiver) {
                violations.refuse(format!("{path}.receiver"), unknown(&route.receiver));
            }
            // A route without its bad matchers is not the one that was meant.
            let earlier = routes.iter().position(|earlier| earlier.covers(&route));
            if let Some(earlier) = earlier.filter(|_| violations.len() == before) {
                let message =
                    format!("can never match: routes[{earlier}] matches all that it does");
                violations.refuse(path, message);
            }
            routes.push(route);
        }
        violations.or(Self { default, routes, receivers })
    }
}
