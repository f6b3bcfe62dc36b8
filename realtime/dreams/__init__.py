"""Dreams: pictures that climb towards what a network answers to, still and moving."""
