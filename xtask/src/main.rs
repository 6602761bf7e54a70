//! `cargo xtask`: hands over to the command line of the harness.

fn main() -> std::process::ExitCode {
    onetag::main()
}
