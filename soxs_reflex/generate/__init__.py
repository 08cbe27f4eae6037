"""Files for ESO's tools, made from the association map and the recipes' declarations."""
