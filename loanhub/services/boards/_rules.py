"""The rules of a board 看板规则: its stages as plain values, kept in memory until an administrator changes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from loanhub.domain.pipelines import StageSpec
from loanhub.models import Pipeline, Stage
from loanhub.repositories import boards as repository
from loanhub.services._transaction import engine


@dataclass(frozen=True)
class BoardRules:
    """The stages of a board in order, by code."""

    pipeline_id: int
    stages: dict[str, StageSpec]

    def find(self, code: str) -> StageSpec | None:
        """Return the stage of this code, or None."""
        return self.stages.get(code)

    def label(self, code: str) -> str:
        """Return the name of a stage; the code itself when it is gone."""
        stage = self.stages.get(code)
        return stage.label if stage else code

    def is_forward(self, source: str, target: str) -> bool:
        """Return whether the target comes after the source."""
        codes = list(self.stages)
        return source not in codes or codes.index(target) > codes.index(source)


_kept: dict[tuple[int, int], tuple[int, BoardRules]] = {}


def rules_of(db: Session, pipeline_id: int, version: int) -> BoardRules:
    """Return the rules of a board as of this version of it; read once for each version.

    The version comes with the caller's own query, so that a change made by another worker is seen at once.
    """
    key = (id(engine()), pipeline_id)
    kept = _kept.get(key)
    if kept is not None and kept[0] == version:
        return kept[1]
    found = BoardRules(pipeline_id, _specs(repository.list_stages(db, pipeline_id)))
    _kept[key] = (version, found)
    return found


def rules_of_board(db: Session, pipeline: Pipeline) -> BoardRules:
    """Return the rules of a board that is at hand."""
    return rules_of(db, pipeline.id or 0, pipeline.version)


def spec_of(stage: Stage) -> StageSpec:
    """Return a stored stage as a plain value."""
    return StageSpec(
        stage.code, stage.label, stage.color, stage.dwell_target_hours, stage.wip_limit,
        stage.probability_percent, tuple(stage.required), stage.hard_gate, tuple(stage.next_codes), stage.wip_hard,
        tuple(stage.documents), stage.documents_hard,
    )  # fmt: skip


def _specs(stages: Sequence[Stage]) -> dict[str, StageSpec]:
    return {stage.code: spec_of(stage) for stage in stages}
