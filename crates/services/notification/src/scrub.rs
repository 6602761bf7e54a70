//! Removing secrets from text before it is sent, stored or logged.
//!
//! Secrets are: values named password, secret, token, API key or the like;
//! bearer tokens and `Authorization` headers; user and password in URLs;
//! private keys; tokens with a known form (AWS, GitHub, Slack, OpenAI, JSON web
//! tokens). A password of several words after `password:` is only recognised if
//! it is quoted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use url::Url;

/// The replacement of a secret.
pub const REDACTED: &str = "[REDACTED]";

/// The replacement within a URL, which keeps it a URL: brackets are only
/// allowed around an IPv6 address (RFC 3986, section 3.2.2).
const REDACTED_IN_URL: &str = "REDACTED";

/// Marks the place where text was cut off.
const CUT: char = '…';

/// The largest number of passes over a text, so that scrubbing always ends.
const PASSES: usize = 16;

/// Words that mark a value as a secret, anywhere in its name.
const SECRET_NAME: &str = r"(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signing[_-]?key|credentials?|authorization)";

/// A value behind its name: quoted within a quoted string, quoted (the closing
/// quote may be missing), or unquoted.
const VALUE: &str = r#"\\"(?<escaped>(?:[^"\\]|\\[^"])*)|"(?<double>(?:[^"\\]|\\[\s\S])*)|'(?<single>[^']*)|(?<bare>[^\s,;&"'\\}\])]+)"#;

/// One pattern for each kind of secret. The group `secret` is replaced, the
/// rest stays.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // Private keys, also when their end is cut off.
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?<secret>[\s\S]*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        // Credentials in URLs; a password may hold an @.
        r"(?i)\b[a-z][a-z0-9+.-]*://(?<secret>[^\s/?#]+)@",
        // Incoming webhooks of Slack.
        r"(?i)https://hooks\.slack\.com/services/(?<secret>[^\s)>\x22']+)",
        r"(?i)\bbearer\s+(?<secret>[a-z0-9._~+/=-]{8,})",
        r"(?i)\bauthorization[\x22']?\s*[:=]\s*[\x22']?(?:basic|digest|token)\s+(?<secret>[^\s\x22',;]+)",
        // Tokens with a known form.
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

/// Removes secrets from a text.
#[must_use]
pub fn text(text: &str) -> String {
    let mut text = text.to_owned();
    // A replacement can make another secret recognisable, so this repeats until
    // nothing changes. One pass is nearly always enough.
    for _ in 0..PASSES {
        let scrubbed = pass(&text);
        if scrubbed == text {
            break;
        }
        text = scrubbed;
    }
    text
}

/// Removes secrets from a text and cuts it to at most `limit` characters, since
/// a secret can be shorter than its replacement. A cut text ends with `…`.
#[must_use]
pub fn text_within(limit: usize, text: &str) -> String {
    cut(limit, self::text(text))
}

fn cut(limit: usize, text: String) -> String {
    if text.chars().count() <= limit {
        return text;
    }
    text.chars().take(limit.saturating_sub(1)).chain([CUT]).collect()
}

/// Whether a text holds a secret.
#[must_use]
pub fn has_secret(text: &str) -> bool {
    self::text(text) != text
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

/// Removes secrets from a named value. If the name marks it as a secret, the
/// whole value is replaced.
#[must_use]
pub fn entry(name: &str, value: &str) -> String {
    if NAME.is_match(name) && !value.is_empty() { REDACTED.to_owned() } else { text(value) }
}

/// Removes secrets from names and their values, and cuts both; see [`entry`]
/// and [`text_within`].
#[must_use]
pub fn entries_within(
    name_limit: usize,
    limit: usize,
    entries: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    entries
        .into_iter()
        .map(|(name, value)| (text_within(name_limit, &name), cut(limit, entry(&name, &value))))
        .collect()
}

/// Removes user, password and secret parameters from a URL.
#[must_use]
pub fn url(url: &Url) -> Url {
    let mut clean = url.clone();
    // Both calls fail only for URLs that cannot have user information.
    let _ = clean.set_password(None);
    let _ = clean.set_username("");
    // If the result is no URL, only the host is kept.
    let clean = text(clean.as_str()).replace(REDACTED, REDACTED_IN_URL);
    Url::parse(&clean).unwrap_or_else(|_| url_to_host(url))
}

/// Keeps only scheme, host and port of a URL that is a secret as a whole.
#[must_use]
pub fn url_to_host(url: &Url) -> Url {
    let mut host = url.clone();
    // Both calls fail only for URLs that cannot have user information.
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
        // Already replaced, or a scheme whose credentials are.
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
