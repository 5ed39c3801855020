//! Reads single figures from the text that Prometheus scrapes.

/// The sum of the series of `name` that carry all of `labels`; 0 if there is none.
pub(crate) fn sum_of(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    text.lines().filter_map(|line| value_of(line, name, labels)).sum()
}

/// The value of one line, if it is a series of `name` with all of `labels`.
fn value_of(line: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let rest = line.strip_prefix(name)?;
    let (series, value) = match rest.strip_prefix('{') {
        Some(rest) => rest.rsplit_once('}')?,
        None if rest.starts_with(' ') => ("", rest),
        None => return None,
    };
    // Label values here are words: no comma and no quote occurs in them.
    let has = |(key, value): &(&str, &str)| series.split(',').any(|pair| pair == format!("{key}=\"{value}\""));
    if labels.iter().all(has) { value.trim().parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::sum_of;

    #[test]
    fn series_are_chosen_by_name_and_labels() {
        let text = "# HELP a_total x\na_total{app=\"chat\",lane=\"high\"} 2\na_total{app=\"shop\",lane=\"high\"} 3\na_total_b 9\nb 4\n";
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);
        let cases: [Case; 5] = [
            ("a_total", &[], 5.0),
            ("a_total", &[("lane", "high")], 5.0),
            ("a_total", &[("app", "shop"), ("lane", "high")], 3.0),
            ("a_total", &[("app", "hop")], 0.0),
            ("b", &[], 4.0),
        ];
        for (name, labels, sum) in cases {
            assert!((sum_of(text, name, labels) - sum).abs() < f64::EPSILON, "{name} {labels:?}");
        }
    }
}
