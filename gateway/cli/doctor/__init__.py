"""``spe-gateway doctor``: what a deployment does, beside what the simulator assumes."""
