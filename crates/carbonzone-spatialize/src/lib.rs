//! From sector totals to parcels by spatial proxies, and from parcels to cells and zones.
