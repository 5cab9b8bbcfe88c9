"""Heed reads what a person wants from a mail. In doubt, a person decides."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.mailbox.intent import IntentKind, MailIntent, read_intent
from tests.support.growth import LINEAR, measure_growth
from tests.support.mail_words import (
    SENDER,
    LabelledMail,
    brand_mail_words,
    labelled_mails,
    read_mail,
)

OPT_OUTS = {
    "en": [
        "Please take me off your mailing list.",
        "I no longer wish to receive these emails.",
        "Would you stop emailing me?",
        "UNSUBSCRIBE!!!",
        "plz unsubscirbe me",
        "I withdraw my consent to marketing.",
    ],
    "de": [
        "Melden Sie mich bitte von Ihrem Newsletter ab.",
        "Bitte nehmen Sie mich aus dem Verteiler.",
        "Ich moechte keine Werbung mehr erhalten",
        "Hiermit widerspreche ich der Nutzung meiner Daten zu Werbezwecken.",
    ],
    "fr": [
        "Merci de me retirer de votre liste.",
        "Je ne souhaite plus recevoir vos courriels.",
        "desabonnez moi svp",
        "Arrêtez de m'envoyer vos publicités.",
    ],
    "es": [
        "Denme de baja, por favor.",
        "No quiero recibir mas correos",
        "Quítenme de la lista.",
        "Dejen de enviarme publicidad.",
    ],
    "ja": [
        "配信停止をお願いします。",
        "メルマガを解除してください。",
        "もうメールを送らないでください。",
        "リストから削除してください。",
    ],
}
PLAIN_WORDS = {
    "it": "disiscrivetemi",
    "nl": "afmelden",
    "pt": "cancelar inscrição",
    "pl": "wypisz mnie",
    "sv": "avregistrera",
    "da": "frameld",
    "cs": "odhlásit",
}
NO_OPT_OUTS = {
    "How do I unsubscribe?": IntentKind.QUESTION,
    "Why was I unsubscribed?": IntentKind.QUESTION,
    "Please cancel my order 4711.": IntentKind.OTHER,
    "My watch stopped. I want a refund.": IntentKind.COMPLAINT,
    "Stop sending me faulty straps, I want my money back.": IntentKind.COMPLAINT,
    "Please put me back on the mailing list.": IntentKind.OPT_IN,
    "Wo kann ich den Newsletter abbestellen?": IntentKind.QUESTION,
    "Bitte tragen Sie mich wieder ein.": IntentKind.OPT_IN,
    "Comment se désabonner ?": IntentKind.QUESTION,
    "¿Cómo me doy de baja?": IntentKind.QUESTION,
    "どうやって解除するのですか。": IntentKind.QUESTION,
    "My son is eleven. He signed up without my permission.": IntentKind.CHILD_REPORT,
    "Meine Tochter (10 Jahre) hat sich angemeldet. Wir sind nicht einverstanden.": IntentKind.CHILD_REPORT,
    "Please delete all personal data you hold about me.": IntentKind.ERASURE,
    "Löschen Sie bitte alle meine Daten nach Art. 17 DSGVO.": IntentKind.ERASURE,
    "What data do you hold about me?": IntentKind.ACCESS,
    "Quelles données détenez-vous sur moi ?": IntentKind.ACCESS,
    "Thank you, the repair is lovely.": IntentKind.OTHER,
}
OTHER_REMOVALS = [
    "I have an error in your article. Please remove it.",
    "Please remove me from the guest list for the 14th.",
    "Bitte streichen Sie mich von der Rednerliste.",
    "Merci de supprimer mon commentaire sous l'article.",
    "Quítenme de la lista de invitados.",
    "予約リストから外してください。",
]
MISSING_MAILS = [
    "I can no longer open your emails.",
    "Your mails no longer show any pictures.",
    "Ich bekomme Ihren Newsletter nicht mehr.",
    "Ich kann Ihre Nachrichten nicht mehr öffnen.",
    "Je suis sans nouvelles depuis trois semaines.",
    "Je n'arrive plus à ouvrir vos messages.",
    "Ya no recibo el boletín.",
    "Sus correos ya no se ven bien.",
    "メルマガが届かなくなりました。",
]
UNWANTED_OPT_INS = {
    "en": "I don't want to resubscribe. Please don't sign me up again.",
    "de": "Bitte melden Sie mich nicht wieder an.",
    "fr": "Ne m'inscrivez pas une nouvelle fois.",
    "es": "No me apunten otra vez.",
    "ja": "また登録しないでください。",
}
DOUBTFUL = [
    "Please do not unsubscribe me.",
    "If I get one more of these, I will unsubscribe.",
    "Please unsubscribe aunt.mary@example.net",
    "Please take my mother off your mailing list.",
    "Please unsubscribe me once the sale is over.",
    "Change the layout or take me off the mailing list.",
    "No more emails please. Except the Friday one.",
    "Unsubscribe me from the emails. I am not sure yet.",
    "Bitte nicht abmelden!",
    "Ne me désabonnez surtout pas.",
    "No me den de baja.",
    "配信を止めないでください。",
]

NO_REQUESTS_IN_PLAIN_WORDS = [
    "Please do not stop sending me your newsletter.",
    "I did not unsubscribe, why no mails?",
    "Stop sending it to my old address, send it to this one.",
    "Stop sending me offers, send me the newsletter.",
    "Stop the offers and send me the newsletter.",
    "I want off the waiting list for the watch.",
    "Remove me from the order confirmations only.",
    "I do not want you to stop sending me your newsletter.",
    "Stop removing me from your list.",
    "Please cancel my unsubscription.",
    "No need to stop the emails.",
    "You do not send me your newsletter any more.",
    "I no longer receive your emails.",
    "Please leave me on the list.",
    "Drop me a mail please.",
    "I unsubscribed from your newsletter.",
    "Please remove my colleague from your list.",
    "Bitte nehmen Sie mich in den Verteiler auf.",
    "Bitte tragen Sie mich in den Verteiler ein.",
    "Bitte hören Sie nicht auf, mir den Newsletter zu schicken.",
    "Sie schicken mir keine Mails mehr.",
    "Ich bekomme keine Mails mehr.",
    "Ich möchte mich nicht abmelden.",
    "Bitte melden Sie meinen Kollegen ab.",
    "Envoyez-moi plus de mails.",
    "Je voudrais recevoir plus de mails.",
    "Vous ne m'envoyez plus de mails.",
    "N'arrêtez pas de m'envoyer votre newsletter.",
    "Je ne veux pas me désabonner.",
    "Arrêtez de me désabonner.",
    "No me mandan correos.",
    "No dejen de enviarme el boletín.",
    "No quiero darme de baja.",
    "Dejen de darme de baja.",
    "Denme de alta en la lista.",
    "メルマガの配信を止めないでください。",
    "解除は不要です。",
    "配信停止を解除してください。",
    "メールを送ってもらえません。",
    "リストから外さないでください。",
    "メールが受け取れない。",
    "No interest in unsubscribing.",
    "I never asked to be removed from your mailing list.",
    "I don't know how to unsubscribe.",
    "Please unsubscribe me from your emails for now.",
    "Merci de ne plus me retirer de la liste de diffusion.",
]
"""Mails with words of plain opt-outs alone, or nearly."""


REQUESTS_AND_RESERVATIONS = {
    "Please remove me from your mailing list.": [
        "If you cannot, tell me.",
        "Except the Friday letters.",
        "Only the offers, that is.",
        "Wait until the sale is over.",
        "I am joking.",
        "That is what my colleague wrote to you.",
        "My husband subscribed.",
        "My mother passed away in May.",
        "Mr Baker no longer works here.",
        "I have a new address.",
        "You have the wrong person.",
        "I want to keep the Friday one.",
        "My order is on its way.",
        "I forgot my password.",
        "This is a test.",
        "Could you ring me tomorrow?",
        "The app is fine.",
        "But the magazine should go on.",
        "Not the surveys.",
        "Do not do it before Monday.",
        "Then send everything to my wife.",
        "He has left the company.",
        "Said nobody ever.",
        "Put me back in January.",
        "The paper letters are welcome.",
    ],
    "Bitte nehmen Sie mich aus Ihrem Verteiler.": [
        "Falls das geht, bevor ich umziehe.",
        "Außer den Freitagsbrief.",
        "Nur die Angebote.",
        "Warten Sie damit bis Montag.",
        "Das war ein Scherz.",
        "So schrieb es mein Kollege.",
        "Mein Mann hatte sich eingetragen.",
        "Meine Mutter ist verstorben.",
        "Herr Becker arbeitet nicht mehr hier.",
        "Ich habe eine neue Adresse.",
        "Sie haben die falsche Person.",
        "Den Freitagsbrief behalte ich gern.",
        "Meine Bestellung ist unterwegs.",
        "Ich habe mein Passwort vergessen.",
        "Das ist ein Test.",
        "Die App finde ich gut.",
        "Aber das Magazin soll bleiben.",
        "Nicht die Umfragen.",
        "Vorerst.",
        "Schicken Sie alles an meine Frau.",
    ],
    "Merci de me retirer de votre liste de diffusion.": [
        "Si cela est possible avant lundi.",
        "Sauf la lettre du vendredi.",
        "Seulement les offres.",
        "Attendez la fin des soldes.",
        "Je plaisante.",
        "Voilà ce que mon collègue a écrit.",
        "Mon mari s'était inscrit.",
        "Ma mère est décédée en mai.",
        "Monsieur Keller ne travaille plus ici.",
        "J'ai une nouvelle adresse.",
        "Ce n'est pas moi.",
        "Je garde la lettre du vendredi.",
        "Ma commande est en route.",
        "J'ai perdu mon mot de passe.",
        "Ceci est un test.",
        "L'application me suffit.",
        "Mais le magazine doit continuer.",
        "Pas les sondages.",
        "Pour l'instant.",
        "Envoyez tout à ma femme.",
    ],
    "Por favor, bórrenme de su lista de correo.": [
        "Si es antes del lunes.",
        "Salvo la carta del viernes.",
        "Solo las ofertas.",
        "Esperen hasta el lunes.",
        "Es broma.",
        "Eso escribió mi compañero.",
        "Mi marido se apuntó.",
        "Mi madre falleció en mayo.",
        "El señor Vidal ya no trabaja aquí.",
        "Tengo una nueva dirección.",
        "No soy yo.",
        "La carta del viernes la sigo leyendo.",
        "Mi pedido está en camino.",
        "Olvidé mi contraseña.",
        "Esto es una prueba.",
        "La aplicación me basta.",
        "Pero la revista debe continuar.",
        "Las encuestas no.",
        "Por ahora.",
        "Manden todo a mi esposa.",
    ],
    "メーリングリストから外してください。": [
        "できればの場合ですが。",
        "金曜の便りは別です。",
        "セール情報だけです。",
        "月曜まで待ってください。",
        "冗談です。",
        "と同僚が書いていました。",
        "夫が登録しました。",
        "母は五月に亡くなりました。",
        "佐藤はすでに退職しました。",
        "新しいアドレスがあります。",
        "人違いです。",
        "金曜の便りは続けてください。",
        "注文した品が届きます。",
        "パスワードを忘れました。",
        "これはテストです。",
        "アプリは気に入っています。",
        "でも雑誌は読みます。",
        "アンケートは別です。",
        "とりあえず今月は。",
        "妻に全部送ってください。",
    ],
}
"""Plain requests, and sentences that may limit or undo them: conditions, jokes, other people and matters."""


@functools.cache
def dev() -> list[LabelledMail]:
    return labelled_mails("dev")


def opts_out(intent: MailIntent) -> bool:
    return IntentKind.OPT_OUT in {intent.kind, *intent.others} and not intent.doubtful


@pytest.mark.parametrize("text", [text for texts in OPT_OUTS.values() for text in texts])
def test_a_plain_request_is_an_opt_out_in_each_language_of_the_pages(text: str) -> None:
    assert opts_out(read_mail("", text))


@pytest.mark.parametrize("text", PLAIN_WORDS.values(), ids=PLAIN_WORDS)
def test_the_plain_word_is_an_opt_out_in_seven_more_languages(text: str) -> None:
    assert opts_out(read_mail(text, ""))


@pytest.mark.parametrize(("text", "kind"), NO_OPT_OUTS.items(), ids=NO_OPT_OUTS)
def test_other_requests_have_their_own_kind(text: str, kind: IntentKind) -> None:
    intent = read_mail("", text)

    assert kind in {intent.kind, *intent.others}
    assert intent.kind is kind or kind is IntentKind.QUESTION
    assert not opts_out(intent)


@pytest.mark.parametrize("text", OTHER_REMOVALS)
def test_the_removal_of_something_else_is_no_certain_opt_out(text: str) -> None:
    assert not opts_out(read_mail("", text))


@pytest.mark.parametrize("text", NO_REQUESTS_IN_PLAIN_WORDS)
def test_heed_never_acts_by_itself_on_the_words_of_an_opt_out_that_is_none(text: str) -> None:
    assert not opts_out(read_mail("", text))


@pytest.mark.parametrize("text", MISSING_MAILS)
def test_who_cannot_receive_or_open_a_mail_does_not_opt_out(text: str) -> None:
    assert not opts_out(read_mail("", text))


@pytest.mark.parametrize("text", UNWANTED_OPT_INS.values(), ids=UNWANTED_OPT_INS)
def test_who_refuses_to_be_signed_up_again_does_not_opt_in(text: str) -> None:
    intent = read_mail("", text)

    assert IntentKind.OPT_IN not in {intent.kind, *intent.others}
    assert not opts_out(intent)


def test_a_request_that_names_nothing_needs_a_mail_that_does() -> None:
    assert opts_out(read_mail("Newsletter", "Please cancel it."))
    assert not opts_out(read_mail("", "Please cancel it."))


@pytest.mark.parametrize(
    "subject", ["Re: New straps for the season", "AW: Neue Armbänder", "Re: One movement, three dials"]
)
def test_stop_as_a_reply_to_a_campaign_about_products_is_plain(subject: str) -> None:
    intent = read_mail(subject, "Please stop.")

    assert intent.kind is IntentKind.OPT_OUT and not intent.doubtful


@pytest.mark.parametrize("subject", ["Re: Your order 5521", "Re: The guest list for Thursday"])
def test_a_reply_about_another_matter_must_name_mail(subject: str) -> None:
    assert opts_out(read_mail(subject, "Please send me no more emails."))
    assert not opts_out(read_mail(subject, "Take me off the list, please."))
    assert not opts_out(read_mail(subject, "Stop."))


def test_an_opt_out_beside_another_matter_is_a_case() -> None:
    intent = read_mail("", "Please stop your emails. Letters about my repair should go on.")

    assert intent.kind is IntentKind.OPT_OUT and intent.doubtful


def test_a_question_whether_somebody_is_on_the_list_is_no_opt_out() -> None:
    assert not opts_out(read_mail("", "Am I off the list now?"))
    assert opts_out(read_mail("", "Could you take me off the list?"))


def test_who_repeats_a_request_in_a_reply_to_it_may_opt_out() -> None:
    intent = read_mail("Re: Unsubscribe", "This is the third time.")

    assert intent.kind is IntentKind.OPT_OUT and intent.doubtful


@pytest.mark.parametrize("text", DOUBTFUL)
def test_negation_condition_contradiction_and_another_person_are_doubtful(text: str) -> None:
    assert read_mail("", text).doubtful


def test_stop_outranks_keep_but_is_doubtful() -> None:
    intent = read_mail("Unsubscribe", "Please put me back on the mailing list.")

    assert intent == MailIntent(IntentKind.OPT_OUT, frozenset({IntentKind.OPT_IN}), doubtful=True)


def test_an_opt_out_with_the_address_of_the_sender_is_certain() -> None:
    assert opts_out(read_mail("", f"Please remove {SENDER} from your mailing list."))


def test_an_opt_out_beside_a_request_about_data_is_not_lost() -> None:
    intent = read_mail("", "Please delete all my personal data. Take me off your mailing list.")

    assert intent.kind is IntentKind.ERASURE
    assert IntentKind.OPT_OUT in intent.others


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Please unsubscribe me from your surveys.", {"research"}),
        ("Bitte keine Einladungen mehr schicken.", {"events"}),
        ("Please stop the special offers. I do not want your surveys.", {"offers", "research"}),
        ("Take me off the mailing list. I do not want your emails about offers.", set()),
    ],
)
def test_an_opt_out_is_limited_to_a_topic_only_if_it_names_nothing_more(text: str, topics: set[str]) -> None:
    intent = read_mail("", text)

    assert opts_out(intent)
    assert intent.topics == topics


def test_stop_as_a_reply_is_an_opt_out() -> None:
    assert opts_out(read_mail("Re: New dials for the season", "Please stop."))


def test_the_subject_of_a_reply_makes_no_certain_opt_out() -> None:
    assert not opts_out(read_mail("Re: Unsubscribe", "What is this about"))
    assert opts_out(read_mail("Unsubscribe", "thank you"))


def test_an_automatic_reply_is_never_a_certain_opt_out() -> None:
    assert not opts_out(read_mail("Out of office", "Please take me off your mailing list."))


def test_an_empty_mail_says_nothing() -> None:
    assert read_mail("", "") == MailIntent(IntentKind.OTHER)


@pytest.mark.parametrize("part", ["dev", "held-out"])
def test_heed_acts_by_itself_on_no_mail_of_the_corpus_that_is_no_opt_out(part: str) -> None:
    others = [mail for mail in labelled_mails(part) if not mail.is_opt_out]
    read = [read_mail(mail.subject, mail.text) for mail in others]

    assert sum(opts_out(intent) for intent in read) == 0


@pytest.mark.parametrize(
    "text",
    [
        "unsubscribe",
        "Please take me off your mailing list.\n\nKind regards\nMarjorie Penhallow",
        "Please remove me from your mailing list, thank you.\n\nJoan Smith",
        "Hi, I don't want to receive your newsletter any more. Please delete me from the list. Regards, Joan",
        "Too many mails. Could you please stop them? Thanks, Dr. P. Marsh",
        "Bitte keine Mails mehr.",
        "Merci de me désinscrire.",
        "Quiero darme de baja.",
        "配信停止をお願いします。",
    ],
)
def test_heed_acts_by_itself_on_a_request_in_plain_words(text: str) -> None:
    assert opts_out(read_mail("", text))


@pytest.mark.parametrize("request_", REQUESTS_AND_RESERVATIONS)
def test_a_sentence_that_may_limit_or_undo_a_plain_request_makes_it_a_case(request_: str) -> None:
    assert opts_out(read_mail("", request_))
    for reservation in REQUESTS_AND_RESERVATIONS[request_]:
        pair = [request_, reservation]
        mails = [joint.join(order) for joint in (" ", "\n", "\n\n") for order in (pair, pair[::-1])]
        assert [text for text in mails if opts_out(read_mail("", text))] == []


@pytest.mark.parametrize(
    "text",
    [
        "I bought a watch two years ago and never asked for this. Please remove me from your mailing list.",
        "Unsubscribe me from your emails. My screen is tiny.",
        "Ich habe vor Jahren eine Uhr gekauft. Bitte keine Werbung mehr. Viele Grüße, Jan",
        "J'ai acheté une montre il y a deux ans. Merci de me désabonner de votre newsletter.",
        "Compré un reloj hace dos años. No me envíen más correos, por favor.",
        "昔ここで時計を買いました。メルマガの配信を停止してください。",
    ],
)
def test_a_reason_in_any_words_beside_a_plain_request_changes_nothing(text: str) -> None:
    assert opts_out(read_mail("", text))


@pytest.mark.parametrize("text", ["Unsubscribe me.", "Take me off the list."])
def test_a_request_beside_other_words_must_name_marketing_mail(text: str) -> None:
    intents = [read_mail("", f"I came on a bicycle. {each}") for each in (text, "Stop your emails.")]

    assert [opts_out(intent) for intent in intents] == [text == "Unsubscribe me.", True]


def test_a_quoted_request_is_a_case() -> None:
    assert not opts_out(read_mail("", 'This came today. "Please remove me from your mailing list."'))


def test_a_question_about_mail_may_be_an_opt_out() -> None:
    intent = read_mail("", "How did you come by my email?")

    assert intent.kind is IntentKind.OPT_OUT and intent.doubtful
    assert read_mail("", "Where is your shop?").kind is IntentKind.QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "Please take me off your mailing list. My watch arrived with a scratched crystal.",
        "Please take my aunt Hildegard off your mailing list.",
        "Abmeldung\nYogakurs am Montag\nAnna Meyer",
        "unsubscribe\nJust kidding",
        "Please unsubscribe.\nKidding!\nBest shop ever.\nKeep going!\nJo",
        "Unsubscribe\nmy colleague Tom Baker",
        "Stop the emails\nabout order 4711",
    ],
)
def test_an_opt_out_beside_other_words_is_a_case(text: str) -> None:
    assert not opts_out(read_mail("", text))


@pytest.mark.parametrize(
    "text",
    [
        "I am 11 years old and signed up without asking my parents.",
        "Ich bin 11 und habe mich ohne Erlaubnis meiner Eltern angemeldet.",
    ],
)
def test_a_child_reports_itself_in_plain_words(text: str) -> None:
    intent = read_mail("", text)
    assert intent.kind is IntentKind.CHILD_REPORT and intent.by_child


@pytest.mark.parametrize(
    "text",
    [
        "I registered my 10 year old son for your summer camp. When do we get the confirmation?",
        "Our son (11) signed up for the raffle. Did he win?",
        "When I was 12 I registered here without my parents' permission. Now I am 30.",
        "My neighbour's child, who is 9, signed up with my address.",
        "My grandson is 9 and used my address to sign up. My own account must stay.",
        "Notre fille de 10 ans s'est inscrite au concours. Quand aurons-nous le résultat ?",
    ],
)
def test_a_mail_of_an_adult_about_a_child_is_no_report_of_the_child(text: str) -> None:
    assert not read_mail("", text).by_child


def test_the_subject_of_an_opt_out_in_the_text_may_have_any_words() -> None:
    assert opts_out(read_mail("Re: Our autumn collection", "unsubscribe"))
    assert not opts_out(read_mail("Please take me off your mailing list, Hildegard", ""))


def test_an_opt_out_in_other_words_beside_a_request_for_erasure_is_a_case() -> None:
    intent = read_mail("", "Erase all the data that you hold about me, and never send me a newsletter again.")

    assert {intent.kind, *intent.others} == {IntentKind.ERASURE, IntentKind.OPT_OUT} and intent.doubtful


def test_nearly_all_opt_outs_of_the_corpus_reach_a_person_or_are_acted_on() -> None:
    read = [read_mail(mail.subject, mail.text) for mail in dev() if mail.is_opt_out]
    found = [intent for intent in read if IntentKind.OPT_OUT in {intent.kind, *intent.others}]

    assert len(found) / len(read) > 0.95


@given(st.data())
def test_capitals_never_change_the_intent(data: st.DataObject) -> None:
    """They only show which line is a name, so that Heed acts on the mail by itself."""
    mail = data.draw(st.sampled_from(dev()))
    read = functools.partial(read_intent, sender=SENDER, words=brand_mail_words())
    upper, lower = (
        read(mail.subject.upper(), mail.text.upper()),
        read(mail.subject.lower(), mail.text.lower()),
    )

    assert (upper.kind, upper.others) == (lower.kind, lower.others)


@pytest.mark.parametrize(
    "part",
    [
        "unsubscribe ",
        "do not unsubscribe me ",
        "stop sending ",
        "配信停止",
        "a" * 30,
        "@ a@b ",
        ", no, ",
        "\n",
    ],
)
def test_the_time_grows_linearly_with_the_text(part: str) -> None:
    words = brand_mail_words()

    assert (
        measure_growth(lambda size: part * size, lambda text: read_intent("", text, "", words), 20) < LINEAR
    )


def test_a_long_word_takes_linear_time() -> None:
    words = brand_mail_words()

    growth = measure_growth("unsubscribe".__mul__, lambda text: read_intent("", text, "", words), 100)

    assert growth < LINEAR
