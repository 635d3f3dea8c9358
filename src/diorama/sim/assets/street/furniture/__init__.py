"""What stands beside streets: signs, traffic lights, lamps, and what else people have put there."""
