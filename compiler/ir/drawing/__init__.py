"""Output forms of a graph: JSON for programs, DOT for Graphviz, SVG for people. Pure functions of a graph.

as_json(graph) -> dict     JSON-ready members, versioned
as_dot(graph) -> str       Graphviz, one cluster a clip
as_svg(graph) -> str       a drawing in lanes, no renderer needed
"""

from compiler.ir.drawing.dot import as_dot
from compiler.ir.drawing.members import as_json
from compiler.ir.drawing.svg import as_svg

__all__ = ["as_dot", "as_json", "as_svg"]
