//! End-to-end suite of `notification`.
