"""A gateway that is newer, busier and further away than the one that an SDK was made for."""
