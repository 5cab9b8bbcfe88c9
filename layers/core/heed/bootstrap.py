"""Which adapter serves which port. Made when first needed, so that importing never needs AWS.

Each function imports what it makes: a Lambda loads what it serves and nothing else, which is half of
what its cold start costs beyond the AWS client.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from heed import cold_start
from heed.adapters import aws
from heed.config import Config
from heed.domain.errors import Unavailable

if TYPE_CHECKING:
    from heed.adapters.dynamodb.api_keys import ApiKeys
    from heed.adapters.dynamodb.change_feed import ChangesIndex
    from heed.adapters.dynamodb.disclosures import DisclosuresTable
    from heed.adapters.dynamodb.erasures import EpochsTable
    from heed.adapters.dynamodb.ledger import LedgerTable
    from heed.adapters.dynamodb.lift_requests import LiftRequestsTable
    from heed.adapters.dynamodb.mail_caps import MailCapsTable
    from heed.adapters.dynamodb.opt_in_notifications import TellingsTable
    from heed.adapters.dynamodb.preferences import PreferencesTable
    from heed.adapters.dynamodb.purges import PurgesTable
    from heed.adapters.dynamodb.recipient_scan import PeopleScan
    from heed.adapters.dynamodb.ses_list_walks import ListWalksTable
    from heed.adapters.kms.confirmation_keys import KmsConfirmKeys
    from heed.adapters.kms.keys import KmsKeys
    from heed.adapters.s3 import LedgerBucket
    from heed.adapters.ses.suppression_list import SesSuppressions
    from heed.adapters.sqs.queue import SqsQueue
    from heed.adapters.sqs.waiting_line import WaitingLine
    from heed.domain.preferences.catalogue import Catalogue
    from heed.entrypoints.http.api.authentication import Gate
    from heed.entrypoints.http.networks import Network
    from heed.entrypoints.http.pages.pages import Pages
    from heed.use_cases.feedback.record_feedback import RecordFeedback
    from heed.use_cases.ledger.append import LedgerBatch
    from heed.use_cases.ledger.reconcile import Reconcile
    from heed.use_cases.ledger.walk_recipients import Walk
    from heed.use_cases.links.unsubscribe import Unsubscribe
    from heed.use_cases.opt_in.after_confirmation import FollowUp
    from heed.use_cases.opt_in.confirm import Confirm
    from heed.use_cases.opt_in.remove_from_ses_list import Unlist
    from heed.use_cases.opt_in.request_confirmation import AskConfirmation
    from heed.use_cases.opt_in.send_confirmation import SendConfirmation
    from heed.use_cases.opt_in.send_waiting import SendWaiting
    from heed.use_cases.ports.privacy import PersonalStore
    from heed.use_cases.preferences.apply_privacy_signal import NoteSignal
    from heed.use_cases.preferences.save_preferences import ManagePreferences
    from heed.use_cases.privacy.erase import BeginEpoch
    from heed.use_cases.privacy.hold_and_lift import StopAndLift
    from heed.use_cases.privacy.run_purges import RunPurges
    from heed.use_cases.privacy.walk_ses_list import WalkList


@cache
def settings() -> Config:
    """What the deployment says."""
    return Config()


@cache
def catalogue() -> Catalogue:
    """The brands and topics of the compiled brand."""
    from heed.domain.preferences.catalogue import Catalogue

    return Catalogue.of(json.loads((settings().brand_dir / "catalogue.json").read_bytes()))


@cache
def pages() -> Pages:
    """The pages of the compiled brand."""
    from heed.entrypoints.http.pages.pages import Pages

    return Pages(settings().brand_dir)


@cache
def preferences() -> PreferencesTable:
    """The registers of every recipient."""
    from heed.adapters.dynamodb.preferences import PreferencesTable

    return PreferencesTable(aws.client("dynamodb"), settings().preferences_table)


@cache
def change_feed() -> ChangesIndex:
    """Who was ever stopped, in the order of change."""
    from heed.adapters.dynamodb.change_feed import ChangesIndex

    return ChangesIndex(aws.client("dynamodb"), settings().preferences_table)


@cache
def keys() -> KmsKeys:
    """The derived keys."""
    from heed.adapters.kms.keys import KmsKeys

    return KmsKeys(
        aws.client("kms"),
        lambda: settings().identity_key,
        lambda: settings().links_key,
        settings().link_key_ids,
    )


@cache
def api_keys() -> ApiKeys:
    """The keys of the API under /v1."""
    from heed.adapters.dynamodb.api_keys import ApiKeys

    return ApiKeys(aws.client("dynamodb"), settings().control_table)


@cache
def gate() -> Gate:
    """Who is let in under /v1; remembers for a minute."""
    from heed.entrypoints.http.api.authentication import Gate

    return Gate(api_keys())


@cache
def later() -> SqsQueue:
    """The queue of opt-outs whose write failed."""
    from heed.adapters.sqs.queue import SqsQueue

    return SqsQueue(aws.client("sqs"), settings().later_queue_url)


@cache
def unsubscribe() -> Unsubscribe:
    """What happens to a link."""
    from heed.use_cases.links.unsubscribe import Unsubscribe

    return Unsubscribe(keys(), preferences(), catalogue(), later)


@cache
def manage_preferences() -> ManagePreferences:
    """What happens to a link to the preference centre."""
    from heed.use_cases.preferences.save_preferences import ManagePreferences

    return ManagePreferences(keys(), preferences(), catalogue())


@cache
def note_signal() -> NoteSignal:
    """What becomes of the privacy signal of a browser that opens a link."""
    from heed.use_cases.preferences.apply_privacy_signal import NoteSignal

    return NoteSignal(preferences(), catalogue())


def has_form() -> bool:
    """Whether there is a form for those without a link: only where mail can be sent."""
    return bool(settings().mail_from)


@cache
def confirm_keys() -> KmsConfirmKeys:
    """The derived keys, and that of confirmation links."""
    from heed.adapters.kms.confirmation_keys import KmsConfirmKeys

    return KmsConfirmKeys(
        aws.client("kms"),
        lambda: settings().identity_key,
        lambda: settings().links_key,
        settings().link_key_ids,
        lambda: settings().confirm_key,
    )


@cache
def ask_confirmation() -> AskConfirmation:
    """What happens to what was entered in the form."""
    from heed.adapters.dynamodb.network_caps import NetworkRoomTable
    from heed.adapters.sqs.queue import SqsQueue
    from heed.domain.opt_in.mail_caps import most_waiting
    from heed.use_cases.opt_in.request_confirmation import AskConfirmation

    table, per_network = settings().control_table, settings().confirmations_per_network
    return AskConfirmation(
        confirm_keys(),
        NetworkRoomTable(aws.client("dynamodb"), table, per_network),
        line(),
        most_waiting(settings().confirmations_per_day),
        SqsQueue(aws.client("sqs"), settings().subscribe_queue_url),
    )


@cache
def proxies() -> tuple[Network, ...]:
    """The proxies that are believed whom they heard a request from."""
    from heed.entrypoints.http.networks import read

    return tuple(map(read, settings().trusted_proxies))


@cache
def line() -> WaitingLine:
    """The queue of those whose mail a cap holds back."""
    from heed.adapters.sqs.waiting_line import WaitingLine

    return WaitingLine(aws.client("sqs"), settings().waiting_queue_url)


@cache
def mail_caps() -> MailCapsTable:
    """How many confirmation mails went where."""
    from heed.adapters.dynamodb.mail_caps import MailCapsTable

    per_day = settings().confirmations_per_day
    return MailCapsTable(aws.client("dynamodb"), settings().control_table, per_day)


@cache
def send_confirmation() -> SendConfirmation:
    """What happens to a request for a confirmation mail."""
    from heed.adapters.kms.address_seal import KmsAddressSeal
    from heed.adapters.ses.mailer import SesMailer
    from heed.entrypoints.mail.confirmation_mail import Composer
    from heed.use_cases.opt_in.send_confirmation import SendConfirmation

    return SendConfirmation(
        confirm_keys(),
        preferences(),
        catalogue(),
        mail_caps(),
        KmsAddressSeal(aws.client("kms"), settings().address_key),
        Composer(pages(), catalogue(), settings().mail_from, settings().mail_domain),
        SesMailer(aws.single("sesv2"), settings().confirmation_set),
        line(),
    )


@cache
def send_waiting() -> SendWaiting:
    """What happens to those whose mail a cap held back."""
    from heed.use_cases.opt_in.send_waiting import SendWaiting

    return SendWaiting(line(), send_confirmation(), mail_caps(), subscribe_dead_letters())


@cache
def confirm() -> Confirm:
    """What happens to a confirmation link."""
    from heed.adapters.sqs.queue import SqsQueue
    from heed.use_cases.opt_in.confirm import Confirm

    confirmed = SqsQueue(aws.client("sqs"), settings().confirmed_queue_url)
    return Confirm(confirm_keys(), preferences(), catalogue(), confirmed, tellings())


@cache
def follow_up() -> FollowUp:
    """What follows from a confirmed yes."""
    from heed.adapters.kms.address_seal import KmsAddressSeal
    from heed.adapters.sqs.queue import SqsQueue
    from heed.use_cases.opt_in.after_confirmation import FollowUp

    url = settings().opt_ins_queue_url
    return FollowUp(
        KmsAddressSeal(aws.client("kms"), settings().address_key),
        unlisting(),
        preferences(),
        tellings(),
        SqsQueue(aws.client("sqs"), url) if url else None,
    )


@cache
def tellings() -> TellingsTable:
    """Which confirmations the adopter was told of."""
    from heed.adapters.dynamodb.opt_in_notifications import TellingsTable

    return TellingsTable(aws.client("dynamodb"), settings().control_table)


@cache
def ledger() -> LedgerTable:
    """The entries of the ledger."""
    from heed.adapters.dynamodb.ledger import LedgerTable

    return LedgerTable(aws.client("dynamodb"), settings().ledger_table)


@cache
def ledger_seals() -> LedgerBucket:
    """The hashes of entries, and the seals."""
    from heed.adapters.s3 import LedgerBucket

    return LedgerBucket(aws.client("s3"), settings().ledger_bucket)


def ledger_batch() -> LedgerBatch:
    """What happens to a batch of writes: a new one each time."""
    from heed.adapters.dynamodb import stream_records
    from heed.adapters.eventbridge import EventBus
    from heed.use_cases.ledger.append import LedgerBatch

    bus = EventBus(aws.client("events"), settings().event_bus)
    return LedgerBatch(stream_records.read, ledger(), preferences(), ledger_seals(), bus)


@cache
def ledger_dead_letters() -> SqsQueue:
    """Where the places of stream records are kept that nobody can read."""
    from heed.adapters.sqs.queue import SqsQueue

    return SqsQueue(aws.client("sqs"), settings().ledger_dlq_url)


@cache
def walk() -> Walk:
    """Holds a part of the records against their entries."""
    from heed.use_cases.ledger.walk_recipients import Walk

    return Walk(people(), reconcile())


@cache
def people() -> PeopleScan:
    """Everybody on record, for a walk over them."""
    from heed.adapters.dynamodb.recipient_scan import PeopleScan

    tables = settings().preferences_table, settings().control_table
    return PeopleScan(aws.client("dynamodb"), *tables)


@cache
def reconcile() -> Reconcile:
    """What is wrong with a recipient's entries."""
    from heed.use_cases.ledger.reconcile import Reconcile

    return Reconcile(ledger(), ledger_seals(), preferences())


