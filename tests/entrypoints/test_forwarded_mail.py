"""No text of a mail can add a header or a recipient to the message that forwards it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from heed.domain.errors import InvalidAddress
from heed.domain.mailbox.inbound_mail import InboundMail, MailHeaders, ReceivedMail
from heed.domain.recipients.address import normalise_address
from heed.entrypoints.mail.forwarded_mail import ForwardedMailRenderer
from tests.support.deployment import build_heed
from tests.support.inbound_mails import receipt
from tests.support.mailbox import parse_mail
from tests.support.sample_brand import brand as compiled_brand

HEADERS = {
    "From",
    "To",
    "Subject",
    "X-Heed-Forwarded",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}
HEED = build_heed({"BRAND_DIR": str(compiled_brand())}, None)
RENDER = ForwardedMailRenderer(HEED.pages, HEED.catalogue, "preferences@example.com")
TEXTS = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=300),
    st.text(alphabet='a =?utf-8qb_0DA\r\n:<>@,;"()', max_size=300),
)


@given(TEXTS, st.sampled_from(["", "@b.example", "x@b.example"]), st.binary(max_size=300))
@example("a\r\nBcc: c@d.example", "@b.example", b"From: a@b.example\n\n")
@example("=?utf-8?q?a=0D=0ABcc:_c=40d?=", "@b.example", b"\r\n--\r\n")
@example("お得な時計" * 60, "", b"Subject: \x1b$B\n\n\xff\x00\r")
def test_no_subject_and_no_sender_adds_a_header_and_the_mail_stays_as_it_is(
    text: str, end: str, raw: bytes
) -> None:
    try:
        sender = normalise_address(text + end)
    except InvalidAddress:
        sender = ""
    content = InboundMail(MailHeaders(), subject=text)
    message = RENDER(ReceivedMail(raw, content, text, sender, receipt()), "service@company.example", "")
    sent = parse_mail(message)
    assert set(sent.keys()) - {"Reply-To"} == HEADERS
    assert len(sent.keys()) == len(HEADERS) + ("Reply-To" in sent)
    assert [address.addr_spec for address in sent["To"].addresses] == ["service@company.example"]
    if "Reply-To" in sent:
        assert [address.addr_spec for address in sent["Reply-To"].addresses] == [sender]
    assert raw in message
    assert [part.get_content_type() for part in sent.iter_parts()] == ["text/plain", "message/rfc822"]
