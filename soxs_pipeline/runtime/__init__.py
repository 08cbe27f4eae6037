"""Bind, run, judge, write, plan, execute."""
