use proptest::prelude::*;
use proptest::sample;

use super::*;

#[test]
fn what_looks_like_a_secret_is_replaced_and_the_rest_stays() {
    let table = [
        "password=hunter2, user=ann",
        "PASSWORD: hunter2",
        r#"{"password": "two words", "user": "ann"}"#,
        r#"{"password":"with \" quote","user":"ann"}"#,
        r#"a string of JSON: "{\"api_key\":\"abc\",\"user\":\"ann\"}""#,
        "db_password='two words' next",
        "password=\"cut off",
        "DB.PASSWD=abc&x=1",
        "aws_secret_access_key = abc/def+ghi",
        "Authorization: Bearer abcdefgh12345678",
        "authorization: Basic YW5uOmh1bnRlcjI=",
        "curl -H 'Authorization: token abc123'",
        "https://ann:hunter2@example.org/path?x=1",
        "postgres://ann:p@ss:w@db/trail",
        "https://example.org/hook?token=abc123&x=1",
        "https://hooks.slack.com/services/T000/B000/XXXX)",
        "key AKIAIOSFODNN7EXAMPLE leaked",
        "ghp_abcdefghijklmnopqrst0123456789 leaked",
        "xoxb-123456789012-abcdef leaked",
        "sk-proj-abcdefghijklmnop leaked",
        "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4 leaked",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter",
        "-----BEGIN PRIVATE KEY-----\nMIIE",
    ];
    let scrubbed: Vec<_> = table.into_iter().map(text).collect();
    insta::assert_snapshot!(scrubbed.join("\n"), @r#"
    password=[REDACTED], user=ann
    PASSWORD: [REDACTED]
    {"password": "[REDACTED]", "user": "ann"}
    {"password":"[REDACTED]","user":"ann"}
    a string of JSON: "{\"api_key\":\"[REDACTED]\",\"user\":\"ann\"}"
    db_password='[REDACTED]' next
    password="[REDACTED]
    DB.PASSWD=[REDACTED]&x=1
    aws_secret_access_key = [REDACTED]
    Authorization: [REDACTED] [REDACTED]
    authorization: [REDACTED] [REDACTED]
    curl -H 'Authorization: [REDACTED] [REDACTED]'
    https://[REDACTED]@example.org/path?x=1
    postgres://[REDACTED]@db/trail
    https://example.org/hook?token=[REDACTED]&x=1
    https://hooks.slack.com/services/[REDACTED])
    key [REDACTED] leaked
    [REDACTED] leaked
    [REDACTED] leaked
    [REDACTED] leaked
    [REDACTED] leaked
    -----BEGIN RSA PRIVATE KEY-----[REDACTED]-----END RSA PRIVATE KEY-----
    after
    -----BEGIN PRIVATE KEY-----[REDACTED]
    "#);
}

#[test]
fn what_does_not_look_like_a_secret_stays() {
    for harmless in [
        "pod web-1 in namespace shop was OOMKilled 3 times",
        "the bearer token is missing",
        "https://example.org/a@b?mail=ann@example.org",
        "write to ann@example.org",
        "the password is too short",
        "keys: 3, monkeys: 4",
        "",
    ] {
        assert_eq!(text(harmless), harmless);
    }
}

#[test]
fn a_value_under_a_secret_name_is_replaced_whole() {
    assert_eq!(entry("db_password", "two words"), REDACTED);
    assert_eq!(entry("Authorization", "Basic abc"), REDACTED);
    assert_eq!(entry("cluster", "eu-1, token=abc"), "eu-1, token=[REDACTED]");
    assert_eq!(entry("password", ""), "");
}

#[test]
fn an_address_is_shown_without_credentials() {
    let shown = |text: &str| url(&Url::parse(text).expect("a URL")).to_string();
    assert_eq!(shown("http://ann:hunter2@host:1/hook?x=1"), "http://host:1/hook?x=1");
    assert_eq!(shown("http://host/hook?api_key=abc&x=1"), "http://host/hook?api_key=REDACTED&x=1");
    assert_eq!(shown("http://127.0.0.1:8080/hook/a"), "http://127.0.0.1:8080/hook/a");
    assert_eq!(
        shown("https://hooks.slack.com/services/T0/B0/abc"),
        "https://hooks.slack.com/services/REDACTED"
    );
}

#[test]
fn what_one_secret_hid_is_found_too() {
    let once = text("a://password://a@");
    assert_eq!(text(&once), once);
}

proptest! {
    #[test]
    fn scrubbing_twice_changes_nothing(input in r#"(?s)([a-z]{0,5}(password|token|Bearer|://|@|=|: |"|'|\\|-----BEGIN PRIVATE KEY-----| |\n|[A-Z0-9_.-]{0,12})){0,12}"#) {
        let once = text(&input);
        prop_assert_eq!(text(&once), once);
    }

    #[test]
    fn a_text_keeps_its_limit(input in "(?s)(pwd=.,|token|[a-zß-ÿ]){0,60}", limit in 0..80_usize) {
        let cut = text_within(limit, &input);
        let whole = text(&input);
        if whole.chars().count() <= limit {
            prop_assert_eq!(cut, whole);
        } else {
            prop_assert_eq!(cut.chars().count(), limit.max(1));
            let start = cut.strip_suffix('…').expect("the mark");
            prop_assert!(whole.starts_with(start), "{} became {}", whole, cut);
        }
    }

    #[test]
    fn no_text_panics(input in "(?s).{0,200}") {
        let _ = text(&input);
    }

    /// A secret of any kind is removed from any surrounding text.
    #[test]
    fn the_secret_is_gone(
        before in proptest::collection::vec(sample::select(ORDINARY), 0..4),
        (form, secret) in secrets(),
        after in proptest::collection::vec(sample::select(ORDINARY), 0..4),
        around in sample::select(&[(" ", " "), ("\n", "\n"), ("(", ")"), ("\"", "\""), (",", ";"), ("<", ">")][..]),
    ) {
        let (open, close) = around;
        let message = format!("{}{open}{form}{close} {}", before.join(" "), after.join(" "));
        let scrubbed = text(&message);
        prop_assert!(!scrubbed.contains(&secret), "{} became {}", message, scrubbed);
        for word in before.iter().chain(&after) {
            prop_assert!(scrubbed.contains(word), "{} became {}", message, scrubbed);
        }
    }

    #[test]
    fn ordinary_text_is_not_changed(
        words in proptest::collection::vec(sample::select(ORDINARY), 0..12),
        between in sample::select(&[" ", ", ", "\n", "; ", " - ", ". "][..]),
    ) {
        let message = words.join(between);
        prop_assert_eq!(text(&message), message);
    }

    #[test]
    fn a_value_with_a_secret_name_is_gone(
        name in sample::select(NAMES),
        prefix in "([a-zA-Z]{1,8}[._-])?",
        value in "(?s).{1,30}",
    ) {
        prop_assert_eq!(entry(&format!("{prefix}{name}"), &value), REDACTED);
    }
}

/// Everyday texts without secrets.
const ORDINARY: &[&str] = &[
    "pod web-1 in namespace shop was OOMKilled 3 times",
    "https://example.org/a/b?page=2&sort=name#top",
    "postgres://db.example.org:5432/trail",
    "ann@example.org",
    "key: value",
    "image=localhost/web:web-0193a5c2e4b07c1e9f3a2b4c5d6e7f80",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0193a5c2-e4b0-7c1e-9f3a-2b4c5d6e7f80",
    "{\"status\": 503, \"reason\": \"busy\"}",
    "2026-01-31T12:00:00Z",
    "the password was too short",
    "the bearer of news",
    "p99 = 120 ms",
    "größer als üblich 😀",
];

/// Names that make their values secrets.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "api-key",
    "APIKEY",
    "access_key",
    "access-key",
    "private_key",
    "signing-key",
    "credential",
    "credentials",
    "Authorization",
    "client_secret",
    "DB_PASSWORD",
    "aws.secret-access-key",
    "X-Auth-Token",
];

