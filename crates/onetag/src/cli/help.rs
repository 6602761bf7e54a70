//! The help, made from the grammar.

use super::grammar::{HELP, Opt, Positional, VERBS, Verb};

const NEXTEST: Positional = Positional {
    name: "NEXTEST ARGS",
    help: "What nextest gets as well, for example `-E 'test(name)'`",
    several: true,
};

/// The help of the command line: its verbs.
pub(super) fn help() -> String {
    let shown = VERBS.iter().filter(|verb| !verb.hidden);
    let verbs = shown.map(|verb| (verb.name.to_owned(), verb.about.to_owned())).collect();
    format!(
        "End-to-end tests of this workspace's services\n\n\
         Usage: cargo xtask <COMMAND>\n{}{}",
        list("Commands", verbs),
        list("Options", vec![option(&HELP)])
    )
}

/// The help of one verb.
pub(super) fn help_of(verb: &Verb) -> String {
    let mut usage = format!("Usage: cargo xtask {}", verb.name);
    if !verb.options.is_empty() {
        usage += " [OPTIONS]";
    }
    let mut arguments = Vec::new();
    if let Some(positional) = &verb.positional {
        usage += &format!(" {}", shape(positional));
        arguments.push((shape(positional), positional.help.to_owned()));
    }
    if verb.nextest {
        usage += &format!(" [-- {}]", shape(&NEXTEST));
        arguments.push((shape(&NEXTEST), NEXTEST.help.to_owned()));
    }
    format!(
        "{}\n\n{usage}\n{}{}",
        verb.about,
        list("Arguments", arguments),
        list("Options", verb.all_options().map(option).collect())
    )
}

/// How arguments look in the usage: brackets stand around what can be left out.
fn shape(positional: &Positional) -> String {
    let Positional { name, several, .. } = positional;
    if *several { format!("[{name}]...") } else { format!("<{name}>") }
}

/// An option, and what there is to say about it.
fn option(option: &Opt) -> (String, String) {
    let short = if option.name == HELP.name { "-h, " } else { "    " };
    let mut left = format!("{short}{option}");
    let mut right = option.help.to_owned();
    if let Some(value) = &option.value {
        left += &format!(" <{}>", value.name);
        right += &format!(" [default: {}]", value.default);
        if !value.words.is_empty() {
            right += &format!(" [possible values: {}]", value.words.join(", "));
        }
    }
    (left, right)
}

/// A title and two columns below it; nothing if there is no row.
fn list(title: &str, rows: Vec<(String, String)>) -> String {
    let Some(width) = rows.iter().map(|(left, _)| left.len()).max() else {
        return String::new();
    };
    let mut text = format!("\n{title}:\n");
    for (left, right) in rows {
        text += &format!("  {left:width$}  {right}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::grammar::verb;
    use super::*;

    fn of(name: &str) -> String {
        help_of(verb(name).unwrap())
    }

    #[test]
    fn the_verbs_are_listed_with_what_they_do() {
        insta::assert_snapshot!(help(), @"
        End-to-end tests of this workspace's services

        Usage: cargo xtask <COMMAND>

        Commands:
          e2e     Build, deploy, prove, test, and leave nothing behind: the main job
          up      Start what a suite needs and keep it, or bring what is kept up to date
          test    Run a suite against its kept run; refuses what is stale
          down    End the kept runs of a suite
          status  Show the runs that there are
          bench   Measure what a run costs, against the same done by hand
          hook    Hand the environment of a run to nextest; a setup script of its configuration calls this

        Options:
          -h, --help  Print help
        ");
    }

    #[test]
    fn each_verb_has_its_own_help() {
        insta::assert_snapshot!(of("e2e"), @"
        Build, deploy, prove, test, and leave nothing behind: the main job

        Usage: cargo xtask e2e [OPTIONS] [SERVICE]... [-- [NEXTEST ARGS]...]

        Arguments:
          [SERVICE]...       Suites to run, one after the other; most are named like their service
          [NEXTEST ARGS]...  What nextest gets as well, for example `-E 'test(name)'`

        Options:
              --all                       Run every suite of the workspace
              --keep                      Keep the run for `test`, `up` and `down`
              --keep-on-failure           Keep the run if anything fails
              --ready-timeout <DURATION>  How long a service may take to become ready, for example `90s` [default: 60s]
              --format <FORMAT>           What goes to stdout: nothing (talk goes to stderr), or one JSON document [default: human] [possible values: human, json]
          -h, --help                      Print help
        ");
        insta::assert_snapshot!(of("up"), @"
        Start what a suite needs and keep it, or bring what is kept up to date

        Usage: cargo xtask up [OPTIONS] <SERVICE>

        Arguments:
          <SERVICE>  The suite whose services are started

        Options:
              --ready-timeout <DURATION>  How long a service may take to become ready, for example `90s` [default: 60s]
              --format <FORMAT>           What goes to stdout: nothing (talk goes to stderr), or one JSON document [default: human] [possible values: human, json]
          -h, --help                      Print help
        ");
        insta::assert_snapshot!(of("test"), @"
        Run a suite against its kept run; refuses what is stale

        Usage: cargo xtask test [OPTIONS] <SERVICE> [-- [NEXTEST ARGS]...]

        Arguments:
          <SERVICE>          The suite to run
          [NEXTEST ARGS]...  What nextest gets as well, for example `-E 'test(name)'`

        Options:
              --format <FORMAT>  What goes to stdout: nothing (talk goes to stderr), or one JSON document [default: human] [possible values: human, json]
          -h, --help             Print help
        ");
        insta::assert_snapshot!(of("down"), @"
        End the kept runs of a suite

        Usage: cargo xtask down <SERVICE>

        Arguments:
          <SERVICE>  The suite whose kept runs end

        Options:
          -h, --help  Print help
        ");
        insta::assert_snapshot!(of("status"), @"
        Show the runs that there are

        Usage: cargo xtask status [OPTIONS]

        Options:
              --format <FORMAT>  What goes to stdout: nothing (talk goes to stderr), or one JSON document [default: human] [possible values: human, json]
          -h, --help             Print help
        ");
        insta::assert_snapshot!(of("bench"), @"
        Measure what a run costs, against the same done by hand

        Usage: cargo xtask bench [OPTIONS] <SERVICE> [-- [NEXTEST ARGS]...]

        Arguments:
          <SERVICE>          The suite to measure with
          [NEXTEST ARGS]...  What nextest gets as well, for example `-E 'test(name)'`

        Options:
              --pairs <COUNT>    How often each way is measured in each case [default: 9]
              --format <FORMAT>  What goes to stdout: nothing (talk goes to stderr), or one JSON document [default: human] [possible values: human, json]
          -h, --help             Print help
        ");
        insta::assert_snapshot!(of("hook"), @"
        Hand the environment of a run to nextest; a setup script of its configuration calls this

        Usage: cargo xtask hook <SERVICE>

        Arguments:
          <SERVICE>  The suite whose tests are about to run

        Options:
          -h, --help  Print help
        ");
        insta::assert_snapshot!(of("keeper"), @"
        The parent of a run's services

        Usage: cargo xtask keeper <FOLDER>

        Arguments:
          <FOLDER>  The folder of the run

        Options:
          -h, --help  Print help
        ");
    }
}
