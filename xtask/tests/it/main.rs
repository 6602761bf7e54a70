//! Tests of the harness itself: a workspace of two tiny services, copied to a
//! temporary folder and driven through the real cargo and nextest.

mod bench;
mod green;
mod red;
mod start;
mod talk;
mod witness;

mod cargo_settings;
mod externals;
mod foreign;
mod postgres;
mod proof;
mod services;

mod at_once;
mod control;
mod copies;
mod disk;
mod engines;
mod environment;
mod kept;
mod kube;
mod many;
mod needs;
mod together;
mod turns;
mod up;
mod versions;

mod chaos;
mod leftovers;
mod lost;
mod machine;
mod metadata;
mod names;
mod seam;
mod signals;
mod tools;
mod usage;
mod verbs;

mod exit;
mod project;
mod wait;
