//! The bitmap as a backend of plotters.
//!
//! plotters' own bitmap drops the side bearing of every glyph, so that letters stand unevenly, and its wide lines have rough edges.
//! Of what plotters can ask for, this does not draw alpha, but for single pixels, and outlines of rectangles: no figure has them.

use std::convert::Infallible;

use ab_glyph::{Font, PxScale, point};
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::bitmap::Bitmap;
use super::font;

/// Draws on a bitmap.
pub(super) struct Raster<'a>(pub(super) &'a mut Bitmap);

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

fn middle((x, y): BackendCoord) -> (f64, f64) {
    (f64::from(x), f64::from(y))
}

impl DrawingBackend for Raster<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.0.width as u32, self.0.height as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.0.blend(x, y, color.rgb, color.alpha);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        _: bool,
    ) -> Drawn {
        for y in from.1.min(to.1)..from.1.max(to.1) {
            let (left, right) = (from.0.min(to.0), from.0.max(to.0));
            self.0.span(y, f64::from(left), f64::from(right), style.color().rgb);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<_> = path.into_iter().map(middle).collect();
        let (width, color) = (f64::from(style.stroke_width()), style.color().rgb);
        for (index, pair) in points.windows(2).enumerate() {
            if index > 0 {
                self.0.disc(pair[0], width / 2.0, 0.0, color);
            }
            self.0.stretch(pair[0], pair[1], width, color);
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (radius, half) = (f64::from(radius), f64::from(style.stroke_width()) / 2.0);
        let (outer, hole) = if fill { (radius, 0.0) } else { (radius + half, radius - half) };
        self.0.disc(middle(centre), outer, hole, style.color().rgb);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let corners: Vec<_> = corners.into_iter().map(middle).collect();
        self.0.polygon(&corners, style.color().rgb);
        Ok(())
    }

    /// Text as plotters' SVG places it: its baseline 0.76 em below the top.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let Ok(font) = font::font() else { return Ok(()) };
        let em = style.size() / font::LINE_HEIGHT;
        let scale = em as f32 * font.height_unscaled() / font.units_per_em().unwrap_or(1.0);
        let mut x = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -font::width(text, em) / 2.0,
            HPos::Right => -font::width(text, em),
        };
        for character in text.chars() {
            let id = font.glyph_id(character);
            let glyph = id.with_scale_and_position(PxScale::from(scale), point(x as f32, 0.76 * em as f32));
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| {
                    let place = (dx as i32 + corner.x as i32, dy as i32 + corner.y as i32);
                    let (dx, dy) = style.transform().transform(place.0, place.1);
                    self.0.blend(at.0 + dx, at.1 + dy, style.color().rgb, f64::from(cover));
                });
            }
            x += font::width(character.encode_utf8(&mut [0; 4]), em);
        }
        Ok(())
    }
}
