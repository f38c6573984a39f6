"""The sentences that ask for an edit."""

from rlrig.instructions.sentences import mirrored


def test_the_mirror_image_of_an_instruction_swaps_left_and_right() -> None:
    assert mirrored("add a red ring right of the blue star") == "add a red ring left of the blue star"
    assert mirrored("remove a red ring") == "remove a red ring"
