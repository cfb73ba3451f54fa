//! A bitmap for plotters: three by three samples a pixel, averaged at the end, in whole numbers.
//!
//! plotters' own bitmap drops the side bearing of every glyph, so that letters stand unevenly, and its wide lines have rough edges.

use std::convert::Infallible;

use ab_glyph::{Font, PxScale, point};
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::style::Size;
use super::{Error, font};

/// Samples of a pixel along each axis.
const SAMPLES: usize = 3;

/// Samples of a picture, three bytes each.
pub(super) struct Bitmap {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Bitmap {
    /// A white bitmap.
    pub(super) fn new((width, height): (u32, u32)) -> Bitmap {
        let (width, height) = (width as usize, height as usize);
        Bitmap { width, height, data: vec![255; width * height * 3] }
    }

    fn blend(&mut self, x: i32, y: i32, (r, g, b): (u8, u8, u8), cover: f64) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x >= self.width || y >= self.height {
            return;
        }
        let place = (y * self.width + x) * 3;
        let share = (cover.clamp(0.0, 1.0) * 256.0) as u32;
        for (sample, color) in self.data[place..place + 3].iter_mut().zip([r, g, b]) {
            *sample = ((u32::from(*sample) * (256 - share) + u32::from(color) * share) >> 8) as u8;
        }
    }

    /// Samples of a row whose centres lie between two places.
    fn span(&mut self, y: i32, from: f64, to: f64, (r, g, b): (u8, u8, u8)) {
        let Ok(y) = usize::try_from(y) else { return };
        let edge = |x: f64| (x - 0.5).ceil().clamp(0.0, self.width as f64) as usize;
        let (from, to) = (edge(from), edge(to));
        if y < self.height && from < to {
            let row = y * self.width;
            for sample in self.data[(row + from) * 3..(row + to) * 3].chunks_exact_mut(3) {
                sample.copy_from_slice(&[r, g, b]);
            }
        }
    }

    /// What lies inside of a closed line, by the even-odd rule.
    fn polygon(&mut self, corners: &[(f64, f64)], color: (u8, u8, u8)) {
        let low = corners.iter().map(|c| c.1).fold(f64::INFINITY, f64::min).max(0.0);
        let high = corners.iter().map(|c| c.1).fold(f64::NEG_INFINITY, f64::max).min(self.height as f64);
        let mut crossings = Vec::new();
        for y in low.floor() as i32..high.ceil() as i32 {
            let middle = f64::from(y) + 0.5;
            crossings.clear();
            for (index, a) in corners.iter().enumerate() {
                let b = corners[(index + 1) % corners.len()];
                if (a.1 <= middle) != (b.1 <= middle) {
                    crossings.push(a.0 + (middle - a.1) / (b.1 - a.1) * (b.0 - a.0));
                }
            }
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                self.span(y, pair[0], pair[1], color);
            }
        }
    }

    fn disc(&mut self, (x, y): (f64, f64), radius: f64, hole: f64, color: (u8, u8, u8)) {
        for row in (y - radius).floor() as i32..=(y + radius).ceil() as i32 {
            let up = f64::from(row) + 0.5 - y;
            let half = |radius: f64| (radius * radius - up * up).max(0.0).sqrt();
            let (outer, inner) = (half(radius), half(hole));
            self.span(row, x - outer, x - inner, color);
            self.span(row, x + inner, x + outer, color);
        }
    }

    /// A stretch of a line, square at its ends.
    fn stretch(&mut self, a: (f64, f64), b: (f64, f64), width: f64, color: (u8, u8, u8)) {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = (dx * dx + dy * dy).sqrt();
        if length > 0.0 {
            let (nx, ny) = (-dy / length * width / 2.0, dx / length * width / 2.0);
            let corners =
                [(a.0 + nx, a.1 + ny), (b.0 + nx, b.1 + ny), (b.0 - nx, b.1 - ny), (a.0 - nx, a.1 - ny)];
            self.polygon(&corners, color);
        }
    }

    /// The average of the samples of each pixel.
    fn pixels(&self) -> Vec<u8> {
        let (columns, rows) = (self.width / SAMPLES, self.height / SAMPLES);
        let mut pixels = Vec::with_capacity(columns * rows * 3);
        for row in 0..rows {
            for column in 0..columns {
                for channel in 0..3 {
                    let mut sum = 0u32;
                    for y in row * SAMPLES..(row + 1) * SAMPLES {
                        let first = (y * self.width + column * SAMPLES) * 3 + channel;
                        sum += u32::from(self.data[first])
                            + u32::from(self.data[first + 3])
                            + u32::from(self.data[first + 6]);
                    }
                    pixels.push(((sum + 4) / 9) as u8);
                }
            }
        }
        pixels
    }

    /// The picture as a file, with its resolution and nothing else beside it.
    pub(super) fn png(&self, size: Size) -> Result<Vec<u8>, Error> {
        let fail = |error: png::EncodingError| Error::Draw { what: error.to_string() };
        let (columns, rows) = (self.width / SAMPLES, self.height / SAMPLES);
        let metre = (columns as f64 / size.millimetres() * 1e3).round() as u32;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, columns as u32, rows as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: metre,
            yppu: metre,
            unit: png::Unit::Meter,
        }));
        let mut writer = encoder.write_header().map_err(fail)?;
        writer.write_image_data(&self.pixels()).map_err(fail)?;
        writer.finish().map_err(fail)?;
        Ok(file)
    }
}

/// The bitmap as a backend of plotters. Of what plotters can ask for, alpha is what no figure uses and this does not draw.
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
