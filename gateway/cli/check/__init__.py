"""``spe-gateway check``: is a configuration fit to go live?"""
