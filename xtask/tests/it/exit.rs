//! Exit codes, as the README lists them. They are a contract: they stand here as
//! numbers, not as the constants of the program under test.

pub(crate) const SUCCESS: i32 = 0;
/// A phase failed, or something is left.
pub(crate) const FAILURE: i32 = 1;
pub(crate) const USAGE: i32 = 2;
pub(crate) const NO_TESTS: i32 = 4;
pub(crate) const TESTS_FAILED: i32 = 100;
pub(crate) const BUILD_FAILED: i32 = 101;
pub(crate) const HOOK_FAILED: i32 = 105;
/// Of nextest, and of shells: 128 and the number of the signal.
pub(crate) const SIGINT: i32 = 130;
pub(crate) const SIGTERM: i32 = 143;
