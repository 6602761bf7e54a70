//! The verbs that show what is, or would be, and that clear up.

mod doctor;
mod gc;
mod logs;
mod plan;
