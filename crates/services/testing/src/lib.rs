//! What the tests of services share.
//!
//! | module | what it has |
//! |---|---|
//! | [`peer`] | a fake service with programmed answers |

pub mod peer;

pub use peer::FakePeer;
