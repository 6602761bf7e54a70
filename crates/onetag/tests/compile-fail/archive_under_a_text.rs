//! An archive is named by what a run minted, and by no text.

use onetag::build::image::{Contents, write_archive};

fn archive(contents: &Contents) {
    let _ = write_archive(contents, &"localhost/beta:latest".to_owned(), Vec::new());
}

fn main() {}
