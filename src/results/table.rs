//! A curve as a table of comma-separated values.

use nodes::value::Curve;

/// The figures as a table: the axis, then a column for each line.
pub fn csv(curve: &Curve) -> String {
    let mut rows: Vec<f64> = curve
        .lines
        .iter()
        .flat_map(|line| line.points.iter().map(|(x, _)| *x))
        .collect();
    rows.sort_by(f64::total_cmp);
    rows.dedup();

    let mut text = cell(&curve.axis);
    for line in &curve.lines {
        text.push(',');
        text.push_str(&cell(&line.name));
    }
    text.push('\n');
    for row in rows {
        text.push_str(&row.to_string());
        for line in &curve.lines {
            text.push(',');
            let at = line.points.iter().find(|(x, _)| x.total_cmp(&row).is_eq());
            if let Some((_, y)) = at {
                text.push_str(&y.to_string());
            }
        }
        text.push('\n');
    }
    text
}

/// A name as a cell of the table.
fn cell(name: &str) -> String {
    if name.contains([',', '"', '\n']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use graph::preview::Line;
    use nodes::value::Curve;

    use super::csv;

    #[test]
    fn lines_of_different_lengths_share_a_table() {
        let line = |name: &str, points: &[(f64, f64)]| Line {
            name: name.into(),
            points: points.into(),
        };
        let curve = Curve {
            axis: "step".into(),
            lines: vec![
                line("loss, nats", &[(1.0, 2.5), (2.0, 2.25)]),
                line("PSNR", &[(2.0, 20.0)]),
            ],
        };
        assert_eq!(csv(&curve), "step,\"loss, nats\",PSNR\n1,2.5,\n2,2.25,20\n");
    }
}
