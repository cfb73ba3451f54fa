//! A backend that draws nothing and notes where each text lies.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use plotters::prelude::IntoDrawingArea;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontTransform,
};
use sim::figure::{Figure, Size, canvas, draw, font};

/// A text and its edges: left, top, right, bottom, in units of the canvas.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) edges: [f64; 4],
}

impl Text {
    pub(crate) fn overlaps(&self, other: &Text) -> bool {
        let ([left, top, right, bottom], [l, t, r, b]) = (self.edges, other.edges);
        left < r && l < right && top < b && t < bottom
    }
}

/// Notes texts. Shared, since plotters owns its backend.
struct Notes {
    size: (u32, u32),
    texts: Rc<RefCell<Vec<Text>>>,
}

impl DrawingBackend for Notes {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(&mut self, _: BackendCoord, _: BackendColor) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        // An em is the size by 1.24, and the baseline of a text with its top at y is 0.76 em below: as plotters' SVG has it.
        let em = style.size() / 1.24;
        let width = font::width(text, em);
        let left = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        let (top, bottom) = ((0.76 - font::CAPITALS) * em, (0.76 + font::DESCENT) * em);
        let (x, y) = (f64::from(x), f64::from(y));
        let edges = match style.transform() {
            FontTransform::Rotate270 => [x + top, y - left - width, x + bottom, y - left],
            _ => [x + left, y + top, x + left + width, y + bottom],
        };
        if !text.is_empty() {
            self.texts.borrow_mut().push(Text { text: text.into(), edges });
        }
        Ok(())
    }
}

/// The texts of a figure and the size of its canvas.
pub(crate) fn collect(figure: &Figure, size: Size) -> (Vec<Text>, (f64, f64)) {
    let canvas = canvas(figure, size).expect("good data");
    let texts = Rc::new(RefCell::new(Vec::new()));
    let area = Notes { size: canvas, texts: texts.clone() }.into_drawing_area();
    draw(&area, figure, size).expect("good data");
    let texts = texts.borrow().clone();
    (texts, (f64::from(canvas.0), f64::from(canvas.1)))
}
