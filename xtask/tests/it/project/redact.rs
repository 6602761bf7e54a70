//! Taking out of a text what is different in every run.

/// What stands before a number that is different in every run.
const NUMBERED: [&str; 4] = ["process ", "pid ", "port ", ".partial-"];

/// Replaces run ids, digests, addresses, process ids, ports, and the temporary
/// folder of a copy.
pub(crate) fn redact(text: &str) -> String {
    let temp = format!("{}/onetag-", std::env::temp_dir().display());
    let mut redacted = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = span(rest, |c| c.is_ascii_alphanumeric());
        let digits = span(rest, |c| c.is_ascii_digit());
        let hex = word == span(rest, |c| c.is_ascii_hexdigit());
        let (length, replacement) = if let Some(folder) = rest.strip_prefix(&temp) {
            (temp.len() + span(folder, |c| c.is_ascii_alphanumeric()), "[temp]")
        } else if let Some(port) = rest.strip_prefix("127.0.0.1:") {
            (rest.len() - port.len() + span(port, |c| c.is_ascii_digit()), "[address]")
        } else if hex && word == 32 {
            (word, "[run id]")
        } else if hex && word == 64 {
            (word, "[digest]")
        } else if digits > 0 && NUMBERED.iter().any(|before| redacted.ends_with(before)) {
            (digits, "[number]")
        } else {
            let length = word.max(first.len_utf8());
            redacted.push_str(&rest[..length]);
            (length, "")
        };
        redacted.push_str(replacement);
        rest = &rest[length..];
    }
    redacted
}

/// How long the text goes on with such characters.
fn span(text: &str, allowed: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !allowed(c)).unwrap_or(text.len())
}