/// A text with a secret in a recognised form, and the secret itself.
fn secrets() -> impl Strategy<Value = (String, String)> {
    let named = (sample::select(NAMES), "[A-Za-z0-9]{12,20}", 0..9_usize).prop_map(
        |(name, secret, form)| {
            let form = match form {
                0 => format!("{name}={secret}"),
                1 => format!("{name}: {secret}"),
                2 => format!("{name} = \"{secret} and more\""),
                3 => format!("{name}='{secret} and more'"),
                4 => format!("\"{name}\": \"{secret}\""),
                5 => format!("\"{name}\":\"a \\\" and {secret}\""),
                6 => format!("{{\\\"{name}\\\":\\\"{secret}\\\"}}"),
                7 => format!("'{name}' : '{secret}'"),
                _ => format!("?a=1&{name}={secret}&b=2"),
            };
            (form, secret)
        },
    );
    let shaped = |secret: &'static str, form: fn(&str) -> String| {
        secret.prop_map(move |secret: String| (form(&secret), secret))
    };
    prop_oneof![
        8 => named,
        1 => shaped("[A-Za-z0-9._~+/=-]{12,40}", |token| format!("Bearer {token}")),
        1 => shaped("[A-Za-z0-9+/]{12,40}={0,2}", |credentials| format!("Authorization: Basic {credentials}")),
        1 => shaped("[a-z0-9]{12,20}", |password| format!("https://ann:{password}@example.org/")),
        1 => shaped("[a-z0-9]{12,20}", |user| format!("amqp://{user}@example.org")),
        1 => shaped("T[A-Z0-9]{8}/B[A-Z0-9]{8}/[A-Za-z0-9]{24}", |path| {
            format!("https://hooks.slack.com/services/{path}")
        }),
        1 => shaped("(AKIA|ASIA)[0-9A-Z]{16}", str::to_owned),
        1 => shaped("gh[pousr]_[A-Za-z0-9]{36}", str::to_owned),
        1 => shaped("github_pat_[A-Za-z0-9_]{60}", str::to_owned),
        1 => shaped("xox[abeprs]-[0-9]{12}-[A-Za-z0-9]{24}", str::to_owned),
        1 => shaped("sk-(proj-)?[A-Za-z0-9]{24,48}", str::to_owned),
        1 => shaped("eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}", str::to_owned),
        1 => shaped("[A-Za-z0-9+/]{40}\n[A-Za-z0-9+/]{40}", |key| {
            format!("-----BEGIN RSA PRIVATE KEY-----\n{key}\n-----END RSA PRIVATE KEY-----")
        }),
    ]
}
