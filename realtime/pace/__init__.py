"""The rate of a show: what is measured, which frames are drawn, and the governor that holds the rate."""
