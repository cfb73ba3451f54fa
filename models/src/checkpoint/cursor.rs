//! Bytes of a file, taken from front to back, little-endian; what is not there is refused, never read past.

use super::refusal::Refusal;

/// A part of a file and a position in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Of the next byte, counted from where the outermost cursor starts.
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The bytes from a position in them, behind the end of which nothing is left.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes: bytes.get(at..).unwrap_or_default(), at }
    }

    /// Where the next byte is.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// All that is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// The next bytes as a part of their own, whose positions are still those of the whole.
    pub(crate) fn part(&mut self, length: u64) -> Result<Cursor<'a>, Refusal> {
        let at = self.at;
        Ok(Self { bytes: self.take(length)?, at })
    }

    /// The next bytes.
    pub(crate) fn take(&mut self, length: u64) -> Result<&'a [u8], Refusal> {
        let split = usize::try_from(length).ok().and_then(|length| self.bytes.split_at_checked(length));
        let Some((taken, rest)) = split else {
            let (at, left) = (self.at, self.bytes.len());
            return Err(Refusal::damage(format!(
                "{length} bytes must follow at byte {at}, {left} are there"
            )));
        };
        self.at += taken.len();
        self.bytes = rest;
        Ok(taken)
    }

    /// The next bytes as numbers are made of.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    /// The next byte.
    pub(crate) fn u8(&mut self) -> Result<u8, Refusal> {
        self.array().map(u8::from_le_bytes)
    }

    /// The next 16 bits.
    pub(crate) fn u16(&mut self) -> Result<u16, Refusal> {
        self.array().map(u16::from_le_bytes)
    }

    /// The next 32 bits.
    pub(crate) fn u32(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next 64 bits.
    pub(crate) fn u64(&mut self) -> Result<u64, Refusal> {
        self.array().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian_and_positions_those_of_the_whole() {
        let mut cursor = Cursor::new(&[9, 1, 2, 3, 4, 5], 1);
        assert_eq!((cursor.u8().unwrap(), cursor.u16().unwrap(), cursor.at()), (1, 0x302, 4));
        let mut part = cursor.part(2).unwrap();
        assert_eq!((part.at(), part.u16().unwrap(), part.rest(), cursor.at()), (4, 0x504, &[][..], 6));
    }

    #[test]
    fn what_is_not_there_is_refused_and_nothing_taken() {
        let mut cursor = Cursor::new(&[1, 2, 3], 0);
        assert!(cursor.u32().is_err() && cursor.take(u64::MAX).is_err());
        assert_eq!((cursor.at(), cursor.u16().unwrap()), (0, 0x201));
        assert!(Cursor::new(&[1], 2).u8().is_err());
    }
}
