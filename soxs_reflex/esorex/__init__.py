"""``soxs-esorex``: the grammar of EsoRex 3.13 for machines that have none."""
