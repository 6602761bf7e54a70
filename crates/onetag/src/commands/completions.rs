//! `completions`: what lets a shell complete `cargo xtask …`.

use clap::{Args, Command, ValueEnum};
use clap_complete::aot::{Bash, Fish, Zsh, generate};

use crate::exit::Exit;
use crate::report::write_stdout;

/// Print a script that lets a shell complete `cargo xtask`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    shell: Shell,
}

/// The shells that there are scripts for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    /// For ~/.bashrc: source <(cargo xtask completions bash)
    Bash,
    /// Into a folder of $fpath, as _cargo-xtask
    Zsh,
    /// Into ~/.config/fish/conf.d/cargo-xtask.fish
    Fish,
}

/// Bash has one completion for each command. Where the subcommand is `xtask` this
/// one hands over to clap's, else to the one that was there before.
const BASH: &str = r#"
_cargo_or_xtask() {
    if [[ ${COMP_WORDS[1]} == xtask && $COMP_CWORD -gt 1 ]]; then
        COMP_WORDS=("${COMP_WORDS[@]:1}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _xtask xtask "$2" "${COMP_WORDS[COMP_CWORD - 1]}"
    elif declare -F _cargo >/dev/null; then
        _cargo "$@"
    fi
}
complete -F _cargo_or_xtask -o nosort -o bashdefault -o default cargo
"#;

/// Prints the script for the command line `xtask` to stdout.
pub(crate) fn completions(arguments: &Completions, xtask: Command) -> anyhow::Result<Exit> {
    write_stdout(&script(arguments.shell, xtask));
    Ok(Exit::Success)
}

fn script(shell: Shell, mut xtask: Command) -> Vec<u8> {
    let mut script = Vec::new();
    match shell {
        Shell::Bash => {
            generate(Bash, &mut xtask, "xtask", &mut script);
            script.extend(BASH.as_bytes());
        }
        // Zsh's completion of cargo calls the function of this name.
        Shell::Zsh => generate(Zsh, &mut xtask, "cargo-xtask", &mut script),
        // Fish adds what it is told of a command to what it knows.
        Shell::Fish => {
            let mut cargo = Command::new("cargo").subcommand(xtask.name("xtask"));
            generate(Fish, &mut cargo, "cargo", &mut script);
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn each_shell_completes_the_verbs_of_xtask() {
        for (shell, expected) in [
            (Shell::Bash, "complete -F _cargo_or_xtask"),
            (Shell::Zsh, "#compdef cargo-xtask"),
            (Shell::Fish, "complete -c cargo"),
        ] {
            let script = String::from_utf8(script(shell, crate::cli::Cli::command())).unwrap();
            assert!(script.contains(expected), "{script}");
            assert!(script.contains("keep-on-failure"), "{script}");
            assert!(!script.contains("keeper"), "{script}");
        }
    }
}
