"""Whose turn, who is able, what is said; fairness as properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.assignment import (
    Candidate,
    CandidateKind,
    Document,
    Engine,
    Fallback,
    Hours,
    Outcome,
    Person,
    Rule,
    Share,
    Strategy,
    Team,
    Turn,
    fairness,
)
from loanhub.domain.assignment.document import read_rule
from loanhub.domain.errors import InvalidInput

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""A Friday noon in Shanghai."""
TODAY = date(2026, 11, 20)


def rule(
    strategy: Strategy = Strategy.ROUND_ROBIN, *, key: str = "r1", name: str = "全部", **more: object
) -> Rule:
    return Rule(key, name, strategy=strategy, **more)  # type: ignore[arg-type]


def engine(*teams: Team, people: list[Person], seed: str = "s") -> Engine:
    return Engine(teams, {one.id: one for one in people}, {}, seed)


def ask(one: Engine, now: datetime = NOON, **more: object):
    return one.decide(lambda _rule: True, now=now, **more)  # type: ignore[arg-type]


class TestTurn:
    @settings(deadline=None)
    @given(steps=st.lists(st.one_of(st.integers(1, 40), st.sets(st.integers(1, 9), min_size=1)), max_size=60))
    def test_turns_of_equal_weights_are_the_same_however_they_are_worked_out(self, steps):
        asked, quick, people = Turn(), Turn(), (1, 2, 3)
        for step in steps:
            if isinstance(step, set):
                people = tuple(sorted(step))
                continue
            for _ in range(step):
                assert quick.take_evenly(people) == asked.take([(one, 1) for one in people])
        assert quick.as_json() == asked.as_json()

    @settings(max_examples=200, deadline=None)
    @given(weights=st.lists(st.integers(1, 100), min_size=1, max_size=12), number=st.integers(1, 300))
    def test_every_prefix_keeps_each_person_within_one_lead_of_the_share(self, weights, number):
        turn, total = Turn(), sum(weights)
        pairs = list(enumerate(weights, start=1))
        got = dict.fromkeys(range(1, len(weights) + 1), 0)

        for step in range(1, number + 1):
            got[turn.take(pairs)] += 1
            for person, weight in pairs:
                assert abs(got[person] - Fraction(step * weight, total)) < 1

    @given(
        steps=st.lists(st.sets(st.integers(1, 6), min_size=1), min_size=1, max_size=120),
    )
    def test_whoever_comes_and_goes_nobody_who_could_not_take_is_given_one(self, steps):
        turn = Turn()

        for able in steps:
            assert turn.take([(one, one) for one in sorted(able)]) in able
            assert all(abs(held) <= 6 * turn.scale for held in turn.owed.values())

    def test_goes_on_where_it_was_stored(self):
        pairs = [(1, 2), (2, 1), (3, 4)]
        whole, halves = Turn(), Turn()

        expected = [whole.take(pairs) for _ in range(40)]
        found = []
        for _ in range(40):
            halves = Turn.of_json(halves.as_json())
            found.append(halves.take(pairs))

        assert found == expected

    def test_weights_that_share_nothing_do_not_grow_without_end(self):
        turn = Turn()

        for size in (97, 89, 83, 79, 73, 71, 67, 61, 59, 53, 47):
            turn.take([(1, size), (2, 1)])

        assert turn.scale <= 10**9


