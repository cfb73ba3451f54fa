//! What plotters' SVG lacks: a size in millimetres, round joins, and the font itself.

use super::style::Size;
use super::{Error, font};

/// The file that plotters wrote with a head of ours.
pub(super) fn finish(text: &str, (width, height): (u32, u32), size: Size) -> Result<String, Error> {
    let body = text
        .strip_prefix("<svg ")
        .and_then(|rest| rest.split_once('>'))
        .map(|(_, body)| body)
        .ok_or_else(|| Error::Draw { what: "plotters wrote no SVG".into() })?;
    let millimetres = size.millimetres();
    let high = millimetres * f64::from(height) / f64::from(width);
    Ok(format!(
        "<svg width=\"{millimetres}mm\" height=\"{high:.3}mm\" viewBox=\"0 0 {width} {height}\" \
         stroke-linejoin=\"round\" xmlns=\"http://www.w3.org/2000/svg\">\n<style>\n\
         @font-face {{ font-family: \"{family}\"; src: url(data:font/woff2;base64,{data}) format(\"woff2\"); }}\n\
         text {{ font-family: \"{family}\", \"Liberation Sans\", Arial, Helvetica, sans-serif; font-kerning: none; }}\n\
         </style>{body}",
        family = font::FAMILY,
        data = base64(font::WOFF2),
    ))
}

/// Base 64 of RFC 4648, with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = (0..3).fold(0u32, |word, i| word << 8 | u32::from(*group.get(i).unwrap_or(&0)));
        for digit in 0..4 {
            let value = (word >> (18 - 6 * digit)) & 63;
            text.push(if digit <= group.len() { char::from(DIGITS[value as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648, section 10.
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(super::base64(plain.as_bytes()), coded);
        }
    }
}
