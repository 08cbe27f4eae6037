"""The data-reduction pipeline of SOXS."""