@cache
def record_feedback() -> RecordFeedback:
    """What happens to a bounce or a complaint."""
    from heed.adapters.ses import events
    from heed.use_cases.feedback.record_feedback import RecordFeedback

    return RecordFeedback(events.read, keys(), preferences(), catalogue())


@cache
def feedback_dead_letters() -> SqsQueue:
    """Where feedback that nobody can make out is kept."""
    from heed.adapters.sqs.queue import SqsQueue

    return SqsQueue(aws.client("sqs"), settings().feedback_dlq_url)


@cache
def epochs() -> EpochsTable:
    """New epochs, and what is due."""
    from heed.adapters.dynamodb.erasures import EpochsTable

    return EpochsTable(aws.client("dynamodb"), settings().preferences_table)


@cache
def purges() -> PurgesTable:
    """Purges and their certificates."""
    from heed.adapters.dynamodb.purges import PurgesTable

    return PurgesTable(aws.client("dynamodb"), settings().control_table)


@cache
def begin_epoch() -> BeginEpoch:
    """What happens to a report of a minor, and to an erasure."""
    from heed.adapters.dynamodb.minor_report_counts import ReportCountsTable
    from heed.use_cases.privacy.erase import BeginEpoch

    counts = ReportCountsTable(
        aws.client("dynamodb"), settings().control_table, settings().minor_reports_per_key
    )
    signals = tuple(topic.number for topic in catalogue().signals())
    return BeginEpoch(epochs(), purges(), counts, signals, settings().minor_record_days)


