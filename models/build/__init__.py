"""From a network and a head to the finished graph that the show runs."""
