//! Names of columns that tables of a run and its maps share.

/// Text column with the key of how sure a class is: `safe`, `likely`, `toss_up`, `other_likelier`.
pub const CONFIDENCE_CLASS: &str = "confidence_class";

/// Field of a table over years: the class of a unit by the mean of its indices over the years.
pub const ZONE_OF_MEAN: &str = "zone_of_mean";

/// Joins the names of two text fields to the name of a field that holds both, as `zone|confidence_class`.
pub const JOINT: &str = "|";
