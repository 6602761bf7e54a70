//! Taking secrets out of text before it is sent, kept or logged.
//!
//! What counts as a secret: values that are called password, secret, token, API
//! key or the like; bearer tokens and `Authorization` headers; user and
//! password in URLs; private keys; tokens whose form gives them away (AWS,
//! GitHub, Slack, OpenAI, JSON web tokens). A password of several words after
//! `password:` is only recognised when it is quoted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use url::Url;

/// What stands in place of a secret.
pub const REDACTED: &str = "[REDACTED]";

/// The same within a URL, where a bracket stands only around an IPv6 address
/// (RFC 3986, section 3.2.2): what is shown is still a URL.
const REDACTED_IN_URL: &str = "REDACTED";

/// The most passes over one text, so that scrubbing ends whatever the text is.
const PASSES: usize = 16;

/// Words that tell that a value is a secret, wherever they stand in its name.
const SECRET_NAME: &str = r"(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signing[_-]?key|credentials?|authorization)";

/// A value behind its name: quoted within a quoted string, quoted (an end that
/// is cut off counts as one), or bare.
const VALUE: &str = r#"\\"(?<escaped>(?:[^"\\]|\\[^"])*)|"(?<double>(?:[^"\\]|\\[\s\S])*)|'(?<single>[^']*)|(?<bare>[^\s,;&"'\\}\])]+)"#;

/// One kind of secret: the group `secret` is replaced, the rest stays.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // Private keys, also when their end is cut off.
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?<secret>[\s\S]*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        // Credentials in URLs; a password may hold an @.
        r"(?i)\b[a-z][a-z0-9+.-]*://(?<secret>[^\s/?#]+)@",
        // Incoming webhooks of Slack are secrets as a whole.
        r"(?i)https://hooks\.slack\.com/services/(?<secret>[^\s)>\x22']+)",
        r"(?i)\bbearer\s+(?<secret>[a-z0-9._~+/=-]{8,})",
        r"(?i)\bauthorization[\x22']?\s*[:=]\s*[\x22']?(?:basic|digest|token)\s+(?<secret>[^\s\x22',;]+)",
        // Tokens whose form gives them away.
        r"\b(?<secret>(?:AKIA|ASIA)[0-9A-Z]{16})\b",
        r"\b(?<secret>gh[pousr]_[A-Za-z0-9]{20,})",
        r"\b(?<secret>github_pat_[A-Za-z0-9_]{20,})",
        r"\b(?<secret>xox[abeprs]-[A-Za-z0-9-]{10,})",
        r"\b(?<secret>sk-[A-Za-z0-9_-]{16,})",
        r"\b(?<secret>eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)",
    ]
    .map(compile)
    .into()
});

/// `name: value`, `name=value`, `"name": "value"`, also within JSON in a string.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    compile(&format!(r#"(?i)[\w.-]*{SECRET_NAME}[\w.-]*\\?["']?\s*[:=]\s*(?:{VALUE})"#))
});

static NAME: LazyLock<Regex> = LazyLock::new(|| compile(&format!("(?i){SECRET_NAME}")));

/// Takes secrets out of a text.
#[must_use]
pub fn text(text: &str) -> String {
    let mut text = text.to_owned();
    // What stands in place of one secret can make the next one visible, so this
    // goes on until nothing changes. One pass is nearly always enough.
    for _ in 0..PASSES {
        let scrubbed = pass(&text);
        if scrubbed == text {
            break;
        }
        text = scrubbed;
    }
    text
}

fn pass(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    for pattern in PATTERNS.iter() {
        if let Cow::Owned(replaced) = pattern.replace_all(&text, redact) {
            text = Cow::Owned(replaced);
        }
    }
    NAMED.replace_all(&text, redact_value).into_owned()
}

/// Takes secrets out of a value that has a name of its own: if the name says
/// that it is a secret, all of it.
#[must_use]
pub fn entry(name: &str, value: &str) -> String {
    if NAME.is_match(name) && !value.is_empty() { REDACTED.to_owned() } else { text(value) }
}

/// Takes secrets out of names and their values; see [`entry`].
#[must_use]
pub fn entries(entries: BTreeMap<String, String>) -> BTreeMap<String, String> {
    entries.into_iter().map(|(name, value)| (text(&name), entry(&name, &value))).collect()
}

/// Takes user, password and secret parameters out of a URL.
#[must_use]
pub fn url(url: &Url) -> Url {
    let mut clean = url.clone();
    // Both are refused only for URLs that cannot have them.
    let _ = clean.set_password(None);
    let _ = clean.set_username("");
    // What cannot be cleaned in place is cut down to its host.
    let clean = text(clean.as_str()).replace(REDACTED, REDACTED_IN_URL);
    Url::parse(&clean).unwrap_or_else(|_| url_to_host(url))
}

/// Takes all but scheme, host and port out of a URL that is a secret as a whole.
#[must_use]
pub fn url_to_host(url: &Url) -> Url {
    let mut host = url.clone();
    // Both are refused only for URLs that cannot have them.
    let _ = host.set_password(None);
    let _ = host.set_username("");
    host.set_path(REDACTED_IN_URL);
    host.set_query(None);
    host.set_fragment(None);
    host
}

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are constants and tested")
}

/// Replaces the group `secret`.
fn redact(captures: &Captures<'_>) -> String {
    let whole = captures.get_match();
    let secret = captures.name("secret").unwrap_or(whole);
    replace(whole, secret)
}

/// Replaces the value, and keeps its quotes.
fn redact_value(captures: &Captures<'_>) -> String {
    let whole = captures.get_match();
    let value =
        ["escaped", "double", "single", "bare"].iter().find_map(|group| captures.name(group));
    match value {
        // Replaced already, or a scheme whose credentials are.
        Some(value) if value.as_str().is_empty() || value.as_str().starts_with("[REDACTED") => {
            whole.as_str().to_owned()
        }
        Some(value) => replace(whole, value),
        None => whole.as_str().to_owned(),
    }
}

fn replace(whole: regex::Match<'_>, part: regex::Match<'_>) -> String {
    let [start, end] = [part.start() - whole.start(), part.end() - whole.start()];
    format!("{}{REDACTED}{}", &whole.as_str()[..start], &whole.as_str()[end..])
}

#[cfg(test)]
#[path = "scrub_tests.rs"]
mod tests;
