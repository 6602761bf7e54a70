//! Only a backend says that an image is loaded, or runs.

use onetag::phase::{Built, Image, Loaded, Running};

fn loaded(image: Image<'_, Built>) -> Image<'_, Loaded> {
    image.loaded()
}

fn running(image: Image<'_, Loaded>) -> Image<'_, Running> {
    image.running(Vec::new(), "http://127.0.0.1:1".to_owned())
}

fn main() {}
