//! An image that others published comes from validated metadata, with its digest.

use onetag::build::image::Digest;
use onetag::workspace::PinnedImage;

fn of_a_text(text: &str) -> PinnedImage {
    text.parse().unwrap()
}

fn of_its_parts(digest: Digest) -> PinnedImage {
    PinnedImage { repository: "docker.io/library/redis".to_owned(), digest }
}

fn main() {}
