//! End-to-end suite of `datastorage`.
