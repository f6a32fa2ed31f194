"""The other rules of an edition in whole sentences, in its language: entry, panels, scoring, prizes, retention.

Knows every form they can take (awards.model) and their wording; decides nothing and computes nothing.
"""

from awards.model import Edition, OrganisersAward, Panel, Prize
from theme.catalogue import Gettext, gettexts
from theme.times import day


def entry_rules(edition: Edition) -> list[str]:
    """How often, from which side, in operation since when, through whom."""
    _, ngettext = gettexts(edition.language)
    rule, told = edition.entrants, []
    if rule.per_entrant is not None and rule.per == "field":
        text = ngettext(
            "An entrant may submit one case per field.",
            "An entrant may submit %(n)d cases per field.",
            rule.per_entrant,
        )
        told.append(text % {"n": rule.per_entrant})
    elif rule.per_entrant is not None:
        text = ngettext(
            "An entrant may submit one case.", "An entrant may submit %(n)d cases in all.", rule.per_entrant
        )
        told.append(text % {"n": rule.per_entrant})
    if rule.max_fields is not None:
        text = ngettext(
            "An entrant may submit in one field only.",
            "An entrant may submit in %(n)d fields at most.",
            rule.max_fields,
        )
        told.append(text % {"n": rule.max_fields})
    if rule.group_is_one:
        told.append(_("A group and its branches count as one entrant."))
    if rule.subsidiaries_own:
        told.append(_("A subsidiary counts as an entrant of its own."))
    return [*told, *_sides(edition, _), *_proofs(edition, _)]


def _sides(edition: Edition, _: Gettext) -> list[str]:
    rule = edition.entrants
    names = {"owner": _("the owner"), "builder": _("the builder"), "implementer": _("the implementer")}
    told = []
    if rule.sides:
        sides = _(" or ").join(names.get(side, side) for side in rule.sides)
        told.append(_("A project may be submitted by %(sides)s.") % {"sides": sides})
    if rule.one_side:
        told.append(_("Only one side may submit the same project."))
    return told


def _proofs(edition: Edition, _: Gettext) -> list[str]:
    rule, told = edition.entrants, []
    if rule.in_operation_by is not None:
        by = {"day": day(rule.in_operation_by, edition.language)}
        told.append(_("The case must be in operation by %(day)s.") % by)
    if rule.recommended:
        told.append(_("A recommending body must pass the submission on."))
    return told


def part_name(part: str, edition: Edition) -> str:
    """What a weight or a tie key is about: the public vote, a panel, the number."""
    _ = gettexts(edition.language)[0]
    panels = {panel.code: panel.name for panel in edition.panels}
    return {"votes": _("Public vote"), "number": _("Case number"), **panels}.get(part, part)


def panel_rules(panel: Panel, edition: Edition) -> list[str]:
    """How a panel's scores become one figure."""
    _, ngettext = gettexts(edition.language)
    trimmed = ngettext(
        "The highest and the lowest score are left out; the mean of the others counts.",
        "The %(n)d highest and the %(n)d lowest scores are left out; the mean of the others counts.",
        panel.drop,
    )
    methods = {
        "mean": _("The mean of the scores counts."),
        "trimmed_mean": trimmed % {"n": panel.drop},
        "median": _("The median of the scores counts."),
        "sum": _("The sum of the scores counts."),
    }
    missing = {
        "absent": _("A score that is missing is left out."),
        "zero": _("A score that is missing counts as zero."),
        "refuse": _("No result is computed while a score is missing."),
    }
    scale = _("Scores run from %(lowest)d to %(highest)d.") % {"lowest": panel.lowest, "highest": panel.highest}
    anonymous = _("The review is double-anonymous: neither side learns who the other is.")
    return [scale, methods[panel.method], missing[panel.missing], *([anonymous] if panel.anonymous else [])]


def votes_formula(edition: Edition) -> str:
    """How votes become points from 0 to 100."""
    _ = gettexts(edition.language)[0]
    scoring = edition.scoring
    return {
        "share_of_highest": _("Points = 100 × the case's valid votes ÷ the highest valid votes of any case."),
        "share_of_all": _("Points = 100 × the case's valid votes ÷ all valid votes."),
        "points_by_rank": _("Cases are ranked by valid votes, and the points follow the rank: the first has the most."),
        "logarithm": _(
            "Points = 100 × log(1 + the case's valid votes) ÷ log(1 + the highest valid votes of any case)."
        ),
    }.get((scoring and scoring.votes_to_score) or "", "")


def scoring_rules(edition: Edition) -> list[str]:
    """From the parts to a ranking: votes, shortlist, ties, deliberation."""
    scoring = edition.scoring
    if scoring is None:
        return []
    _ = gettexts(edition.language)[0]
    shortlist = {
        "floor": _("Cases below the floor of valid votes are not shortlisted."),
        "all": _("Every case shown is scored."),
    }
    ties = _(", then ").join(part_name(key, edition) for key in scoring.ties)
    told = [votes_formula(edition), shortlist.get(scoring.shortlist, "")]
    told.append(_("Ties are decided by: %(keys)s.") % {"keys": ties} if ties else "")
    told.append(
        _("The committee may change the order by deliberation, on record and with a reason.") * scoring.deliberation
    )
    return [sentence for sentence in told if sentence]


def prize_count(prize: Prize, edition: Edition) -> str:
    """How many of a prize there are."""
    _ = gettexts(edition.language)[0]
    if prize.count is None:
        return _("number as decided")
    text = _("%(n)d per category") if prize.per == "category" else _("%(n)d in all")
    return text % {"n": prize.count}


def organisers_basis(award: OrganisersAward, edition: Edition) -> list[str]:
    """What the organisers' award weighs."""
    _ = gettexts(edition.language)[0]
    names = {
        "recommended": _("Number of cases recommended"),
        "award_rate": _("Rate of awards among them"),
        "quantity": _("Quantity"),
        "quality": _("Quality"),
    }
    return [f"{names.get(key, key)} {weight}%" for key, weight in award.weights.items()]


def retention(edition: Edition) -> str:
    """How long private data is kept."""
    _ = gettexts(edition.language)[0]
    days = {"votes": edition.retention.votes_days, "submissions": edition.retention.submissions_days}
    if edition.voting is None:
        return _("Submissions are deleted %(submissions)d days after the last stage ends.") % days
    text = _(
        "After the last stage ends, voting data is deleted in %(votes)d days, submissions in %(submissions)d days."
    )
    return text % days
