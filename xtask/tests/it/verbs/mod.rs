//! The verbs that show what is, or would be, and that clear up.

mod logs;
mod plan;
