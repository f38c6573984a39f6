"""What a scene is: graphs, relations, requirements and geometry. Pure: no torch, no I/O."""

from rlrig_eval.scene.equivalence import equivalent
from rlrig_eval.scene.focus import focus
from rlrig_eval.scene.graph import Box, Entity, Relation, SceneGraph
from rlrig_eval.scene.parse import ParseError, parse
from rlrig_eval.scene.relations import VOCABULARY, is_spatial, opposite
from rlrig_eval.scene.requirements import Reference, Requirement, check, reference, zero_children

__all__ = [
    "VOCABULARY",
    "Box",
    "Entity",
    "ParseError",
    "Reference",
    "Relation",
    "Requirement",
    "SceneGraph",
    "check",
    "equivalent",
    "focus",
    "is_spatial",
    "opposite",
    "parse",
    "reference",
    "zero_children",
]
