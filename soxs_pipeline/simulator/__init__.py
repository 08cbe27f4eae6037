"""An independent forward model of SOXS frames with known truth."""
