"""Prints a SES SendEmail request for a mail with the links, headers and tags of Heed.

heed links --topic offers --json <<< you@example.com | python3 first_mail.py news@example.com
"""

import json
import sys

link = json.load(sys.stdin)["links"][0]
text = f"Unsubscribe: {link['unsubscribe_url']}\nChoose: {link['preferences_url']}\n"
request = {
    "FromEmailAddress": sys.argv[1],
    "Destination": {"ToAddresses": [link["address"]]},
    "Content": {
        "Simple": {
            "Subject": {"Data": "The first mail"},
            "Body": {"Text": {"Data": text}},
            "Headers": [{"Name": name, "Value": value} for name, value in link["headers"].items()],
        }
    },
    "EmailTags": [{"Name": name, "Value": value} for name, value in link["tags"].items()],
}
json.dump(request, sys.stdout, indent=2)
