//! Answers from `/proc` and from Linux-only calls.

mod processes;
mod sockets;
#[cfg(test)]
mod tests;

pub(crate) use processes::*;
pub(crate) use sockets::{listeners, listening_addresses, listening_in};
