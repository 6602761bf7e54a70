//! Client and writer against a real server on a port of its own.

mod catalog;
mod client;
mod loss;
mod writer;
