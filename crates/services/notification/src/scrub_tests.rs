use proptest::prelude::*;

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
    assert_eq!(
        shown("http://host/hook?api_key=abc&x=1"),
        "http://host/hook?api_key=[REDACTED]&x=1"
    );
    assert_eq!(shown("http://127.0.0.1:8080/hook/a"), "http://127.0.0.1:8080/hook/a");
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
    fn no_text_panics(input in "(?s).{0,200}") {
        let _ = text(&input);
    }

    /// Whatever stands around it, a secret in one of these forms is gone.
    #[test]
    fn the_secret_is_gone(
        before in "[a-z ,.\n]{0,20}",
        secret in "[A-Za-z0-9]{8}Q7z[A-Za-z0-9]{8}",
        after in "[a-z ,.\n]{0,20}",
        form in 0..8_usize,
    ) {
        let form = [
            format!("password={secret}"),
            format!("\"client_secret\": \"{secret} and more\""),
            format!("Bearer {secret}"),
            format!("https://ann:{secret}@example.org/"),
            format!("https://{secret}@example.org/"),
            format!("'access-key' : '{secret}'"),
            format!("Authorization: Basic {secret}"),
            format!("{{\\\"token\\\":\\\"{secret}\\\"}}"),
        ][form].clone();
        let scrubbed = text(&format!("{before} {form} {after}"));
        prop_assert!(!scrubbed.contains(&secret), "{}", scrubbed);
    }
}
