//! Waiting until a service serves, and saying why it does not.

mod pace;
mod postgres;
mod question;
mod wait;

pub use question::ask;
pub(super) use question::greets_http2;
pub use wait::ReadyWait;
pub(crate) use wait::{quote_log, quote_log_of, wait_until_ready};
