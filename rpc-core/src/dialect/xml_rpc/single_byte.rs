//! The encodings of one byte a character that are ISO-8859-1 but for a few characters.

/// Where ISO-8859-15 differs from ISO-8859-1.
const LATIN9: [(u8, char); 8] = [
    (0xa4, '€'),
    (0xa6, 'Š'),
    (0xa8, 'š'),
    (0xb4, 'Ž'),
    (0xb8, 'ž'),
    (0xbc, 'Œ'),
    (0xbd, 'œ'),
    (0xbe, 'Ÿ'),
];

/// What windows-1252 has from 0x80 to 0x9f, where ISO-8859-1 has control characters; `\0` stands where it has nothing.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', //
    '\0', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// The character of a byte in ISO-8859-15.
pub(super) fn latin9(byte: u8) -> char {
    let other = LATIN9.iter().find(|(differs, _)| *differs == byte);
    other.map_or(char::from(byte), |(_, character)| *character)
}

/// The character of a byte in windows-1252; `None` where it has none.
pub(super) fn windows_1252(byte: u8) -> Option<char> {
    let character = match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => return Some(char::from(byte)),
    };
    (character != '\0').then_some(character)
}
