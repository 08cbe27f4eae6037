"""The EDPS workflow in ESO's five files, from the map."""
