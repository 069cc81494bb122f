"""Exact time: instants, warps, curves over them, and where clips land. Pure functions of rationals."""
