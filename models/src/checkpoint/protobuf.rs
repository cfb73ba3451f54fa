//! Messages of protocol buffers, walked field by field: whoever reads one knows the numbers of its fields and skips all others.
//!
//! Wire types 0 (varint), 1 (64 bits), 2 (bytes, texts, messages, packed numbers) and 5 (32 bits); the groups of old are refused.

use super::cursor::Cursor;
use super::refusal::Refusal;

/// A field, and what its wire type holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    /// What the message calls it.
    pub(crate) number: u64,
    /// Where it starts in the file.
    at: usize,
    value: Value<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Varint(u64),
    /// Bytes of a number.
    Fixed(&'a [u8]),
    Bytes(Cursor<'a>),
}

/// The fields of a message in the order of the file; none follows an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a>(Cursor<'a>);

impl<'a> Message<'a> {
    /// A whole file as a message.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Cursor::new(bytes, 0))
    }

    fn field(&mut self) -> Result<Field<'a>, Refusal> {
        let at = self.0.at();
        let tag = varint(&mut self.0)?;
        let value = match tag & 7 {
            0 => Value::Varint(varint(&mut self.0)?),
            1 => Value::Fixed(self.0.take(8)?),
            2 => {
                let length = varint(&mut self.0)?;
                Value::Bytes(self.0.part(length)?)
            }
            5 => Value::Fixed(self.0.take(4)?),
            other => {
                return Err(Refusal::damage(format!("wire type {other} of a field must be 0, 1, 2 or 5")));
            }
        };
        Ok(Field { number: tag >> 3, at, value })
    }
}

impl<'a> Iterator for Message<'a> {
    type Item = Result<Field<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.rest().is_empty() {
            return None;
        }
        let at = self.0.at();
        let field = self.field().map_err(|wrong| wrong.at(format!("byte {at}")));
        if field.is_err() {
            self.0 = Cursor::new(&[], 0);
        }
        Some(field)
    }
}

impl<'a> Field<'a> {
    /// The fields of a message.
    pub(crate) fn message(&self) -> Result<Message<'a>, Refusal> {
        match self.value {
            Value::Bytes(bytes) => Ok(Message(bytes)),
            _ => Err(self.wrong("a message")),
        }
    }

    /// Bytes that no structure is known of.
    pub(crate) fn bytes(&self) -> Result<&'a [u8], Refusal> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes.rest()),
            _ => Err(self.wrong("bytes")),
        }
    }

    /// A text.
    pub(crate) fn text(&self) -> Result<&'a str, Refusal> {
        str::from_utf8(self.bytes()?).map_err(|_| self.wrong("UTF-8"))
    }

    /// A number, negative ones in two's complement.
    pub(crate) fn integer(&self) -> Result<u64, Refusal> {
        match self.value {
            Value::Varint(integer) => Ok(integer),
            _ => Err(self.wrong("an integer")),
        }
    }

    /// Numbers of a fixed size as they are, packed or one alone.
    pub(crate) fn fixed(&self) -> Result<&'a [u8], Refusal> {
        match self.value {
            Value::Fixed(bytes) => Ok(bytes),
            Value::Bytes(bytes) => Ok(bytes.rest()),
            Value::Varint(_) => Err(self.wrong("a number of a fixed size")),
        }
    }

    /// Calls with each of several numbers, packed or one alone.
    pub(crate) fn integers(&self, mut visit: impl FnMut(u64) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let Value::Bytes(mut packed) = self.value else { return visit(self.integer()?) };
        while !packed.rest().is_empty() {
            visit(varint(&mut packed)?)?;
        }
        Ok(())
    }

    /// A field that must hold something else.
    pub(crate) fn wrong(&self, expected: &str) -> Refusal {
        Refusal::damage(format!("byte {}: field {} must hold {expected}", self.at, self.number))
    }
}

/// Seven bits a byte, the lowest first; the last byte is below 128.
fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Refusal> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = cursor.u8()?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Refusal::damage("a varint must fit into 64 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Result<Vec<Field<'_>>, Refusal> {
        Message::new(bytes).collect()
    }

    #[test]
    fn every_wire_type_is_read_and_groups_are_refused() {
        let bytes = [0x08, 0x96, 1, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 2, b'a', b'b', 0x25, 9, 8, 7, 6];
        let read = fields(&bytes).unwrap();
        assert_eq!(read.iter().map(|field| field.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!((read[0].integer().unwrap(), read[2].text().unwrap()), (150, "ab"));
        assert_eq!((read[1].fixed().unwrap(), read[3].fixed().unwrap()), (&bytes[4..12], &bytes[17..]));
        assert!(read[0].bytes().is_err() && read[2].integer().is_err() && read[0].fixed().is_err());
        assert!(fields(&[0x0b, 0x0c]).is_err(), "a group");
        assert_eq!(Message::new(&[0x0b, 0x0c]).count(), 1, "nothing follows an error");
    }

    #[test]
    fn numbers_are_read_packed_and_alone() {
        let mut read = Vec::new();
        for field in fields(&[0x08, 3, 0x0a, 3, 4, 0x80, 1]).unwrap() {
            field
                .integers(|number| {
                    read.push(number);
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!(read, [3, 4, 128]);
    }

    #[test]
    fn a_varint_has_at_most_64_bits_and_a_length_what_is_there() {
        let all = [&[0x08][..], &[0xff; 9], &[1]].concat();
        assert_eq!(fields(&all).unwrap()[0].integer().unwrap(), u64::MAX);
        assert!(fields(&[&[0x08][..], &[0xff; 9], &[2]].concat()).is_err());
        assert!(fields(&[&[0x08][..], &[0xff; 11]].concat()).is_err());
        assert!(fields(&[0x0a, 3, 1, 2]).is_err());
        assert!(fields(&[&[0x0a][..], &[0xff; 9], &[1]].concat()).is_err());
    }
}
