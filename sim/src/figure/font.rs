//! The font of all figures: part of Liberation Sans, as wide as Arial and Helvetica, with how wide a text is in it.
//!
//! Widths are sums of advances: the font has neither kerning nor ligatures. How it was made: `font/README.md`.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef};
use plotters::style::{FontStyle, register_font};

use super::Error;

/// Its name.
pub const FAMILY: &str = "Figure Sans";
/// What plotters multiplies the size of an em with, and what ascent and descent of the font add up to.
pub(super) const LINE_HEIGHT: f64 = 1.24;
/// Height of capitals and digits above the baseline, in em.
pub const CAPITALS: f64 = 0.70;
/// What hangs below the baseline, in em.
pub const DESCENT: f64 = 0.21;

static TTF: &[u8] = include_bytes!("font/figure-sans.ttf");
/// The same font as SVG embeds it.
pub(super) static WOFF2: &[u8] = include_bytes!("font/figure-sans.woff2");
static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();

/// The font, with outlines and advances.
pub(super) fn font() -> Result<&'static FontRef<'static>, Error> {
    FONT.get_or_init(|| FontRef::try_from_slice(TTF).ok())
        .as_ref()
        .ok_or_else(|| Error::Draw { what: "the embedded font cannot be read".into() })
}

/// Makes the font known to plotters.
pub(super) fn register() -> Result<(), Error> {
    static DONE: OnceLock<bool> = OnceLock::new();
    if *DONE.get_or_init(|| register_font(FAMILY, FontStyle::Normal, TTF).is_ok()) {
        return Ok(());
    }
    Err(Error::Draw { what: "plotters does not take the embedded font".into() })
}

/// Width of a text at a font size, in the unit of that size.
pub fn width(text: &str, size: f64) -> f64 {
    let Ok(font) = font() else { return 0.0 };
    let units: f32 = text.chars().map(|c| font.h_advance_unscaled(font.glyph_id(c))).sum();
    f64::from(units) / f64::from(font.units_per_em().unwrap_or(1.0)) * size
}

/// Width of the widest of several texts.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    texts.into_iter().map(|text| width(text, size)).fold(0.0, f64::max)
}

/// The text broken at spaces into lines of at most `limit`; a longer word is a line of its own, cut short.
pub(super) fn wrap(text: &str, size: f64, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines.iter().map(|line| cut(line, size, limit)).collect()
}

/// The text, or as much of it as fits before an ellipsis.
pub(super) fn cut(text: &str, size: f64, limit: f64) -> String {
    if width(text, size) <= limit {
        return text.to_string();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let short = format!("{}…", kept.iter().collect::<String>().trim_end());
        if width(&short, size) <= limit {
            return short;
        }
    }
    "…".to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_figures_is_in_the_font() {
        let font = font().unwrap();
        for c in "aZ09 μ²×·–—→≤≥±−…⁻⁰¹²³⁴⁵⁶⁷⁸⁹°%Δ≈".chars() {
            assert_ne!(font.glyph_id(c).0, 0, "{c}");
        }
    }

    #[test]
    fn plotters_measures_as_we_do() {
        register().unwrap();
        let font = plotters::style::FontDesc::from((FAMILY, 1000.0 * LINE_HEIGHT));
        let theirs = font.layout_box("Energy (mJ)").unwrap().1.0;
        // 0.1 %: their whole units, and ascent and descent that add up to 2540 of 2048 and not to 1.24.
        assert!((f64::from(theirs) - width("Energy (mJ)", 1000.0)).abs() < 6.0, "{theirs}");
    }

    #[test]
    fn lines_and_cuts_keep_to_their_limit() {
        let text = "energy of a sentence of 128 tokens in millijoules";
        assert!(wrap(text, 7.0, 60.0).iter().all(|line| width(line, 7.0) <= 60.0));
        assert_eq!(wrap(text, 7.0, 60.0).join(" "), text);
        assert!(width(&cut(text, 7.0, 60.0), 7.0) <= 60.0);
        assert_eq!(cut("abc", 7.0, 0.5), "…");
    }
}
