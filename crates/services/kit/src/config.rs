//! The configuration of every service.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use tracing_subscriber::EnvFilter;

/// Flags and environment variables of every service. A service's own
/// configuration flattens them in.
///
/// The harness sets `ONETAG_*`, which name the image and the run of this
/// process. They are informative; the harness's witness proves the image.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// Where to listen, as `address:port`; port 0 takes a free one and logs it.
    #[arg(long, env = "LISTEN_ADDR", value_name = "LISTEN_ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// How long to keep serving after SIGTERM while `/health/ready` already
    /// answers 503, until load balancers notice.
    #[arg(long, env, default_value = "0s", value_parser = crate::duration::parse)]
    pub stop_delay: Duration,

    /// How often to check the database and other services; `/health/ready`
    /// lists those that are unavailable.
    #[arg(long, env, default_value = "2s", value_parser = interval)]
    pub watch_interval: Duration,

    /// What to log, in the syntax of tracing's `EnvFilter`.
    #[arg(
        long,
        env = "RUST_LOG",
        value_name = "RUST_LOG",
        default_value = "info",
        value_parser = log_filter
    )]
    pub log: String,

    /// The image that this process runs from, as the harness named it.
    #[arg(long, env = "ONETAG_IMAGE", value_name = "ONETAG_IMAGE")]
    pub image: Option<String>,

    /// The run that this process belongs to.
    #[arg(long, env = "ONETAG_RUN_ID", value_name = "ONETAG_RUN_ID")]
    pub run_id: Option<String>,

    /// The revision of the sources.
    #[arg(long, env = "ONETAG_REVISION", value_name = "ONETAG_REVISION")]
    pub revision: Option<String>,
}

/// Parses a value that may hold a secret, with an error that does not show the
/// value, as clap's own errors do. Such an argument also needs
/// `hide_env_values`, since `--help` shows the values of variables.
#[derive(Clone, Copy, Debug)]
pub struct Secret<F>(pub F);

impl<T, F> TypedValueParser for Secret<F>
where
    T: Clone + Send + Sync + 'static,
    F: Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let text = value.to_str().ok_or_else(|| "is not UTF-8".to_owned());
        text.and_then(&self.0).map_err(|reason| {
            let argument = argument.map(ToString::to_string).unwrap_or_default();
            let message = format!("invalid value for '{argument}': {reason}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

#[cfg(test)]
impl Common {
    /// The configuration of a start without flags and variables.
    pub(crate) fn for_tests() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            stop_delay: Duration::ZERO,
            watch_interval: Duration::from_secs(2),
            log: "info".to_owned(),
            image: None,
            run_id: None,
            revision: None,
        }
    }
}

/// Parses an interval, which must be longer than zero.
///
/// # Errors
///
/// The message continues a sentence that begins with the name of the value.
pub fn interval(text: &str) -> Result<Duration, String> {
    match crate::duration::parse(text)? {
        Duration::ZERO => Err("must be longer than 0s".to_owned()),
        interval => Ok(interval),
    }
}

/// Refuses a filter that `EnvFilter` could not parse later.
fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Config {
        #[command(flatten)]
        common: Common,

        /// A secret.
        #[arg(long, env = "SECRET", value_parser = Secret(no_secret))]
        secret: Option<String>,
    }

    fn no_secret(_: &str) -> Result<String, String> {
        Err("is too short".to_owned())
    }

    /// The whole refusal, without clap's pointer to `--help`.
    fn refusal(arguments: &[&str]) -> String {
        let arguments = [&["service"], arguments].concat();
        let error = Config::try_parse_from(arguments).expect_err("the value is malformed");
        assert_eq!(error.exit_code(), 2);
        error.to_string().replace("\n\nFor more information, try '--help'.\n", "")
    }

    #[test]
    fn a_malformed_value_ends_the_start_with_one_sentence() {
        insta::assert_snapshot!(refusal(&["--listen", "localhost"]), @"error: invalid value 'localhost' for '--listen <LISTEN_ADDR>': invalid socket address syntax");
        insta::assert_snapshot!(refusal(&["--stop-delay", "5"]), @"error: invalid value '5' for '--stop-delay <STOP_DELAY>': is not a duration; write it like 50ms, 30s or 5m");
        insta::assert_snapshot!(refusal(&["--watch-interval", "0s"]), @"error: invalid value '0s' for '--watch-interval <WATCH_INTERVAL>': must be longer than 0s");
        insta::assert_snapshot!(refusal(&["--secret", "hunter2"]), @"error: invalid value for '--secret <SECRET>': is too short");
        insta::assert_snapshot!(refusal(&["--log", "info,="]), @"error: invalid value 'info,=' for '--log <RUST_LOG>': invalid filter directive");
    }

    #[test]
    fn every_flag_has_a_variable() {
        let command = <Config as clap::CommandFactory>::command();
        for argument in command.get_arguments().filter(|a| a.get_id() != "help") {
            assert!(argument.get_env().is_some(), "{} has no variable", argument.get_id());
            assert!(argument.get_help().is_some(), "{} is not explained", argument.get_id());
        }
    }
}
