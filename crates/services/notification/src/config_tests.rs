use clap::{CommandFactory as _, Parser as _};

use super::*;

/// A secret that is easy to search for.
const SECRET: &str = "hunter2hunter2";

fn config(arguments: &[&str]) -> Config {
    let required =
        ["--database-url", "sqlite:///n.db", "--datastorage-url", "http://d", "--output-dir", "/o"];
    Config::try_parse_from([&["notification"], &required[..], arguments].concat())
        .expect("good flags")
}

#[test]
fn every_flag_has_a_variable_and_secrets_are_not_shown() {
    for argument in Config::command().get_arguments() {
        let name = argument.get_id().as_str();
        if ["help", "version"].contains(&name) {
            continue;
        }
        assert!(argument.get_env().is_some(), "{name} has no variable");
        assert!(argument.get_help().is_some(), "{name} is not explained");
        let secret = ["database_url", "datastorage_url", "slack_url", "routing"].contains(&name);
        assert_eq!(argument.is_hide_env_values_set(), secret, "{name} in --help");
    }
    let config = config(&["--slack-url", SECRET, "--routing", SECRET]);
    let shown = format!("{config:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn an_address_that_is_none_is_refused_without_being_shown() {
    let refusal = |url| config(&["--slack-url", url]).slack_url().expect_err("no address");
    for url in [SECRET, "ftp://host/hunter2hunter2", "hooks.slack.com/hunter2hunter2", ""] {
        let refusal = format!("{:#}", refusal(url));
        assert!(
            refusal.starts_with("SLACK_URL must be ") && !refusal.contains(SECRET),
            "{refusal}"
        );
    }
    insta::assert_snapshot!(refusal("ftp://host/"), @r"
    SLACK_URL must be an http or https URL
    hint: it is the whole address of the incoming webhook
    ");
    let url = config(&["--slack-url", "https://hooks.slack.com/services/T0"]).slack_url();
    assert_eq!(url.expect("good").expect("set").path(), "/services/T0");
}

#[test]
fn rules_come_from_a_file_or_from_the_variable_and_not_from_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("routing.toml");
    let file = path.to_str().expect("text");
    let refusal = |config: Config| {
        let refusal = config.routing(false).expect_err("not good rules");
        format!("{refusal:#}").replace(file, "<file>")
    };
    insta::assert_snapshot!(refusal(config(&["--routing-file", file])), @"cannot use <file> (ROUTING_FILE): No such file or directory (os error 2)");
    std::fs::write(&path, "receiver = \"nobody\"").expect("written");
    insta::assert_snapshot!(refusal(config(&["--routing-file", file])), @"cannot use <file> (ROUTING_FILE): line 1, column 1: receiver names nobody, which is none of the receivers console");
    insta::assert_snapshot!(refusal(config(&["--routing", "receiver = \"nobody\""])), @"cannot use ROUTING: line 1, column 1: receiver names nobody, which is none of the receivers console");
    std::fs::write(&path, "[receivers]\ndesk = [{ type = \"log\" }]").expect("written");
    assert!(config(&["--routing-file", file]).routing(false).is_ok());
    assert!(config(&[]).routing(false).is_ok());

    let both = ["notification", "--routing-file", file, "--routing", ""];
    let error = Config::try_parse_from(both).expect_err("both").to_string();
    assert!(error.contains("cannot be used with '--routing <ROUTING>'"), "{error}");
}
