//! What holds when DataStorage is stopped or killed, or its store is away.
//! Nothing runs beside these tests.

mod crash;
mod outage;
mod writers;
