"""Graphs or boxes in, numbers out. Pure: imports `scene`, numpy and scipy alone.

Published rules come as published and corrected (`Variant`); docs/metrics.md says where the two differ.
"""

from rlrig_eval.metrics.boxes import Detection
from rlrig_eval.metrics.compbench import (
    compbench_2d,
    compbench_3d,
    compbench_depth,
    compbench_instances,
    compbench_locality,
    compbench_position_2d,
    compbench_position_3d,
)
from rlrig_eval.metrics.compbench_counts import compbench_complex, compbench_complex_kind, compbench_numeracy
from rlrig_eval.metrics.compbench_nouns import compbench_complex_nouns, compbench_nouns
from rlrig_eval.metrics.correctness import all_correct, pair_accuracy, requirements_share
from rlrig_eval.metrics.dsg import (
    DPGScore,
    dpg_categories,
    dpg_image,
    dpg_rows,
    dpg_score,
    dsg_parents,
    dsg_score,
    dsg_scores,
)
from rlrig_eval.metrics.geneval import (
    GenEvalClause,
    GenEvalImage,
    GenEvalScores,
    GenEvalSpec,
    GenEvalVerdict,
    geneval_objects,
    geneval_relations,
    geneval_scores,
    geneval_verdict,
)
from rlrig_eval.metrics.hrs import hrs_between, hrs_image, hrs_relations, hrs_score, hrs_size, hrs_spatial
from rlrig_eval.metrics.iou import IoU, scene_graph_iou
from rlrig_eval.metrics.laion_batch import Pictures, Prompts, Words, laion_iou, laion_pictures, laion_prompts
from rlrig_eval.metrics.matching import Matching, by_category, by_category_and_attributes, match_instances
from rlrig_eval.metrics.paintskills import paintskills_count, paintskills_object, paintskills_spatial
from rlrig_eval.metrics.spice import Spice, sg_complexity, sg_score, spice, spice_tuples
from rlrig_eval.metrics.variant import Variant
from rlrig_eval.metrics.visor import VISOR, visor, visor_sra
from rlrig_eval.metrics.vqa import (
    SoftTIFA,
    soft_tifa,
    soft_tifa_am,
    soft_tifa_gm,
    soft_tifa_probability,
    soft_tifa_spellings,
    tifa,
    vqascore,
)

__all__ = [
    "VISOR",
    "DPGScore",
    "Detection",
    "GenEvalClause",
    "GenEvalImage",
    "GenEvalScores",
    "GenEvalSpec",
    "GenEvalVerdict",
    "IoU",
    "Matching",
    "Pictures",
    "Prompts",
    "SoftTIFA",
    "Spice",
    "Variant",
    "Words",
    "all_correct",
    "by_category",
    "by_category_and_attributes",
    "compbench_2d",
    "compbench_3d",
    "compbench_complex",
    "compbench_complex_kind",
    "compbench_complex_nouns",
    "compbench_depth",
    "compbench_instances",
    "compbench_locality",
    "compbench_nouns",
    "compbench_numeracy",
    "compbench_position_2d",
    "compbench_position_3d",
    "dpg_categories",
    "dpg_image",
    "dpg_rows",
    "dpg_score",
    "dsg_parents",
    "dsg_score",
    "dsg_scores",
    "geneval_objects",
    "geneval_relations",
    "geneval_scores",
    "geneval_verdict",
    "hrs_between",
    "hrs_image",
    "hrs_relations",
    "hrs_score",
    "hrs_size",
    "hrs_spatial",
    "laion_iou",
    "laion_pictures",
    "laion_prompts",
    "match_instances",
    "paintskills_count",
    "paintskills_object",
    "paintskills_spatial",
    "pair_accuracy",
    "requirements_share",
    "scene_graph_iou",
    "sg_complexity",
    "sg_score",
    "soft_tifa",
    "soft_tifa_am",
    "soft_tifa_gm",
    "soft_tifa_probability",
    "soft_tifa_spellings",
    "spice",
    "spice_tuples",
    "tifa",
    "visor",
    "visor_sra",
    "vqascore",
]
