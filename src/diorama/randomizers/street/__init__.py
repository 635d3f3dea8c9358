"""What varies in streets: who drives, walks and parks there, what stands beside the road, and who takes the pictures."""
