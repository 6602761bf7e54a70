//! Log lines: JSON on stderr.

use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;

/// Writes log lines to stderr as JSON, one object per line, with the fields of
/// the span such as the request id. Panics become log lines too.
///
/// Only the first call of a process has an effect.
pub(crate) fn init(filter: &str) {
    // The filter was checked with the configuration.
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let installed = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    if installed.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panic: {message}");
}
