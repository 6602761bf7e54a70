//! Keys and grammar of the environment file: what a run of onetag hands to its
//! tests.
//!
//! The harness [renders](Environment::render) an [`Environment`] into the run
//! folder, nextest's setup script [parses](Environment::parse) it and passes
//! its [lines](Environment::lines) on, and a test [reads it
//! back](Environment::from_process) from its own process. All three use this
//! crate and nothing else knows a key or a rule, so they cannot drift apart.
//!
//! # Grammar
//!
//! Every line is `KEY=VALUE` and ends with a newline. There are no blank lines,
//! comments, quotes, escapes or `export`, and a value consists of
//! `A-Z a-z 0-9 _ . / : @ , % + = -`. That is the common part of what
//! nextest's `NEXTEST_ENV`, the engines' `--env-file` and `sh` accept, so the
//! same bytes serve all of them. Nothing in the file is secret: nextest copies
//! every variable into its JUnit report.
//!
//! # Example
//!
//! ```
//! use onetag_env::Environment;
//!
//! let text = "\
//! ONETAG_RUN_ID=0193a5c2e4b07c1e9f3a2b4c5d6e7f80
//! ONETAG_TAG=shop-0193a5c2e4b07c1e9f3a2b4c5d6e7f80
//! ONETAG_CONSUMER=shop
//! ONETAG_BACKEND=process
//! ONETAG_RUN_DIR=/tmp/target/onetag/runs/0193a5c2e4b07c1e9f3a2b4c5d6e7f80
//! ONETAG_SERVICES=shop
//! ONETAG_SHOP_IMAGE=localhost/shop:shop-0193a5c2e4b07c1e9f3a2b4c5d6e7f80
//! ONETAG_SHOP_DIGEST=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! ONETAG_SHOP_URL=http://127.0.0.1:41233
//! ONETAG_SHOP_INTERNAL_URL=http://127.0.0.1:41233
//! ONETAG_EXTERNALS=redis
//! ONETAG_REDIS_URL=redis://127.0.0.1:41234
//! ONETAG_REDIS_INTERNAL_URL=redis://127.0.0.1:41234
//! ONETAG_CAPABILITIES=kill,stop
//! ";
//! let environment = Environment::parse(text)?;
//! assert_eq!(environment.url("shop")?, "http://127.0.0.1:41233");
//! assert_eq!(environment.url("redis")?, "redis://127.0.0.1:41234");
//! assert!(environment.has("kill"));
//! assert_eq!(environment.render()?, text);
//! # Ok::<(), onetag_env::Error>(())
//! ```

mod check;
mod environment;
mod error;
pub mod keys;
mod parse;
mod process;
#[cfg(test)]
mod tests;

pub use check::is_value;
pub use environment::{Address, Environment, External, Service};
pub use error::Error;
