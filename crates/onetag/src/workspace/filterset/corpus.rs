//! A workspace and filtersets about it.

/// Every kind of test binary, and targets that have none.
pub(super) const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace]\nresolver = '3'\nmembers = ['a-b', 'mac', 'e2e']\n",
    ),
    (
        "a-b/Cargo.toml",
        "[package]\nname = 'a-b'\nedition = '2024'\n\
         [[example]]\nname = 'tested'\ntest = true\n\
         [[example]]\nname = 'untested'\n\
         [[bench]]\nname = 'speed'\ntest = true\n",
    ),
    ("a-b/src/lib.rs", "#[test]\nfn one() {}\n"),
    ("a-b/src/main.rs", "fn main() {}\n#[test]\nfn one() {}\n"),
    (
        "a-b/examples/tested.rs",
        "fn main() {}\n#[test]\nfn one() {}\n",
    ),
    ("a-b/examples/untested.rs", "fn main() {}\n"),
    ("a-b/benches/speed.rs", "#[test]\nfn one() {}\n"),
    ("a-b/tests/smoke.rs", "#[test]\nfn one() {}\n"),
    (
        "mac/Cargo.toml",
        "[package]\nname = 'mac'\nedition = '2024'\n[lib]\nproc-macro = true\n",
    ),
    ("mac/src/lib.rs", "#[test]\nfn one() {}\n"),
    (
        "e2e/Cargo.toml",
        "[package]\nname = 'e2e'\nedition = '2024'\n[lib]\ntest = false\n",
    ),
    ("e2e/src/lib.rs", ""),
    (
        "e2e/tests/notification.rs",
        "#[test]\nfn one() {}\n#[test]\nfn two() {}\n",
    ),
    ("e2e/tests/gateway.rs", "#[test]\nfn one() {}\n"),
];

/// Filtersets that both sides can read.
pub(super) const READABLE: &[&str] = &[
    // Matchers and their defaults.
    "all()",
    "none()",
    "none( )",
    "binary_id(e2e::notification)",
    "binary_id(=e2e::notification)",
    "binary_id(#e2e::*)",
    "binary_id(*::bin/*)",
    "binary_id(~note)",
    "binary_id(~not)",
    "binary_id(/^e2e/)",
    "binary_id(a-b)",
    "binary_id( e2e::gateway)",
    "binary_id(e2e::gateway )",
    "binary_id(= e2e::gateway)",
    r"binary_id({e2e\,a-b}::*)",
    "binary(a_b)",
    "binary(a-b)",
    "binary(?ac)",
    "package(e2e)",
    "package(*)",
    "package(a*b)",
    "kind(lib)",
    "kind(=proc-macro)",
    "kind(bin) + kind(bench) + kind(example)",
    "kind(l*)",
    "kind(#l*)",
    r"binary(a\u{5f}b)",
    r"binary(/a\/b|mac/)",
    "test(one)",
    "test(=two)",
    "package(e2e) & test(two)",
    "deps(e2e)",
    "rdeps(=mac)",
    "platform(host)",
    "default()",
    // Operators and what binds tighter.
    "not kind(test)",
    "!kind(test)",
    "! ! kind(test)",
    "not(kind(test))",
    "package(e2e)&kind(test)-binary(gateway)",
    "package(e2e) - binary(gateway) - binary(notification)",
    "package(e2e) - (binary(gateway) - binary(notification))",
    "binary(smoke) | package(e2e) & binary(gateway)",
    "binary(smoke) & package(e2e) | binary(gateway)",
    "not binary(smoke) | binary(smoke)",
    "not binary(smoke) & kind(test)",
    "kind(test) and not package(e2e) or kind(lib)",
    "kind(test)and package(e2e)or kind(lib)",
    "(((kind(lib))))",
    "  kind(lib)\n  or kind(bin)\r\n",
];

/// Filtersets that both sides refuse.
pub(super) const REFUSED: &[&str] = &[
    "",
    " ",
    "()",
    "binary_id",
    "binary_id()",
    "binary_id(e2e::gateway",
    "binary_id(e2e::gateway))",
    "binary_id(a,b)",
    r"binary(\q)",
    "notkind(test)",
    "binary_id(/a)",
    "binry_id(a-b)",
    "kind(lib) kind(bin)",
    "kind(lib) && kind(bin)",
    "kind(lib) || kind(bin)",
    "kind(lib) AND kind(bin)",
    "kind(lib) andkind(bin)",
    "and kind(lib)",
    "kind(lib) &",
    "not",
    "kind(lib)\t| kind(bin)",
];
