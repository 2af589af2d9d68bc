//! Products of small matrices that lie anywhere in memory, by one thread.

use gemm::Parallelism;

/// How rows and columns of a matrix lie in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// Rows and columns.
    pub sides: [usize; 2],
    /// Numbers from one row to the next, and from one column to the next.
    pub steps: [usize; 2],
}

/// A matrix somewhere in `numbers`, from the first of them.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    numbers: &'a [f32],
    place: Place,
}

impl Place {
    /// Rows one behind the other.
    pub(super) fn dense(sides: [usize; 2]) -> Self {
        Self {
            sides,
            steps: [sides[1], 1],
        }
    }

    /// How many numbers lie from the first to the last of the matrix.
    fn reach(self) -> usize {
        let Self {
            sides: [rows, columns],
            steps,
        } = self;
        if rows * columns == 0 {
            return 0;
        }
        (rows - 1) * steps[0] + (columns - 1) * steps[1] + 1
    }
}

impl<'a> Matrix<'a> {
    /// The matrix that lies so in `numbers`.
    ///
    /// Panics: when it reaches beyond them.
    pub(super) fn new(numbers: &'a [f32], place: Place) -> Self {
        assert!(
            place.reach() <= numbers.len(),
            "{place:?} in {}",
            numbers.len()
        );
        Self { numbers, place }
    }

    /// Rows and columns.
    pub(super) fn sides(self) -> [usize; 2] {
        self.place.sides
    }

    /// The numbers of a row.
    pub(super) fn row(self, row: usize) -> impl Iterator<Item = f32> {
        let [down, across] = self.place.steps;
        let numbers = &self.numbers[row * down..];
        (0..self.place.sides[1]).map(move |column| numbers[column * across])
    }

    /// Rows and columns changed about.
    pub(super) fn transposed(self) -> Self {
        let Place {
            sides: [rows, columns],
            steps: [down, across],
        } = self.place;
        let place = Place {
            sides: [columns, rows],
            steps: [across, down],
        };
        Self { place, ..self }
    }
}

/// `out = scale·a·b`, or `out + scale·a·b` where `added`: `[m, k] × [k, n] → [m, n]`.
///
/// Panics: when sides do not fit, or `out` reaches beyond its numbers or over itself.
#[expect(unsafe_code, reason = "the library takes places in memory")]
pub(super) fn multiply(
    out: &mut [f32],
    place: Place,
    [a, b]: [Matrix<'_>; 2],
    scale: f32,
    added: bool,
) {
    let ([m, k], [inner, n]) = (a.place.sides, b.place.sides);
    assert!(
        k == inner && place.sides == [m, n],
        "{:?} by {:?} to {place:?}",
        a.place,
        b.place
    );
    assert!(place.reach() <= out.len() && place.steps[1] == 1 && place.steps[0] >= n);
    let step = |step: usize| isize::try_from(step).expect("no memory is longer than that");
    let [rows, columns] = place.steps.map(step);
    let ([a_rows, a_columns], [b_rows, b_columns]) =
        (a.place.steps.map(step), b.place.steps.map(step));
    // SAFETY: every matrix lies within its slice, as was checked when it was made and above; `out` is borrowed alone, and
    // no two of its places are the same.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            columns,
            rows,
            added,
            a.numbers.as_ptr(),
            a_columns,
            a_rows,
            b.numbers.as_ptr(),
            b_columns,
            b_rows,
            1.0,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Matrix, Place, multiply};

    #[test]
    fn matrices_are_multiplied_where_they_lie() {
        // The second and fourth columns, and every other row.
        let numbers: Vec<f32> = (0..12).map(|x| x as f32).collect();
        let place = Place {
            sides: [2, 2],
            steps: [8, 2],
        };
        let a = Matrix::new(&numbers[1..], place);
        let b = Matrix::new(&[1.0, 2.0, 10.0, 20.0], Place::dense([2, 2]));
        let mut out = [1.0; 7];
        let place = Place {
            sides: [2, 2],
            steps: [4, 1],
        };
        multiply(&mut out, place, [a, b], 1.0, false);
        assert_eq!(out, [31.0, 62.0, 1.0, 1.0, 119.0, 238.0, 1.0]);
        multiply(&mut out, place, [a.transposed(), b], 2.0, true);
        assert_eq!(out, [213.0, 426.0, 1.0, 1.0, 345.0, 690.0, 1.0]);
    }

    #[test]
    #[should_panic(expected = "in 3")]
    fn a_matrix_must_lie_within_its_numbers() {
        let _ = Matrix::new(&[0.0; 3], Place::dense([2, 2]));
    }
}
