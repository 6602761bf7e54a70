//! sink

fn main() {}
