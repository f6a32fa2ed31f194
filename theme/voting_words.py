"""The voting rule in whole sentences, in the edition's language.

Knows every form the rule can take (awards.model.VotingRule) and its wording; counts nothing, and never asks the time.
"""

from awards.model import Edition, VotingRule
from theme.catalogue import Gettext, gettexts
from theme.times import closing, instant, zone_name


def voting_brief(edition: Edition) -> str:
    """The rule in one breath, for beside the button."""
    rule = edition.voting
    if rule is None:
        return ""
    ngettext = gettexts(edition.language)[1]
    votes, minutes = rule.votes, _minutes(rule)
    if rule.per == "day":
        text = ngettext("One vote per network address per day", "%(votes)d votes per network address per day", votes)
    elif rule.per == "week":
        text = ngettext("One vote per network address per week", "%(votes)d votes per network address per week", votes)
    elif rule.per == "edition":
        text = ngettext("One vote per network address", "%(votes)d votes per network address", votes)
    else:
        text = ngettext(
            "One vote per network address every %(minutes)d minutes",
            "%(votes)d votes per network address every %(minutes)d minutes",
            votes,
        )
    return text % {"votes": votes, "minutes": minutes}


def ballot_brief(edition: Edition) -> str:
    """What a ballot of several cases may hold, for its page."""
    rule = edition.voting
    if rule is None:
        return ""
    _ = gettexts(edition.language)[0]
    return ("" if edition.language == "zh-CN" else " ").join([*_ballot(rule, _), *_limits(rule, _)])


def voting_rule(edition: Edition) -> list[str]:
    """The whole rule, one sentence each: who, how often, on what, until when."""
    rule = edition.voting
    if rule is None:
        return []
    _ = gettexts(edition.language)[0]
    return [
        _("%(rule)s.") % {"rule": voting_brief(edition)},
        *_voting_clock(rule, edition, _),
        *_ballot(rule, _),
        *_limits(rule, _),
        _("Voters are told apart by network address: the IPv4 address, or the first 64 bits of an IPv6 address."),
        _("People in one office, school, home or mobile network may share an address, and then share its votes."),
        *_floor(rule, _),
        *_hidden(rule, _),
    ]


def _minutes(rule: VotingRule) -> int:
    return int(rule.per.split()[0]) if rule.per.endswith("minutes") else 0


def _voting_clock(rule: VotingRule, edition: Edition, _: Gettext) -> list[str]:
    """The window, and where a period begins."""
    told = []
    opens, closes = rule.window.opens, rule.window.closes
    if opens and closes:
        times = {"opens": instant(opens, edition), "closes": closing(closes, edition)}
        told.append(_("Voting runs from %(opens)s to %(closes)s.") % times)
    if closes:
        told.append(
            _("A vote that arrives at the closing instant or later is not counted; our server's clock decides.")
        )
    starts = {
        "day": _("A day begins at 00:00, %(zone)s."),
        "week": _("A week begins on Monday at 00:00, %(zone)s."),
        "edition": "",
    }.get(rule.per, _("The %(minutes)d minutes are counted by the clock from 00:00, %(zone)s."))
    return [*told, starts % {"zone": zone_name(edition), "minutes": _minutes(rule)}] if starts else told


def _ballot(rule: VotingRule, _: Gettext) -> list[str]:
    if rule.at_least == rule.at_most == 1:
        return [_("A vote names one case.")]
    if rule.at_least == rule.at_most:
        return [_("A vote names exactly %(number)d cases.") % {"number": rule.at_least}]
    return [_("A vote names %(least)d to %(most)d cases.") % {"least": rule.at_least, "most": rule.at_most}]


def _limits(rule: VotingRule, _: Gettext) -> list[str]:
    """Limits within one period: for one case, one category."""
    told = []
    if rule.per_case is not None and (rule.votes, rule.at_most) != (1, 1):
        told.append(
            _("Within one period at most %(number)d of these may go to the same case.") % {"number": rule.per_case}
        )
    if rule.per_category is not None:
        number = {"number": rule.per_category}
        told.append(_("Within one period at most %(number)d of these may go to cases of the same category.") % number)
    return told


def _floor(rule: VotingRule, _: Gettext) -> list[str]:
    if rule.floor is None:
        return []
    floor = {"floor": f"{rule.floor:,}"}
    return [_("In principle, a case with fewer than %(floor)s valid votes goes no further.") % floor]


def _hidden(rule: VotingRule, _: Gettext) -> list[str]:
    if not rule.hidden:
        return []
    return [_("How many votes each case has stays hidden until voting closes; the total of all votes is shown.")]