class TestDecide:
    @given(
        weights=st.lists(st.integers(1, 9), min_size=1, max_size=6),
        caps=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=6, max_size=6),
        number=st.integers(1, 60),
        strategy=st.sampled_from(list(Strategy)),
    )
    def test_never_exceeds_a_cap_and_never_loses_a_lead(self, weights, caps, number, strategy):
        people = [
            Person(one, f"人{one}", daily_cap=caps[one - 1][0], open_cap=caps[one - 1][1])
            for one in range(1, len(weights) + 1)
        ]
        asked = engine(Team(rule(strategy), tuple(enumerate(weights, start=1))), people=people)

        found = [ask(asked) for _ in range(number)]

        for one in people:
            got = sum(decision.owner_id == one.id for decision in found)
            assert got == one.open == one.taken.get(TODAY, 0)
            assert not one.daily_cap or got <= one.daily_cap
            assert not one.open_cap or got <= one.open_cap
        room = any(not one.hindered(NOON, TODAY) for one in people)
        assert all(decision.owner_id is not None for decision in found) or not room
        assert all(decision.reason and len(decision.reason) <= 200 for decision in found)

    def test_says_rule_condition_and_turn_in_one_sentence(self):
        team = Team(rule(name="上海抖音"), ((1, 1), (2, 1)), sentence="城市是上海")
        asked = engine(team, people=[Person(1, "林若溪"), Person(2, "周子昂")])

        assert ask(asked).reason == "规则 1「上海抖音」（城市是上海）：轮流，轮到林若溪（第 1 条）"
        assert ask(asked).owner_id == 2

    def test_passes_over_those_on_leave_paused_or_full_and_says_so(self):
        away = ((NOON - timedelta(hours=1), NOON + timedelta(hours=1)),)
        people = [
            Person(1, "请假的", away=away), Person(2, "停了的", paused=True), Person(3, "满了的", daily_cap=1, taken={TODAY: 1}),
            Person(4, "后备"),
        ]  # fmt: skip
        first = Team(rule(name="一组"), ((1, 1), (2, 1), (3, 1)))
        second = Team(rule(key="r2", name="二组"), ((4, 1),))

        found = ask(engine(first, second, people=people))

        assert (found.owner_id, found.rule_key) == (4, "r2")
        assert "1 人请假、1 人暂停接单、1 人今天已满" in found.reason

    def test_a_leave_ends_at_its_end(self):
        away = ((NOON - timedelta(hours=1), NOON),)

        assert ask(engine(Team(rule(), ((1, 1),)), people=[Person(1, "甲", away=away)])).owner_id == 1

    def test_a_full_day_is_over_at_midnight_in_shanghai(self):
        asked = engine(Team(rule(), ((1, 1),)), people=[Person(1, "甲", daily_cap=1)])

        assert ask(asked, datetime(2026, 11, 20, 15, 59, tzinfo=UTC)).owner_id == 1
        assert ask(asked, datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)).owner_id is None
        assert ask(asked, datetime(2026, 11, 20, 16, 0, tzinfo=UTC)).owner_id == 1

    def test_least_on_the_desk_gets_the_next(self):
        asked = engine(
            Team(rule(Strategy.LOAD), ((1, 1), (2, 1))),
            people=[Person(1, "甲", open=5), Person(2, "乙", open=3)],
        )

        assert [ask(asked).owner_id for _ in range(4)] == [2, 2, 1, 2]

    def test_random_is_the_same_again_with_the_same_seed(self):
        def draws(seed: str) -> list[int | None]:
            asked = engine(
                Team(rule(Strategy.RANDOM), ((1, 1), (2, 3))),
                people=[Person(1, "甲"), Person(2, "乙")],
                seed=seed,
            )
            return [ask(asked).owner_id for _ in range(200)]

        assert draws("a") == draws("a") != draws("b")
        assert 120 < draws("a").count(2) < 180

    @pytest.mark.parametrize(
        ("fallback", "outcome", "owner"),
        [
            (Fallback.NEXT_RULE, Outcome.RULE, 3), (Fallback.TEAM_LEAD, Outcome.TEAM_LEAD, 9),
            (Fallback.POOL, Outcome.POOL, None),
        ],
    )  # fmt: skip
    def test_nobody_there_does_as_the_rule_says(self, fallback, outcome, owner):
        people = [Person(1, "甲", paused=True), Person(3, "丙"), Person(9, "主管")]
        first = Team(rule(fallback=fallback), ((1, 1),), leads=(9,))

        found = ask(engine(first, Team(rule(key="r2", name="后备"), ((3, 1),)), people=people))

        assert (found.outcome, found.owner_id) == (outcome, owner)

    def test_a_team_lead_on_leave_leaves_the_pool(self):
        away = ((NOON, NOON + timedelta(days=1)),)
        people = [Person(1, "甲", paused=True), Person(9, "主管", away=away)]

        found = ask(engine(Team(rule(fallback=Fallback.TEAM_LEAD), ((1, 1),), leads=(9,)), people=people))

        assert found.owner_id is None
        assert found.reason.endswith("主管也不在；放入公海")

    @pytest.mark.parametrize(
        ("moment", "open_"),
        [
            (datetime(2026, 11, 20, 1, 0, tzinfo=UTC), True),  # 9:00 on a Friday
            (datetime(2026, 11, 20, 10, 0, tzinfo=UTC), False),  # 18:00
            (datetime(2026, 11, 21, 4, 0, tzinfo=UTC), False),  # a Saturday
            (datetime(2026, 10, 1, 4, 0, tzinfo=UTC), False),  # National Day
            (datetime(2026, 10, 10, 4, 0, tzinfo=UTC), True),  # a Saturday worked for the holiday 调休
        ],
    )
    def test_a_rule_of_working_hours_waits_for_them(self, moment, open_):
        people = [Person(1, "白班"), Person(2, "值班")]
        day = Team(rule(hours=Hours.WORKING, name="白班"), ((1, 1),))
        night = Team(rule(key="r2", name="值班"), ((2, 1),))

        assert ask(engine(day, night, people=people), moment).owner_id == (1 if open_ else 2)

    def test_the_former_owner_is_passed_over(self):
        asked = engine(Team(rule(), ((1, 1), (2, 1))), people=[Person(1, "甲"), Person(2, "乙")])

        assert [ask(asked, besides=frozenset({1})).owner_id for _ in range(3)] == [2, 2, 2]

    def test_without_rules_the_pool_gets_it(self):
        assert ask(engine(people=[])).reason == "还没有启用分配规则；放入公海"


