from __future__ import annotations

import re
from pathlib import Path

import pytest

from loanhub import pages
from loanhub.domain.permissions import RoleCode
from loanhub.services import handbook
from loanhub.services.handbook import CHAPTERS
from tests.builders import bare_actor

SECTIONS = [section for chapter in CHAPTERS for section in chapter.sections]


class TestFind:
    @pytest.mark.parametrize("role", RoleCode)
    def test_every_role_finds_its_own_work(self, role: RoleCode) -> None:
        found = [s for chapter in handbook.find(bare_actor(role)) for s in chapter.sections]

        assert any(role.value in section.roles for section in found)
        assert all(not section.roles or role.value in section.roles for section in found)

    def test_searches_every_word(self) -> None:
        found = handbook.find(bare_actor(RoleCode.SALES), text="冲正 原因", everything=True)

        assert [s.anchor for chapter in found for s in chapter.sections] == ["reverse"]
        assert found[0].sections[0].link == ("", "")
        assert handbook.find(bare_actor(RoleCode.SALES), text="冲正") == []


class TestChapters:
    def test_anchors_are_unique_and_roles_exist(self) -> None:
        anchors = [section.anchor for section in SECTIONS]
        assert len(set(anchors)) == len(anchors)
        assert {role for section in SECTIONS for role in section.roles} == {role.value for role in RoleCode}

    def test_links_lead_to_pages(self) -> None:
        # Read from the source: importing the app would register every page into this process.
        sources = (path.read_text("utf-8") for path in Path(pages.__path__[0]).glob("*.py"))
        routes = {route for source in sources for route in re.findall(r'route="([^"]+)"', source)}
        assert {section.link[1] for section in SECTIONS if section.link[1]} <= routes
