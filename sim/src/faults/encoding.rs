//! An encoding as it is written: `bitmask,codes=mlc2,mask=slc,levels=binary,ecc=none`.
//!
//! | key | values | if not given |
//! |---|---|---|
//! | (first) | `dense`, `bitmask`, `banks-N`, `csr`, `runs` | |
//! | `codes` | `slc`, `mlc2`, `mlc3`, or the bits of each cell of a code, highest first: `2+3+3` | `slc` |
//! | `mask` | `slc`, `mlc2`, `mlc3`: mask, columns, runs and starts | `slc` |
//! | `levels` | `binary`, `gray` | `binary` |
//! | `ecc` | SECDED on `none`, `mask`, `codes`, `all` | `none` |

use std::fmt;

use kernels::levels::Levels;
use models::storage::{Layout, Part, Placement, Stored};

use super::Placements;

/// An encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// How rows become symbols.
    pub layout: Layout,
    codes: String,
    mask: String,
    levels: Levels,
    /// SECDED on the codes, and on the rest.
    secded: [bool; 2],
}

/// Words of `ecc`: on the codes, on the rest.
const ECC: [(&str, [bool; 2]); 4] =
    [("none", [false, false]), ("mask", [false, true]), ("codes", [true, false]), ("all", [true, true])];

impl Encoding {
    /// The encoding that a text describes.
    ///
    /// # Errors
    /// What was found, and what is expected.
    pub fn parse(text: &str) -> Result<Encoding, String> {
        let mut words = text.split(',');
        let first = words.next().unwrap_or_default();
        let layout = Layout::named(first).ok_or_else(|| {
            format!("`{first}` must be dense, bitmask, banks-N (N from 2 to 64), csr or runs")
        })?;
        let slc = || "slc".to_owned();
        let mut encoding =
            Encoding { layout, codes: slc(), mask: slc(), levels: Levels::Binary, secded: [false, false] };
        for word in words {
            match word.split_once('=') {
                Some(("codes", cells)) => cells.clone_into(&mut encoding.codes),
                Some(("mask", cells)) => cells.clone_into(&mut encoding.mask),
                Some(("levels", "binary")) => encoding.levels = Levels::Binary,
                Some(("levels", "gray")) => encoding.levels = Levels::Gray,
                Some(("ecc", on)) => {
                    let found = ECC.iter().find(|(name, _)| *name == on);
                    encoding.secded =
                        found.ok_or_else(|| format!("`{word}`: must be none, mask, codes or all"))?.1;
                }
                Some(("levels", _)) => return Err(format!("`{word}`: must be binary or gray")),
                _ => return Err(format!("`{word}` must be codes=, mask=, levels= or ecc=")),
            }
        }
        Ok(encoding)
    }

    /// What differs from the shortest encoding of its layout, for a figure.
    pub fn short(&self) -> String {
        let mut words = vec![format!("{} {}", self.layout.name(), self.codes)];
        if self.layout != Layout::Dense {
            words.push(format!("mask {}", self.mask));
        }
        if self.levels == Levels::Gray {
            words.push("Gray".to_owned());
        }
        if let Some((name, _)) =
            ECC.iter().find(|(_, on)| *on == self.secded && self.secded != [false, false])
        {
            words.push(format!("ECC {name}"));
        }
        words.join(", ")
    }

    /// Where the parts of a tensor go.
    ///
    /// # Errors
    /// Cells that do not hold a symbol.
    pub fn placements(&self, stored: &Stored) -> Result<Placements, String> {
        let width = |codes: bool| {
            let mut found = stored.streams().iter().filter(|stream| (stream.part == Part::Codes) == codes);
            found.next().map_or(1, |stream| stream.width)
        };
        let [on_codes, on_mask] = self.secded;
        let codes =
            Placement::named(&self.codes, width(true), self.levels).map_err(|e| format!("codes={e}"))?;
        // A compressed row has indices of two widths: only a kind of cell fits both.
        let mask =
            Placement::named(&self.mask, width(false), self.levels).map_err(|e| format!("mask={e}"))?;
        if self.layout == Layout::Csr && self.mask.contains('+') {
            return Err(format!(
                "mask=`{}` must be slc, mlc2 or mlc3 with csr: it has symbols of two widths",
                self.mask
            ));
        }
        let rest = if self.layout == Layout::Csr { whole(mask, &self.mask, self.levels) } else { mask };
        Ok(Placements { codes: codes.with_secded(on_codes), index: rest.with_secded(on_mask) })
    }
}

/// A kind of cell for symbols of any width: the whole string.
fn whole(named: Placement, cell: &str, levels: Levels) -> Placement {
    let bits =
        models::design::Cell::ALL.into_iter().find(|c| c.name() == cell).map(models::design::Cell::bits);
    bits.map_or(named, |bits| Placement {
        grouping: models::storage::Grouping::Run(bits),
        levels,
        secded: false,
    })
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let levels = if self.levels == Levels::Gray { "gray" } else { "binary" };
        let ecc = ECC.iter().find(|(_, on)| *on == self.secded).map_or("none", |(name, _)| name);
        let layout = self.layout.name();
        write!(f, "{layout},codes={},mask={},levels={levels},ecc={ecc}", self.codes, self.mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read_as_they_are_written() {
        let text = "banks-16,codes=2+3+3,mask=mlc2,levels=gray,ecc=mask";
        assert_eq!(Encoding::parse(text).unwrap().to_string(), text);
        let short = Encoding::parse("dense").unwrap();
        assert_eq!(short.to_string(), "dense,codes=slc,mask=slc,levels=binary,ecc=none");
        for (text, message) in [
            ("", "`` must be dense, bitmask"),
            ("banks-65", "`banks-65` must be"),
            ("dense,cells=slc", "`cells=slc` must be codes=, mask=, levels= or ecc="),
            ("dense,levels=grey", "must be binary or gray"),
            ("dense,ecc=on", "must be none, mask, codes or all"),
        ] {
            let error = Encoding::parse(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
        let stored = Stored::new(Layout::Bitmask, &[1, 0, 2, 3], 2, 8);
        let wrong = Encoding::parse("bitmask,codes=2+3").unwrap().placements(&stored).unwrap_err();
        assert_eq!(wrong, "codes=`2+3` holds 5 bits, a symbol has 8");
    }
}
