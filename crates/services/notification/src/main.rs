//! notification

fn main() {}
