//! The key `memory`.

use super::source::Source;
use crate::error::Attach as _;

/// What may stand behind the number, and how many bytes it is.
const UNITS: [(&str, u64); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// How many bytes the key `memory` of the table at `source` says.
///
/// # Errors
///
/// It is not a whole number and a unit.
pub(super) fn memory(source: &Source, text: Option<&str>) -> anyhow::Result<Option<u64>> {
    let Some(text) = text else { return Ok(None) };
    let bytes = UNITS.into_iter().find_map(|(unit, factor)| {
        let number = text.strip_suffix(unit)?.trim_end();
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(factor)
    });
    match bytes.filter(|bytes| *bytes > 0) {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(source
            .key("memory")
            .error(format!("`{text}` is not an amount of memory"))
            .hint("write a whole number of KiB, MiB or GiB, for example \"256MiB\"")),
    }
}