class TestDocument:
    def test_comes_back_from_storage_as_it_was(self):
        document = Document(
            rules=(
                Rule("a", "甲", {"field": "city", "op": "eq", "value": "上海"}, Strategy.WEIGHTED,
                     (Candidate(CandidateKind.SKILL, 3, 7),), Hours.WORKING, Fallback.POOL, False),
            ),
            daily_cap=20, open_cap=80, own_entry=True, recycled=True,
        )  # fmt: skip

        assert Document.of_json(document.as_json()) == document

    def test_is_not_published_without_a_rule_or_without_people(self):
        assert Document().faults() == {"rules": "至少要有一条启用的规则"}
        assert "还没有接单的人" in Document(rules=(rule(),)).faults()["r1"]

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"name": " "}, "name"), ({"name": "长" * 31}, "name"), ({"name": "旧的"}, "name"),
            ({"strategy": "best"}, "strategy"), ({"candidates": [("user", 1, 0)]}, "candidates"),
            ({"candidates": [("user", 1, 1), ("user", 1, 2)]}, "candidates"),
            ({"candidates": [("robot", 1, 1)]}, "candidates"),
        ],
    )  # fmt: skip
    def test_a_rule_says_at_which_field_it_is_wrong(self, change, place):
        good = {
            "key": "a", "name": "新的", "criteria": {}, "strategy": "weighted", "hours": "any", "fallback": "pool",
            "candidates": [("user", 1, 1)], "taken": ["旧的"],
        }  # fmt: skip

        with pytest.raises(InvalidInput) as refused:
            read_rule(**{**good, **change})

        assert place in refused.value.fields


class TestFairness:
    def test_all_as_promised_is_zero(self):
        found = fairness([Share(1, "甲", 10, Fraction(1)), Share(2, "乙", 30, Fraction(3))])

        assert str(found.gini) == "0.00"
        assert found.words.startswith("很均匀：每个人与应得数都差不到 1 条")

    def test_names_who_got_too_much_and_too_little(self):
        found = fairness([Share(1, "甲", 40, Fraction(1)), Share(2, "乙", 0, Fraction(1))])

        assert str(found.gini) == "0.50"
        assert "甲比应得多 20.0 条，乙少 20.0 条" in found.words
        assert "很不均匀" in found.words

    @given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 50)), min_size=1, max_size=12))
    def test_lies_between_nothing_and_one_and_expected_adds_up(self, pairs):
        shares = [Share(i, str(i), leads, Fraction(weight)) for i, (leads, weight) in enumerate(pairs)]

        found = fairness(shares)

        assert 0 <= found.gini <= 1
        assert abs(sum(line.expected for line in found.lines) - sum(one.leads for one in shares)) <= len(
            pairs
        )