@cache
def lift_requests() -> LiftRequestsTable:
    """Lifts of minors that wait for the second key."""
    from heed.adapters.dynamodb.lift_requests import LiftRequestsTable

    return LiftRequestsTable(aws.client("dynamodb"), settings().control_table)


@cache
def stop_and_lift() -> StopAndLift:
    """What happens to a hold, and to a lift."""
    from heed.use_cases.privacy.hold_and_lift import StopAndLift

    return StopAndLift(preferences(), catalogue(), begin_epoch(), lift_requests())


@cache
def disclosures() -> DisclosuresTable:
    """The register of disclosures."""
    from heed.adapters.dynamodb.disclosures import DisclosuresTable

    return DisclosuresTable(aws.client("dynamodb"), settings().control_table)


@cache
def run_purges() -> RunPurges:
    """What happens to what is due."""
    from heed.adapters.dynamodb import purge_records
    from heed.adapters.dynamodb.mail_caps import MailCapsTable
    from heed.use_cases.privacy.run_purges import RunPurges

    stores: dict[str, PersonalStore] = {
        "ledger-evidence": ledger(),
        "lift-requests": lift_requests(),
        "mail-caps": MailCapsTable(aws.client("dynamodb"), settings().control_table),
        "opt-ins-told": tellings(),
    }
    return RunPurges(
        purge_records.read,
        epochs(),
        purges(),
        stores,
        ledger(),
        list_walks(),
        unlisting(),
        lambda: time.time_ns() // 1_000_000,
        lambda seconds: time.sleep(seconds),
    )


