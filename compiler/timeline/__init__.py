"""Exact time: instants, warps, curves over time, and the layout of clips. Pure functions of rationals."""
