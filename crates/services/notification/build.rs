//! The migrations are embedded; cargo is told to look for new ones.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
