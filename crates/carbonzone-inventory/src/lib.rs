//! Activity data times emission factor: sector totals, equations 1 to 7.
