//! Text in Slack's markup.

/// Marks the place where text was cut off.
const CUT: char = '…';

/// Escapes text, so that Slack shows `&`, `<` and `>` and finds no links or
/// mentions. Cuts it to at most `limit` characters, never within an escape.
///
/// See <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
pub(super) fn escape(text: &str, limit: usize) -> String {
    let chunk = chunk(text, limit);
    if chunk.rest.is_empty() {
        return chunk.escaped;
    }
    let mut cut = self::chunk(text, limit - width(CUT)).escaped;
    cut.push(CUT);
    cut
}

/// Escapes one line: line ends and other control characters become spaces.
pub(super) fn line(text: &str, limit: usize) -> String {
    escape(&text.replace(char::is_control, " "), limit)
}

/// Escapes text in chunks of at most `limit` characters. A chunk ends at a line
/// end if it is then more than half full. The chunks are the whole text, unless
/// it needs more than `most`: then the last one is cut.
pub(super) fn chunks(text: &str, limit: usize, most: usize) -> Vec<String> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if chunks.len() + 1 == most {
            chunks.push(escape(rest, limit));
            break;
        }
        let mut next = chunk(rest, limit);
        if !next.rest.is_empty() {
            let taken = &rest[..rest.len() - next.rest.len()];
            let line_end = taken.rfind('\n').map_or(0, |end| end + 1);
            if line_end > taken.len() / 2 {
                next = Chunk {
                    escaped: chunk(&rest[..line_end], limit).escaped,
                    rest: &rest[line_end..],
                };
            }
        }
        chunks.push(next.escaped);
        rest = next.rest;
    }
    chunks
}

/// The escaped beginning of a text, and the rest.
struct Chunk<'t> {
    escaped: String,
    rest: &'t str,
}

fn chunk(text: &str, limit: usize) -> Chunk<'_> {
    let mut escaped = String::new();
    let mut used = 0;
    for (index, character) in text.char_indices() {
        let entity = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => "",
        };
        used += if entity.is_empty() { width(character) } else { entity.len() };
        if used > limit {
            return Chunk { escaped, rest: &text[index..] };
        }
        if entity.is_empty() {
            escaped.push(character);
        } else {
            escaped.push_str(entity);
        }
    }
    Chunk { escaped, rest: "" }
}

/// How much of a limit a character uses. Slack does not document its unit;
/// UTF-16 units give the largest count.
pub(super) fn width(character: char) -> usize {
    character.len_utf16()
}
