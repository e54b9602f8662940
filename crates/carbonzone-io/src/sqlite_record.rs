//! The record format of an `SQLite` table: the values of a row, and integers of variable length.

/// Whole numbers below this magnitude are stored as integers: 2^47.
const WHOLE: f64 = 140_737_488_355_328.0;

/// Bytes kept free before the values for the header of a record; a longer one moves them.
const ROOM: usize = 128;

/// Values of one row in the record format.
#[derive(Debug)]
pub(crate) struct Record {
    types: Vec<u8>,
    /// The values, after the room for the header.
    body: Vec<u8>,
}

impl Default for Record {
    fn default() -> Self {
        Self { types: Vec::new(), body: vec![0; ROOM] }
    }
}

impl Record {
    pub(crate) fn null(&mut self) {
        self.types.push(0);
    }

    /// A number of a column declared as real. As `SQLite` does, a whole number is stored as an integer, which takes less
    /// room; it is a real again when it is read.
    pub(crate) fn real(&mut self, value: f64) {
        let whole = value as i64;
        if value.abs() < WHOLE && whole as f64 == value && !(value == 0.0 && value.is_sign_negative()) {
            return self.int(whole);
        }
        self.types.push(7);
        self.body.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn int(&mut self, value: i64) {
        let bytes = value.to_be_bytes();
        let (code, length) = match value {
            0 => (8, 0),
            1 => (9, 0),
            _ if i8::try_from(value).is_ok() => (1, 1),
            _ if i16::try_from(value).is_ok() => (2, 2),
            _ if (-(1 << 23)..1 << 23).contains(&value) => (3, 3),
            _ if i32::try_from(value).is_ok() => (4, 4),
            _ if (-(1 << 47)..1 << 47).contains(&value) => (5, 6),
            _ => (6, 8),
        };
        self.types.push(code);
        self.body.extend_from_slice(&bytes[8 - length..]);
    }

    pub(crate) fn text(&mut self, text: &str) {
        varint(2 * text.len() as u64 + 13, &mut self.types);
        self.body.extend_from_slice(text.as_bytes());
    }

    /// A blob whose bytes `write` appends; NULL if it appends none.
    pub(crate) fn blob(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.body.len();
        write(&mut self.body);
        match self.body.len() - start {
            0 => self.null(),
            n => varint(2 * n as u64 + 12, &mut self.types),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.types.clear();
        self.body.truncate(ROOM);
    }

    /// The record: its header, which begins with its own length, and the values.
    pub(crate) fn finish(&mut self) -> &[u8] {
        let types = self.types.len();
        let mut length = types as u64 + 1;
        if varint_len(length) > 1 {
            length = types as u64 + varint_len(length + 1) as u64;
        }
        let head = varint_len(length);
        if let Some(start) = ROOM.checked_sub(head + types) {
            let mut at = start;
            varint_bytes(length, |byte| {
                self.body[at] = byte;
                at += 1;
            });
            self.body[at..ROOM].copy_from_slice(&self.types);
            &self.body[start..]
        } else {
            varint(length, &mut self.types);
            self.types.rotate_left(types);
            self.body.splice(..ROOM, self.types.iter().copied());
            &self.body
        }
    }
}

/// Appends a variable-length integer: seven bits per byte, most significant first, eight in the ninth.
#[inline]
pub(crate) fn varint(value: u64, out: &mut Vec<u8>) {
    match value {
        0..0x80 => out.push(value as u8),
        0x80..0x4000 => out.extend_from_slice(&[(value >> 7) as u8 | 0x80, value as u8 & 0x7F]),
        _ => varint_bytes(value, |byte| out.push(byte)),
    }
}

fn varint_bytes(value: u64, mut push: impl FnMut(u8)) {
    let n = varint_len(value);
    if n == 9 {
        (0..8).for_each(|k| push((value >> (57 - 7 * k)) as u8 | 0x80));
        push(value as u8);
        return;
    }
    for k in (0..n).rev() {
        let more = if k > 0 { 0x80 } else { 0 };
        push((value >> (7 * k)) as u8 & 0x7F | more);
    }
}

pub(crate) fn varint_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7).min(9)
}
