//! Whole command lines: their help, and what is said of wrong ones.

use clap::error::ErrorKind;

use super::*;

fn read(line: &str) -> Result<Verb, clap::Error> {
    let line = ["xtask"].into_iter().chain(line.split_whitespace());
    Cli::try_parse_from(line).map(|cli| cli.verb)
}

/// Help, or what is said of a command line that is wrong.
#[track_caller]
fn says(line: &str) -> String {
    read(line).unwrap_err().to_string()
}

#[test]
fn the_grammar_is_sound() {
    <Cli as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn arguments_for_nextest_follow_two_dashes() {
    let verb = read("e2e a b --keep -- -E test(x) -- --all -h -q").unwrap();
    insta::assert_debug_snapshot!(verb, @r#"
    E2e(
        E2e {
            suites: Suites {
                names: [
                    "a",
                    "b",
                ],
                all: false,
            },
            jobs: None,
            keep: true,
            keep_on_failure: false,
            run: RunOptions {
                ready_timeout: 60s,
                on: On {
                    backend: None,
                },
                databases: Databases {
                    database: None,
                    database_url: None,
                },
                cluster: ClusterOptions {
                    node: NodeOptions {
                        context: None,
                        containerd: None,
                    },
                    registry: None,
                    fresh_cluster: false,
                },
                build: BuildOptions {
                    release: false,
                    profile: None,
                },
                nextest: [
                    "-E",
                    "test(x)",
                    "--",
                    "--all",
                    "-h",
                    "-q",
                ],
            },
            format: Human,
        },
    )
    "#);
    insta::assert_debug_snapshot!(read("test --profile p a -- --no-capture").unwrap(), @r#"
    Test(
        Test {
            suite: "a",
            on: On {
                backend: None,
            },
            databases: Databases {
                database: None,
                database_url: None,
            },
            cluster: ClusterOptions {
                node: NodeOptions {
                    context: None,
                    containerd: None,
                },
                registry: None,
                fresh_cluster: false,
            },
            build: BuildOptions {
                release: false,
                profile: Some(
                    "p",
                ),
            },
            format: Human,
            nextest: [
                "--no-capture",
            ],
        },
    )
    "#);
}

#[test]
fn options_stand_anywhere() {
    let verb =
        format!("{:?}", read("up --ready-timeout 90s --release a -q --format=json").unwrap());
    assert_eq!(
        verb,
        format!("{:?}", read("up a --format json --release --ready-timeout=1m30s").unwrap())
    );
    assert!(Cli::try_parse_from(["xtask", "-q", "status"]).unwrap().quiet);
    assert!(Cli::try_parse_from(["xtask", "status", "--quiet"]).unwrap().quiet);
}

#[test]
fn help_lists_the_verbs() {
    insta::assert_snapshot!(says("--help"), @"
    End-to-end tests of this workspace's services

    Usage: cargo xtask [OPTIONS] <COMMAND>

    Commands:
      e2e          Build, deploy, prove, test, and leave nothing behind: the main job
      up           Start what a suite needs and keep it, or bring what is kept up to date
      test         Run a suite against its kept run; refuses what is stale
      down         End the kept runs of a suite
      status       Show the runs that there are
      plan         Show what `e2e` would do, with names, order and waits; changes nothing
      logs         Print what a service has printed
      gc           Clear up after runs that died, and let go of what is old; leaves runs that go on alone
      doctor       Show what this machine offers each backend, and how to mend what is missing
      bench        Measure what a run costs, against the same done by hand
      hook         Hand the environment of a run to nextest; a setup script of its configuration calls this
      completions  Print a script that lets a shell complete `cargo xtask`

    Options:
      -q, --quiet    Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help     Print help
      -V, --version  Print version
    ");
    assert_eq!(read("").unwrap_err().kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
    assert_eq!(says("--version"), format!("onetag {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn each_verb_has_its_own_help() {
    insta::assert_snapshot!(says("e2e --help"), @"
    Build, deploy, prove, test, and leave nothing behind: the main job

    Usage: cargo xtask e2e [OPTIONS] [SERVICE]... [-- <NEXTEST ARGS>...]

    Arguments:
      [SERVICE]...       Suites; most are named like their service
      [NEXTEST ARGS]...  What nextest gets as well, for example `-E 'test(name)'`

    Options:
          --all                       Run every suite of the workspace
      -j, --jobs <N>                  Suites at the same time [default: one or two per processor, as far as memory allows]
          --keep                      Keep the run for `test`, `up` and `down`
          --keep-on-failure           Keep the run if it fails once its services are up
          --ready-timeout <DURATION>  How long a service may take to become ready [default: 60s]
          --on <BACKEND>              Run the images on this backend: `process`, the default, `podman`, `docker`, `kind` or `kube`
          --database <KIND>           Keep the state of services in `sqlite` or `postgres`, where they can use it
          --database-url <URL>        Use this PostgreSQL server instead of starting one: `postgres://user@host:port`
          --context <NAME>            Use the cluster of this context of kubectl's configuration, with `--on kube`
          --containerd <SOCKET>       Import images into the containerd that listens here, of a cluster of one node
          --registry <HOST/PATH>      Push images to this registry, from where the cluster pulls them
          --fresh-cluster             Give the run a cluster of its own, with `--on kind`
          --release                   Build the services with cargo's profile `release`
          --profile <NAME>            Build the services with this cargo profile; tests keep their own
          --format <FORMAT>           What goes to stdout besides the talk on stderr [default: human] [possible values: human, json]
      -q, --quiet                     Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help                      Print help
    ");
    insta::assert_snapshot!(says("up --help"), @"
    Start what a suite needs and keep it, or bring what is kept up to date

    Usage: cargo xtask up [OPTIONS] <SERVICE> [-- <NEXTEST ARGS>...]

    Arguments:
      <SERVICE>          The suite whose services are started
      [NEXTEST ARGS]...  What nextest gets as well, for example `-E 'test(name)'`

    Options:
          --ready-timeout <DURATION>  How long a service may take to become ready [default: 60s]
          --test                      Run the suite as well, once everything is up to date
          --on <BACKEND>              Run the images on this backend: `process`, the default, `podman`, `docker`, `kind` or `kube`
          --database <KIND>           Keep the state of services in `sqlite` or `postgres`, where they can use it
          --database-url <URL>        Use this PostgreSQL server instead of starting one: `postgres://user@host:port`
          --context <NAME>            Use the cluster of this context of kubectl's configuration, with `--on kube`
          --containerd <SOCKET>       Import images into the containerd that listens here, of a cluster of one node
          --registry <HOST/PATH>      Push images to this registry, from where the cluster pulls them
          --fresh-cluster             Give the run a cluster of its own, with `--on kind`
          --release                   Build the services with cargo's profile `release`
          --profile <NAME>            Build the services with this cargo profile; tests keep their own
          --format <FORMAT>           What goes to stdout besides the talk on stderr [default: human] [possible values: human, json]
      -q, --quiet                     Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help                      Print help
    ");
    insta::assert_snapshot!(says("test -h"), @"
    Run a suite against its kept run; refuses what is stale

    Usage: cargo xtask test [OPTIONS] <SERVICE> [-- <NEXTEST ARGS>...]

    Arguments:
      <SERVICE>          The suite to run
      [NEXTEST ARGS]...  What nextest gets as well, for example `-E 'test(name)'`

    Options:
          --on <BACKEND>          Run the images on this backend: `process`, the default, `podman`, `docker`, `kind` or `kube`
          --database <KIND>       Keep the state of services in `sqlite` or `postgres`, where they can use it
          --database-url <URL>    Use this PostgreSQL server instead of starting one: `postgres://user@host:port`
          --context <NAME>        Use the cluster of this context of kubectl's configuration, with `--on kube`
          --containerd <SOCKET>   Import images into the containerd that listens here, of a cluster of one node
          --registry <HOST/PATH>  Push images to this registry, from where the cluster pulls them
          --fresh-cluster         Give the run a cluster of its own, with `--on kind`
          --release               Build the services with cargo's profile `release`
          --profile <NAME>        Build the services with this cargo profile; tests keep their own
          --format <FORMAT>       What goes to stdout besides the talk on stderr [default: human] [possible values: human, json]
      -q, --quiet                 Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help                  Print help
    ");
    insta::assert_snapshot!(says("down -h"), @"
    End the kept runs of a suite

    Usage: cargo xtask down [OPTIONS] <SERVICE>

    Arguments:
      <SERVICE>  The suite whose kept runs end

    Options:
      -q, --quiet  Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help   Print help
    ");
    insta::assert_snapshot!(says("status -h"), @"
    Show the runs that there are

    Usage: cargo xtask status [OPTIONS]

    Options:
          --format <FORMAT>  What goes to stdout: a table, or one JSON document [default: human] [possible values: human, json]
      -q, --quiet            Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help             Print help
    ");
    insta::assert_snapshot!(says("plan -h"), @"
    Show what `e2e` would do, with names, order and waits; changes nothing

    Usage: cargo xtask plan [OPTIONS] [SERVICE]... [-- <NEXTEST ARGS>...]

    Arguments:
      [SERVICE]...       Suites; most are named like their service
      [NEXTEST ARGS]...  What nextest gets as well, for example `-E 'test(name)'`

    Options:
          --all                       Run every suite of the workspace
          --ready-timeout <DURATION>  How long a service may take to become ready [default: 60s]
          --on <BACKEND>              Run the images on this backend: `process`, the default, `podman`, `docker`, `kind` or `kube`
          --database <KIND>           Keep the state of services in `sqlite` or `postgres`, where they can use it
          --database-url <URL>        Use this PostgreSQL server instead of starting one: `postgres://user@host:port`
          --context <NAME>            Use the cluster of this context of kubectl's configuration, with `--on kube`
          --containerd <SOCKET>       Import images into the containerd that listens here, of a cluster of one node
          --registry <HOST/PATH>      Push images to this registry, from where the cluster pulls them
          --fresh-cluster             Give the run a cluster of its own, with `--on kind`
          --release                   Build the services with cargo's profile `release`
          --profile <NAME>            Build the services with this cargo profile; tests keep their own
          --format <FORMAT>           What goes to stdout; `yaml` is what a cluster would be told [default: human] [possible values: human, json, yaml]
      -q, --quiet                     Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help                      Print help
    ");
    insta::assert_snapshot!(says("logs -h"), @"
    Print what a service has printed

    Usage: cargo xtask logs [OPTIONS] <SERVICE>

    Arguments:
      <SERVICE>  The service whose log is printed

    Options:
      -f, --follow    Go on until the run ends, or Ctrl-C
          --run <ID>  Of this run; else of one that goes on, or of the last that has it
      -q, --quiet     Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help      Print help
    ");
    insta::assert_snapshot!(says("gc -h"), @"
    Clear up after runs that died, and let go of what is old; leaves runs that go on alone

    Usage: cargo xtask gc [OPTIONS]

    Options:
          --older-than <DURATION>  Let go of finished runs that began longer ago than this; else the last 20 stay, up to 512 MiB together
          --clusters               Delete the workspace's cluster of kind as well, unless a run uses it
          --dry-run                Only show what would go
          --format <FORMAT>        What goes to stdout: lines, or one JSON document [default: human] [possible values: human, json]
      -q, --quiet                  Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help                   Print help
    ");
    insta::assert_snapshot!(says("doctor -h"), @"
    Show what this machine offers each backend, and how to mend what is missing

    Usage: cargo xtask doctor [OPTIONS]

    Options:
          --on <BACKEND>     Run the images on this backend: `process`, the default, `podman`, `docker`, `kind` or `kube`
          --format <FORMAT>  What goes to stdout: lines, or one JSON document [default: human] [possible values: human, json]
      -q, --quiet            Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help             Print help
    ");
    insta::assert_snapshot!(says("bench -h"), @"
    Measure what a run costs, against the same done by hand

    Usage: cargo xtask bench [OPTIONS] <SERVICE> [-- <NEXTEST ARGS>...]

    Arguments:
      <SERVICE>          The suite to measure with
      [NEXTEST ARGS]...  What nextest gets as well, both ways, for example `-E 'test(name)'`

    Options:
          --pairs <COUNT>        How often each way is measured in each case [default: 9]
          --on <BACKEND>         Run the images on this backend: `process`, the default, `podman`, `docker`, `kind` or `kube`
          --context <NAME>       Use the cluster of this context of kubectl's configuration, with `--on kube`
          --containerd <SOCKET>  Import images into the containerd that listens here, of a cluster of one node
          --release              Build the services with cargo's profile `release`
          --profile <NAME>       Build the services with this cargo profile; tests keep their own
          --format <FORMAT>      What goes to stdout besides the talk on stderr [default: human] [possible values: human, json]
      -q, --quiet                Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help                 Print help
    ");
    insta::assert_snapshot!(says("hook -h"), @"
    Hand the environment of a run to nextest; a setup script of its configuration calls this

    Usage: cargo xtask hook [OPTIONS] <SERVICE>

    Arguments:
      <SERVICE>  The suite whose tests are about to run

    Options:
      -q, --quiet  Print errors and verdicts only; what cargo and nextest print is shown if they fail
      -h, --help   Print help
    ");
    insta::assert_snapshot!(says("completions --help"), @"
    Print a script that lets a shell complete `cargo xtask`

    Usage: cargo xtask completions [OPTIONS] <SHELL>

    Arguments:
      <SHELL>
              Possible values:
              - bash: For ~/.bashrc: source <(cargo xtask completions bash)
              - zsh:  Into a folder of $fpath, as _cargo-xtask
              - fish: Into ~/.config/fish/conf.d/cargo-xtask.fish

    Options:
      -q, --quiet
              Print errors and verdicts only; what cargo and nextest print is shown if they fail

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn what_is_close_is_suggested() {
    insta::assert_snapshot!(says("e2 a"), @"
    error: unrecognized subcommand 'e2'

      tip: a similar subcommand exists: 'e2e'

    Usage: cargo xtask [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(says("e2e a --kep"), @"
    error: unexpected argument '--kep' found

      tip: a similar argument exists: '--keep'
      tip: to pass '--kep' as a value, use '-- --kep'

    Usage: cargo xtask e2e --keep <SERVICE>... [-- <NEXTEST ARGS>...]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(says("status --format jsn"), @"
    error: invalid value 'jsn' for '--format <FORMAT>'
      [possible values: human, json]

      tip: a similar value exists: 'json'

    For more information, try '--help'.
    ");
    let of_up = says("up a -- -E test(x)");
    assert!(of_up.contains("required arguments were not provided:\n  --test"), "{of_up}");
    insta::assert_snapshot!(says("test a -E test(x)"), @"
    error: unexpected argument '-E' found

      tip: to pass '-E' as a value, use '-- -E'

    Usage: cargo xtask test [OPTIONS] <SERVICE> [-- <NEXTEST ARGS>...]

    For more information, try '--help'.
    ");
}

#[test]
fn wrong_command_lines_are_refused() {
    for (line, kind) in [
        ("keeper /run", ErrorKind::InvalidSubcommand),
        ("--format json e2e a", ErrorKind::UnknownArgument),
        ("e2e", ErrorKind::MissingRequiredArgument),
        ("e2e -- x", ErrorKind::MissingRequiredArgument),
        ("up", ErrorKind::MissingRequiredArgument),
        ("e2e --all a", ErrorKind::ArgumentConflict),
        ("e2e a --release --profile dev", ErrorKind::ArgumentConflict),
        ("e2e a --keep --keep", ErrorKind::ArgumentConflict),
        ("e2e a --ready-timeout --keep", ErrorKind::InvalidValue),
        ("e2e a --ready-timeout soon", ErrorKind::ValueValidation),
        ("e2e a --jobs 0", ErrorKind::ValueValidation),
        ("bench a --pairs 0", ErrorKind::ValueValidation),
        ("bench a --pairs 65536", ErrorKind::ValueValidation),
        ("bench a --registry r", ErrorKind::UnknownArgument),
        ("logs", ErrorKind::MissingRequiredArgument),
        ("logs a b", ErrorKind::UnknownArgument),
        ("logs a --run 17", ErrorKind::ValueValidation),
        ("doctor alpha", ErrorKind::UnknownArgument),
        ("doctor --on nosuch", ErrorKind::ValueValidation),
        ("gc --older-than soon", ErrorKind::ValueValidation),
        ("gc alpha", ErrorKind::UnknownArgument),
        ("plan", ErrorKind::MissingRequiredArgument),
        ("plan --all a", ErrorKind::ArgumentConflict),
        ("plan a --keep", ErrorKind::UnknownArgument),
        ("completions tcsh", ErrorKind::InvalidValue),
        ("down a b", ErrorKind::UnknownArgument),
    ] {
        let error = read(line).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (kind, Exit::Usage.code()), "{line}");
    }
}
