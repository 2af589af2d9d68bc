//! Averages over the training, as Lightning's files hold them beside the weights.

use std::collections::BTreeMap;

const PREFIX: &str = "model_ema.";

/// For each weight that a file holds an average of: the average's name and the weight's.
///
/// An average goes by the name of its weight without the dots.
pub fn averages<'a>(names: impl Iterator<Item = &'a str> + Clone) -> BTreeMap<String, &'a str> {
    let plain = names.clone().filter(|name| !name.starts_with(PREFIX));
    let weights: BTreeMap<String, &str> = plain.map(|name| (name.replace('.', ""), name)).collect();
    names
        .filter_map(|name| {
            let weight = weights.get(name.strip_prefix(PREFIX)?)?;
            Some((name.to_owned(), *weight))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::averages;

    #[test]
    fn averages_are_found_by_the_names_without_dots() {
        let names = [
            "encoder.conv_in.weight",
            "model_ema.encoderconv_inweight",
            "model_ema.decay",
            "loss.logvar",
        ];
        let found = averages(names.into_iter());
        let expected = (
            "model_ema.encoderconv_inweight".to_owned(),
            "encoder.conv_in.weight",
        );
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [expected]);
    }
}
