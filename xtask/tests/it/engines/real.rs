//! The engines of this machine.
