//! What is read and written, compared with `serde_json`.

mod reading;
mod shapes;
mod writing;
