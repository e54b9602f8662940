//! Indices of carbon balance, zoning schemes, class breaks, trends and imbalance risk.
