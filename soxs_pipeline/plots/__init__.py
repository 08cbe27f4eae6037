"""Figures drawn from products."""
