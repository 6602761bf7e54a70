//! End-to-end testing of Rust workspaces with several services.

pub mod image;

/// Runs the command line of the harness.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