@cache
def unlisting() -> SqsQueue:
    """The queue of what is to be done about SES's own suppression list."""
    from heed.adapters.sqs.queue import SqsQueue

    return SqsQueue(aws.client("sqs"), settings().unlist_queue_url)


@cache
def ses_suppressions() -> SesSuppressions:
    """SES's own suppression list."""
    from heed.adapters.ses.suppression_list import SesSuppressions

    return SesSuppressions(aws.single("sesv2"))


@cache
def list_walks() -> ListWalksTable:
    """Walks over that list, and who waits for them."""
    from heed.adapters.dynamodb.ses_list_walks import ListWalksTable

    return ListWalksTable(aws.client("dynamodb"), settings().control_table)


@cache
def unlist() -> Unlist:
    """What happens to SES's own stop after a confirmed yes."""
    from heed.adapters.kms.address_seal import KmsAddressSeal
    from heed.adapters.sqs.queue import SqsQueue
    from heed.use_cases.opt_in.remove_from_ses_list import Unlist

    seal = KmsAddressSeal(aws.client("kms"), settings().address_key)
    confirmed = SqsQueue(aws.client("sqs"), settings().confirmed_queue_url)
    return Unlist(seal, ses_suppressions(), confirmed)


@cache
def walk_list() -> WalkList:
    """What happens to that list where a purge waits for it."""
    from heed.adapters.kms.address_seal import PLACE, KmsAddressSeal
    from heed.use_cases.privacy.walk_ses_list import WalkList

    seal = KmsAddressSeal(aws.client("kms"), settings().address_key, PLACE)
    return WalkList(keys(), epochs(), list_walks(), ses_suppressions(), seal)


@cache
def later_dead_letters() -> SqsQueue:
    """Where an opt-out of later is kept that nobody can make out."""
    return _dead_letters(settings().later_dlq_url)


@cache
def subscribe_dead_letters() -> SqsQueue:
    """Where a request for a mail is kept that nobody can make out."""
    return _dead_letters(settings().subscribe_dlq_url)


@cache
def confirmed_dead_letters() -> SqsQueue:
    """Where a confirmed yes is kept that nobody can make out."""
    return _dead_letters(settings().confirmed_dlq_url)


@cache
def unlist_dead_letters() -> SqsQueue:
    """Where what is to be done about SES's list is kept if it cannot be."""
    return _dead_letters(settings().unlist_dlq_url)


def _dead_letters(url: str) -> SqsQueue:
    from heed.adapters.sqs.queue import SqsQueue

    return SqsQueue(aws.client("sqs"), url)


def preferences_key() -> bytes:
    """The key of links to the preference centre."""
    from heed.domain.links.link_token import Purpose

    return keys().link(Purpose.PREFERENCES, keys().newest())


def unsubscribe_key() -> bytes:
    """The key that most links in the mail of today are signed with."""
    from heed.domain.links.link_token import Purpose

    return keys().link(Purpose.UNSUBSCRIBE, keys().newest())


def warm_up(*needs: Callable[[], object]) -> None:
    """End the start of a function; in a deployed one make first what its requests will need.

    What AWS refuses now is tried again at the request: a function never dies at import.
    """
    if settings().deployed:
        for make in needs:
            with suppress(Unavailable):
                make()
    cold_start.end()


_CACHED = (
    walk,
    epochs,
    purges,
    begin_epoch,
    lift_requests,
    stop_and_lift,
    disclosures,
    run_purges,
    unlisting,
    ses_suppressions,
    list_walks,
    unlist,
    walk_list,
    later_dead_letters,
    subscribe_dead_letters,
    confirmed_dead_letters,
    unlist_dead_letters,
    ledger,
    ledger_seals,
    ledger_dead_letters,
    people,
    reconcile,
    record_feedback,
    feedback_dead_letters,
    settings,
    catalogue,
    pages,
    preferences,
    change_feed,
    keys,
    api_keys,
    gate,
    later,
    unsubscribe,
    manage_preferences,
    note_signal,
    confirm_keys,
    ask_confirmation,
    line,
    proxies,
    mail_caps,
    send_confirmation,
    send_waiting,
    confirm,
    follow_up,
    tellings,
    aws.client,
    aws.single,
)


def reset() -> None:
    """Forget everything that was made; for tests, which change what the deployment says."""
    for made in _CACHED:
        made.cache_clear()
