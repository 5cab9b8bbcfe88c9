"""Makes the views and URLs of pages behind a link, from its token and the record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from heed.domain.errors import InvalidToken, KeysUnavailable
from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.links.undo import UNDO_LIFETIME, UndoToken, mint_undo_token, verify_undo_token
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Brand, Catalogue, PolicyVersion, Topic, TopicKind
from heed.domain.preferences.decision import active_opt_out, address_suppression
from heed.domain.preferences.privacy_signal import has_signal_exception, is_signal_honoured
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Source
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.ports.keys import LinkKeys

if TYPE_CHECKING:
    from heed.use_cases.preferences.save_preferences import SaveResult


def undo_text(undo: UndoToken | None, keys: LinkKeys) -> str:
    """Returns the text of an undo token; "" if there is no undo or the key service does not respond."""
    if undo is None:
        return ""
    try:
        return mint_undo_token(
            undo, keys.newest_key_id(), keys.link_key(TokenPurpose.UNDO, keys.newest_key_id())
        )
    except KeysUnavailable:
        return ""


def offered_undo(
    text: str, token: LinkToken, record: Record, keys: LinkKeys, now: Millis
) -> UndoToken | None:
    """Returns the undo of a token in the query of a page, or None if it is not valid.

    The holder of a link sees the undo of the same recipient until it expires after an hour or is used.
    """
    undo = _verify_own_undo(text, token, keys, now)
    return undo if undo and undo.is_current(record) else None


def used_undo(text: str, token: LinkToken, record: Record, keys: LinkKeys, now: Millis) -> UndoToken | None:
    """Returns the undo of such a token if it was used, or None. It is shown for the same hour."""
    undo = _verify_own_undo(text, token, keys, now)
    return undo if undo and undo.is_undone(record) else None


def _verify_own_undo(text: str, token: LinkToken, keys: LinkKeys, now: Millis) -> UndoToken | None:
    try:
        undo = verify_undo_token(text, keys.link_key)
    except InvalidToken:
        return None
    return undo if undo.recipient == token.recipient and not undo.is_expired(now) else None


def topic_option(visit: PageVisit, topic: Topic, catalogue: Catalogue, *, chosen: bool) -> views.TopicOption:
    """Returns a topic of the form for people without a link."""
    return views.TopicOption(
        topic=catalogue.scope_name(topic.number),
        name=topic_name(topic, catalogue, visit.language),
        description=topic.descriptions[visit.language],
        chosen=chosen,
    )


def confirmation_names(
    topics: Iterable[Topic], intent: Intent, catalogue: Catalogue, language: str
) -> dict[str, tuple[str, ...]]:
    """Returns the names that a confirmation lists: topics, and apart the signals that an opt-in turns on."""
    names: dict[str, tuple[str, ...]] = {"topics": (), "signals": ()}
    for topic in topics:
        is_signal = topic.kind is TopicKind.SIGNAL and intent is Intent.IN
        names["signals" if is_signal else "topics"] += (topic_name(topic, catalogue, language),)
    return names


def topic_name(topic: Topic, catalogue: Catalogue, language: str) -> str:
    """Returns the name of a topic on a page for all brands. It contains the brand if there are several."""
    name = topic.names[language]
    if len(catalogue.brands) == 1 or not topic.brand:
        return name
    return f"{name} ({catalogue.brands[topic.brand].title})"


def common_brand(topics: Iterable[Topic], catalogue: Catalogue) -> Brand:
    """Returns the brand of these topics; the default brand if they have several."""
    brands = {catalogue.brand_of(topic.number) for topic in topics}
    return catalogue.brands[brands.pop() if len(brands) == 1 else catalogue.default_brand]


def link_page_fields(
    visit: PageVisit, token: LinkToken, record: Record, catalogue: Catalogue, keys: LinkKeys
) -> dict[str, Any]:
    """Returns the fields of `views.LinkPageView`."""
    known_policies = [entry.policy for entry in record.registers.values()]
    return {
        **make_page_fields(visit, catalogue),
        "brand": catalogue.brands[catalogue.brand_of(token.scope)].title,
        "preferences_url": preferences_url(visit, token, keys),
        "undeliverable": _is_undeliverable(record, visit.at),
        "signal": make_signal_notice(visit, record, catalogue),
        "policy": _make_policy_notice(
            catalogue.unacknowledged_notice(known_policies, visit.at), visit.language
        ),
        "update": _make_policy_notice(
            catalogue.unacknowledged_update(known_policies, visit.at), visit.language
        ),
    }


def _is_undeliverable(record: Record, now: Millis) -> bool:
    """Returns whether bounces are the strongest reason that stops the address."""
    suppression = address_suppression(record, now)
    return suppression is not None and suppression.reason is Reason.UNDELIVERABLE


def _make_policy_notice(version: PolicyVersion | None, language: str) -> views.PolicyNotice | None:
    if version is None:
        return None
    return views.PolicyNotice(
        version=version.version, effective=version.effective, summary=version.summary[language]
    )


def preferences_url(visit: PageVisit, token: LinkToken, keys: LinkKeys) -> str:
    """Returns the URL of the person's preference centre."""
    return preferences_path(visit, preferences_token(token, keys))


