"""The EDPS workflow. Written by soxs_reflex.generate from the association map."""
