"""`heed doctor`: finds what is wrong with a stack, a message or an unsubscribe URL before a person does.

It reads what others made: messages, pages, DNS records, certificates. It does so in linear time and within
limits, and follows no redirect. A check that cannot reach what it needs says so, and the others go on. No
finding contains an address or a token. No Lambda layer has this package.
"""