def preferences_path(visit: PageVisit, text: str) -> str:
    """Returns the URL for the text of a token of the preference centre."""
    return f"/p/{text}?{_visit_query(visit)}"


def preferences_token(token: LinkToken, keys: LinkKeys) -> str:
    """Returns the text of a token of the person's preference centre. It has the issue time of the link."""
    preferences = LinkToken(token.recipient, token.scope, token.issued, keys.newest_key_id())
    key = keys.link_key(TokenPurpose.PREFERENCES, preferences.key_id)
    return mint_link_token(preferences, TokenPurpose.PREFERENCES, key)


def done_url(visit: PageVisit, text: str, undo: str) -> str:
    """Returns the URL of the page after an opt-out, which is safe to reload. `text` is the link's token."""
    return f"/u/{text}?{_visit_query(visit, done=undo or '1')}"


def confirmed_url(visit: PageVisit, text: str) -> str:
    """Returns the URL of the page after a confirmation, likewise."""
    return f"/c/{text}?{_visit_query(visit, done='1')}"


def saved_url(visit: PageVisit, token: LinkToken, result: SaveResult, keys: LinkKeys) -> str:
    """Returns the URL of the preference centre after a save, with the undo token if there is one."""
    saved = f"saved={undo_text(result.undo, keys) or 1}" if result.is_changed else "unchanged=1"
    everything = "&off=1" if result.all_marketing else ""
    return f"{preferences_url(visit, token, keys)}&{saved}{everything}"


def was_saved_lately(record: Record, now: Millis) -> bool:
    """Returns whether the preference centre changed the record within the last hour."""
    return any(
        entry.source is Source.PREFERENCE_CENTRE and now - entry.at < UNDO_LIFETIME
        for entry in record.registers.values()
    )


def form_url(visit: PageVisit, intent: Intent = Intent.IN) -> str:
    """Returns the URL of the form for people without a link, in the language of the visit; "" if none."""
    return form_path(visit.language, intent) if visit.has_form else ""


def form_path(language: str, intent: Intent) -> str:
    """Returns the path and query of that form in a language."""
    return f"/subscribe?{_encode_query(intent='out' if intent is Intent.OUT else '', lang=language)}"


def _visit_query(visit: PageVisit, **parameters: str) -> str:
    """Returns the query of another page behind the same link. It keeps the hints and the language."""
    return _encode_query(**parameters, c=visit.hints.campaign, r=visit.hints.ref, lang=visit.language)


def _encode_query(**parameters: str) -> str:
    return urlencode({name: value for name, value in parameters.items() if value})


def make_signal_notice(visit: PageVisit, record: Record, catalogue: Catalogue) -> views.SignalNotice:
    """Returns what a page says about the privacy signal of its request."""
    if not visit.signal:
        return views.SignalNotice.NONE
    if is_signal_honoured(record, catalogue):
        return views.SignalNotice.APPLIED
    topics = [topic for topic in catalogue.signal_topics() if not active_opt_out(record, topic, topic.number)]
    is_all_kept = all(has_signal_exception(record, topic) for topic in topics)
    return views.SignalNotice.KEPT if is_all_kept else views.SignalNotice.SEEN


def make_page_fields(visit: PageVisit, catalogue: Catalogue) -> dict[str, Any]:
    """Returns the fields of `views.PageView`."""
    brand = catalogue.brands[catalogue.default_brand]
    return {
        "language": visit.language,
        "brand": brand.title,
        "campaign": visit.hints.campaign,
        "ref": visit.hints.ref,
        "subscribe_url": form_url(visit, intent=Intent.OUT),
    }
