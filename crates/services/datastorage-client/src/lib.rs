//! datastorage-client
