//! Synthetic cities and provinces, always labelled synthetic.
