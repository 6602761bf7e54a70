//! Keys and grammar of the environment file.
