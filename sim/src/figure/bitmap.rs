//! A bitmap: three by three samples a pixel, averaged at the end, in whole numbers.

use super::Error;
use super::style::Size;

/// Samples of a pixel along each axis.
const SAMPLES: usize = 3;

/// Samples of a picture, three bytes each.
pub(super) struct Bitmap {
    pub(super) width: usize,
    pub(super) height: usize,
    data: Vec<u8>,
}

impl Bitmap {
    /// A white bitmap.
    pub(super) fn new((width, height): (u32, u32)) -> Bitmap {
        let (width, height) = (width as usize, height as usize);
        Bitmap { width, height, data: vec![255; width * height * 3] }
    }

    pub(super) fn blend(&mut self, x: i32, y: i32, (r, g, b): (u8, u8, u8), cover: f64) {
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
    pub(super) fn span(&mut self, y: i32, from: f64, to: f64, (r, g, b): (u8, u8, u8)) {
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
    pub(super) fn polygon(&mut self, corners: &[(f64, f64)], color: (u8, u8, u8)) {
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

    pub(super) fn disc(&mut self, (x, y): (f64, f64), radius: f64, hole: f64, color: (u8, u8, u8)) {
        for row in (y - radius).floor() as i32..=(y + radius).ceil() as i32 {
            let up = f64::from(row) + 0.5 - y;
            let half = |radius: f64| (radius * radius - up * up).max(0.0).sqrt();
            let (outer, inner) = (half(radius), half(hole));
            self.span(row, x - outer, x - inner, color);
            self.span(row, x + inner, x + outer, color);
        }
    }

    /// A stretch of a line, square at its ends.
    pub(super) fn stretch(&mut self, a: (f64, f64), b: (f64, f64), width: f64, color: (u8, u8, u8)) {
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
