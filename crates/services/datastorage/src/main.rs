//! datastorage

fn main() {}
