//! The routes, without a socket.

mod outage;
mod read;
mod surroundings;
mod write;
