"""What single channels respond to: the picture that maximizes one, and what excited one lately."""
